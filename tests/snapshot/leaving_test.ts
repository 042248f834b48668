/** `docs/leaving.md`, played: its commands do what it says, in two clones. */
import { orc } from "../commands/orc.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { CLONE } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const PAGE = "docs/leaving.md";

/** The lines of the page that a shell is to run. */
function linesOf(page: string): readonly string[] {
  return Array.from(page.matchAll(/^```sh\n(.*?)^```$/gms))
    .flatMap(([, block = ""]) => block.trimEnd().split("\n"));
}

function wordsOf(text: string): readonly string[] {
  return Array.from(
    text.matchAll(/"([^"]*)"|(\S+)/g),
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
}

Deno.test("the commands of docs/leaving.md do what it says", () =>
  withTemporaryDirectory(async (directory) => {
    writeTree(directory, { passphrase: "open sesame\n" });
    for (const name of ["laptop", "box"]) {
      writeTree(`${directory}/${name}`, CLONE);
    }
    let root = `${directory}/laptop`;
    await orc(root, ["start", "Add login"], { number: 3 });
    const lines = linesOf(Deno.readTextFileSync(PAGE));
    for (const [number, line] of lines.entries()) {
      const [, code = "0"] = /# exits with (\d+)$/.exec(line) ?? [];
      const [program, ...words] = wordsOf(line.replace(/ #.*$/, ""));
      if (program === "cd") {
        root = `${directory}/${words[0]}`;
        continue;
      }
      assertEquals(program, "orc");
      const ran = await orc(root, words, { number: 100 + number });
      assertEquals(ran.exitCode, Number(code), `${line}: ${ran.err}`);
    }
    assertEquals(lines.length > 20, true);
  }));

Deno.test("docs/leaving.md names the exit code of each failure", () => {
  const rows = Array.from(
    Deno.readTextFileSync(PAGE).matchAll(/^\| `(\w+)` +\| (\d+) /gm),
    ([, code = "", exitCode]) => [code, Number(exitCode)] as const,
  );
  assertEquals(rows.length, 11);
  const errors = Deno.readTextFileSync("docs/errors.md");
  for (const [code, exitCode] of rows) {
    const [, codes = ""] =
      new RegExp(`^\\| \`${code}\` +\\|[^|]*\\| ([\\d, ]+) `, "m").exec(
        errors,
      ) ?? [];
    assertEquals(codes.split(",").map(Number).includes(exitCode), true, code);
  }
});
