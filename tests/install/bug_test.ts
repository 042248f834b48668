/** A bug names the line of the source it arose in, in each shape the program is built in. */
import { bundleProgram, type Shape } from "../../scripts/build/program.ts";
import { type Clone, injectBug, openClone } from "./clone.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

let clone: Clone;

/** What throws in each command: one is loaded at once, one later. */
const CULPRITS: Readonly<
  Record<string, readonly [file: string, name: string]>
> = {
  status: ["src/work/status.ts", "readStatus"],
  "session list": ["src/sessions/list.ts", "listSessions"],
};

/** Where the bugs are in the sources, by the command that meets them. */
const bugs: Record<string, string> = {};

Deno.test.beforeAll(async () => {
  clone = await openClone();
  for (const [command, [file, name]] of Object.entries(CULPRITS)) {
    bugs[command] = await injectBug(clone.root, file, name);
  }
});

Deno.test.afterAll(() => clone.remove());

type Program = readonly [string, ...string[]];

const deno = (file: string): Program => [Deno.execPath(), "run", "-A", file];

const PROGRAMS: Readonly<Record<Shape, readonly Program[]>> = {
  deno: [deno("main.js")],
  node: [["node", "orc.js"]],
  file: [["node", "orc.js"], deno("orc.js")],
};

/** What a chunk names beside itself: hidden from the runtime or not, and in any quotes. */
const BESIDE = /[`"']\.\/([\w.-]+\.(?:js|json))[`"']/g;

for (const shape of ["deno", "node", "file"] as const) {
  Deno.test(`a program built for ${shape} names only chunks that are there`, async () => {
    const out = `${clone.directory}/chunks-${shape}`;
    const names = await bundleProgram(clone.root, out, shape);
    const texts = names.filter((name) => name.endsWith(".js"))
      .map((name) => Deno.readTextFileSync(`${out}/${name}`));
    const named = texts.flatMap((text) =>
      Array.from(text.matchAll(BESIDE), ([, name = ""]) => name)
    );
    assertEquals(named.filter((name) => !names.includes(name)), []);
    // One file names nothing; where nothing else does either, nothing was looked at.
    assertEquals(named.length > 10, shape !== "file");
  });

  Deno.test(`a program built for ${shape} compiles at once what turns call, and only that`, async () => {
    const out = `${clone.directory}/compiled-${shape}`;
    const names = await bundleProgram(clone.root, out, shape);
    for (const chunk of ["main.js", "update-"]) {
      const name = names.find((name) => name.startsWith(chunk)) ?? "orc.js";
      // What wraps a CommonJS module is the bundler's own.
      const text = Deno.readTextFileSync(`${out}/${name}`)
        .replaceAll(/\/\* @__PURE__ \*\/ \w+\(\(/g, "0 ");
      const count = (form: RegExp) => Array.from(text.matchAll(form)).length;
      const isFile = shape === "file";
      // Those of a module, and those inside them.
      for (const form of ["function", String.raw`(?:\w+|\([\w,{}:]*\))=>`]) {
        const called = count(new RegExp(`[(,=]\\(${form}`, "g"));
        const uncalled = count(new RegExp(`[(,=] ${form}`, "g"));
        assertEquals([called > 20, uncalled > 20], [!isFile, !isFile], form);
      }
    }
  });

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
