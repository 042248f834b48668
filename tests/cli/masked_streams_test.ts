import { OrcError } from "../../src/base/error.ts";
import { maskerOf } from "../../src/base/mask.ts";
import { main } from "../../src/cli/main.ts";
import { maskedStreams } from "../../src/cli/output.ts";
import { rememberMasker } from "../../src/host/host.ts";
import { captureStreams, fakeHost, throwing } from "./fake.ts";
import { assertEquals } from "@std/assert";

const VALUE = "s3cr3t-value";

Deno.test("maskedStreams() shows no secret once it is known", () => {
  const host = fakeHost();
  const captured = captureStreams();
  const streams = maskedStreams(host, captured);
  streams.stdout("nothing is known yet\n");
  rememberMasker(host, maskerOf([{ name: "KEY", value: VALUE }]));
  streams.stdout(`out ${VALUE}\n`);
  streams.stderr(`err ${VALUE}\n`);
  assertEquals(captured.out, "nothing is known yet\nout [secret KEY]\n");
  assertEquals(captured.err, "err [secret KEY]\n");
});

Deno.test("main() masks tokens in an error where no session is", async () => {
  const token = `ghp_${"a1".repeat(18)}`;
  const error = new OrcError("usage", "wrong", `Wrong "${token}"`, {
    hint: "say it without the token",
    details: { given: token },
  });
  for (const argv of [["fail"], ["fail", "--json"]]) {
    const captured = captureStreams();
    const groups = [throwing(error)];
    await main(argv, fakeHost(), { streams: captured, groups });
    const shown = captured.out + captured.err;
    assertEquals(
      [shown.includes(token), shown.includes("[secret]")],
      [false, true],
    );
  }
});
