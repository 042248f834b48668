import { VERSION } from "../../src/base/version.ts";
import { styleFor } from "../../src/cli/style.ts";
import { versionCommand } from "../../src/commands/version.ts";
import { fakeHost, noValues } from "../cli/fake.ts";
import { assertEquals } from "@std/assert";

Deno.test("versionCommand names the version of orc and of its runtime", async () => {
  const host = fakeHost();
  const { place, result } = await versionCommand.run(host, noValues);
  assertEquals(place, null);
  assertEquals(result, { version: VERSION, runtime: "deno 1.2.3" });
  assertEquals(
    versionCommand.render(result, styleFor(host, "never")),
    `orc ${VERSION} (deno 1.2.3)`,
  );
});
