import { writeTree } from "../files/temporary.ts";
import { captureStreams } from "../cli/fake.ts";
import { main } from "../../src/cli/main.ts";
import { fixedHost, withSession } from "../work/fixtures.ts";
import { orc } from "../commands/orc.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

Deno.test("orc snapshot writes a file, shows what it holds, and brings it in", () =>
  withSession(async (root) => {
    const file = `${root}/s.orc`;
    const args = ["--plain", "-o", file];
    const wrote = await orc(root, ["snapshot", "export", ...args]);
    assertEquals([wrote.exitCode, wrote.err], [0, ""]);
    assertMatch(
      wrote.out,
      /^Wrote \/shop\/s\.orc \(1\.0 kB\)\nSessions:\n {2}01kk\w+ {2}active, update 1 /,
    );
    const seen = await orc(root, ["snapshot", "inspect", file]);
    assertMatch(seen.out, /^Made at 2026-03-01T10:00:00Z on here: 3 files, \d/);
    const brought = await orc(root, ["snapshot", "import", file]);
    assertStringIncludes(brought.out, "the same here (update 1)");
    const { exitCode, out } = await orc(root, [
      "snapshot",
      "import",
      file,
      "--dry-run",
      "--json",
    ]);
    const { ok, result } = JSON.parse(out);
    assertEquals([exitCode, ok, result.dryRun], [0, true, true]);
    assertEquals(result.sessions[0].comparison, "same");
  }));

Deno.test("orc snapshot export sends bytes into a pipe, and neither to a terminal nor beside JSON", () =>
  withSession(async (root) => {
    const pieces: Uint8Array[] = [];
    const streams = {
      ...captureStreams(),
      stdout: (out: string | Uint8Array) => {
        if (out instanceof Uint8Array) pieces.push(out);
      },
    };
    const host = fixedHost({ workingDirectory: root, number: 1 });
    const line = ["--root", root, "snapshot", "export", "--plain"];
    assertEquals(await main(line, host, { streams }), 0);
    assertEquals([...pieces[0]?.subarray(0, 2) ?? []], [0x1f, 0x8b]);
    const terminal = await orc(root, ["snapshot", "export", "--plain"], {
      columns: 80,
    });
    assertEquals([terminal.exitCode, terminal.out], [2, ""]);
    assertStringIncludes(terminal.err, "--to");
    for (const flags of [["--json"], ["--output", "jsonl"]]) {
      const ran = await orc(root, ["snapshot", "export", "--plain", ...flags]);
      assertEquals([ran.exitCode, ran.out.startsWith('{"ok":false')], [
        2,
        true,
      ]);
    }
  }));

Deno.test("orc snapshot shows how far it is to a person, and to nobody else", () =>
  withSession(async (root) => {
    writeTree(root, { pass: "open sesame" });
    const line = [
      "--root",
      root,
      "snapshot",
      "export",
      "--passphrase-file",
      "pass",
      "-o",
      `${root}/s.orc`,
    ];
    const shown = async (flags: readonly string[]): Promise<string> => {
      const host = fixedHost({
        workingDirectory: root,
        number: 1,
        answers: [],
      });
      const streams = captureStreams();
      assertEquals(await main([...line, ...flags], host, { streams }), 0);
      return host.progress.join("\n");
    };
    assertStringIncludes(await shown([]), "Packing");
    assertEquals(await shown(["-q"]), "");
    assertEquals(await shown(["--json"]), "");
  }));
