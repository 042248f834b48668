/** The commands that `docs/leaving.md` shows for git remotes do what it says. */
import { main } from "../../src/cli/main.ts";
import { captureStreams } from "../cli/fake.ts";
import { machine, start, withRemote } from "./clones.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const PAGE = Deno.readTextFileSync("docs/leaving.md");

async function orc(root: string, ...words: readonly string[]) {
  const streams = captureStreams();
  const code = await main(["--root", root, ...words], machine(root), {
    streams,
  });
  return { code, out: streams.out, err: streams.err };
}

Deno.test("the commands of docs/leaving.md that use a git remote run as they stand there", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    await start(a);
    const [, block = ""] =
      /^```console\n(\$ orc persist.*?)^```$/ms.exec(PAGE) ??
        [];
    const lines = block.trimEnd().split("\n");
    assertEquals(lines.length, 5);
    for (const line of lines) {
      const words = line.replace("$ orc ", "").split(" ");
      const { code, err } = await orc(a, ...words);
      assertEquals(code, 0, `${line}: ${err}`);
    }
    const pulled = await orc(b, "persist", "pull");
    assertStringIncludes(pulled.out, "stored at update 1");
    const status = await orc(b, "persist", "status");
    assertStringIncludes(status.out, "1 here, 1 there  the same");
  }));

Deno.test("docs/leaving.md names the code and the exit code of what keeps a session from leaving", () => {
  const rows = Array.from(
    PAGE.matchAll(/^\| [^`|]+ \| `(\w+)` +\| (\d+) +\|$/gm),
    ([, code = "", exitCode = ""]) => [code, exitCode] as const,
  );
  assertEquals(rows.length, 13);
  const errors = Deno.readTextFileSync("docs/errors.md");
  const [, advice = ""] = PAGE.split("What to do:");
  for (const [code, exitCode] of rows) {
    const row = new RegExp(`^\\| \`${code}\` .*$`, "m").exec(errors)?.[0] ?? "";
    assertStringIncludes(row, exitCode, code);
    assertStringIncludes(advice, `\`${code}\``);
  }
});
