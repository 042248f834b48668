/** A bug names the line of the source it arose in, in each shape the program is built in. */
import { bundleProgram, type Shape } from "../../scripts/build/program.ts";
import { type Clone, openClone } from "./clone.ts";
import { assertStringIncludes } from "@std/assert";

let clone: Clone;

/** Places of bugs, by the command that meets them: one is loaded at once, one later. */
const bugs: Record<string, string> = {};

Deno.test.beforeAll(async () => {
  clone = await openClone();
  for (const command of ["status", "session list"]) {
    bugs[command] = await injectBug(clone.root, command);
  }
});

Deno.test.afterAll(() => clone.remove());

/** Lets the first command of a file throw, and returns where. */
async function injectBug(root: string, command: string): Promise<string> {
  const table = await Deno.readTextFile(`${root}/src/commands/table.ts`);
  const load = new RegExp(
    `name: "${command}",[^]*?import\\("\\./([^"]+)"\\)\\)\\.(\\w+)`,
  );
  const [, file = "", name = ""] = load.exec(table) ?? [];
  const path = `src/commands/${file}`;
  const text = await Deno.readTextFile(`${root}/${path}`);
  const start = new RegExp(`const ${name}\\b[^]*?async run\\([^)]*\\) \\{\n`);
  const end = (start.exec(text)?.index ?? 0) +
    (start.exec(text)?.[0].length ?? 0);
  const bug = '    if (Date.now() > 0) throw new Error("injected");\n';
  await Deno.writeTextFile(
    `${root}/${path}`,
    text.slice(0, end) + bug + text.slice(end),
  );
  return `(${path}:${text.slice(0, end).split("\n").length}:`;
}

type Program = readonly [string, ...string[]];

const deno = (file: string): Program => [Deno.execPath(), "run", "-A", file];

const PROGRAMS: Readonly<Record<Shape, readonly Program[]>> = {
  deno: [deno("main.js")],
  node: [["node", "orc.js"]],
  file: [["node", "orc.js"], deno("orc.js")],
};

for (const shape of ["deno", "node", "file"] as const) {
  Deno.test(`the stack of a bug names lines of the sources, built for ${shape}`, async () => {
    const out = `${clone.directory}/${shape}`;
    await bundleProgram(clone.root, out, shape);
    for (const [program, ...args] of PROGRAMS[shape]) {
      for (const [command, place] of Object.entries(bugs)) {
        const { stderr } = await new Deno.Command(program, {
          args: [...args, ...command.split(" "), "--verbose"],
          cwd: out,
          stdin: "null",
        }).output();
        const said = new TextDecoder().decode(stderr);
        assertStringIncludes(said, "This is a bug in orc: injected");
        assertStringIncludes(said, place, program);
      }
    }
  });
}
