import { playTranscripts } from "../scripts/transcript.ts";
import { withTemporaryDirectory } from "./files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

const PLAYED = [
  "README.md",
  "docs/workflow.md",
  "docs/mcp.md",
  "docs/many-repositories.md",
];

for (const path of PLAYED) {
  Deno.test(`${path} shows what orc really says`, () =>
    withTemporaryDirectory(async (directory) => {
      const markdown = await Deno.readTextFile(path);
      assertEquals(await playTranscripts(markdown, directory), markdown);
    }));
}

Deno.test("no page runs the package that another calls orc on npm", () => {
  const pages = Array.from(Deno.readDirSync("docs"), ({ name }) => name)
    .filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  for (const page of ["README.md", "CONTRIBUTING.md", ...pages]) {
    const found = /\bnpx (?:-\S+ )*orc\b/.exec(Deno.readTextFileSync(page));
    assertEquals(found?.[0], undefined, page);
  }
});

const PAGES_ABOUT_THE_CODE = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "docs/decisions.md",
  "docs/reliability.md",
];

for (const path of PAGES_ABOUT_THE_CODE) {
  Deno.test(`${path} names only files that are there`, () => {
    const named = Deno.readTextFileSync(path)
      .match(/(?<![\w/.])(?:scripts|src|tests)\/[\w/.]+\.\w+/g);
    assertEquals(new Set(named).difference(existing(named ?? [])), new Set());
  });
}

function existing(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.filter((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }));
}

Deno.test("ARCHITECTURE.md leads each journey through functions that are where it says", () => {
  const text = Deno.readTextFileSync("ARCHITECTURE.md");
  const steps = [...text.matchAll(/^ {4,}(\w+)(?:\(\))? +([\w/]+\.ts)/gm)];
  const missing = steps.filter(([, name, file]) =>
    !new RegExp(`(?:function\\*?|const) ${name}\\b`).test(
      Deno.readTextFileSync(`src/${file}`),
    )
  );
  assertEquals(missing.map(([step]) => step.trim()), []);
  // A pattern that finds nothing would find nothing wrong.
  assert(steps.length > 25, `only ${steps.length} steps found`);
});
