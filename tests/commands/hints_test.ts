import { codeIn, literalsOf, mentionsIn, problemOf } from "./mentions.ts";
import { assert, assertEquals } from "@std/assert";

const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
];

function filesBelow(directory: string, extension: string): readonly string[] {
  return Array.from(Deno.readDirSync(directory)).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) return filesBelow(path, extension);
    return entry.name.endsWith(extension) ? [path] : [];
  }).sort();
}

/** Command lines in texts that cannot be typed, each with the reason. */
async function problemsIn(
  texts: readonly string[],
): Promise<readonly string[]> {
  const lines = texts.flatMap(mentionsIn);
  const problems = await Promise.all(lines.map(async (line) => {
    const problem = await problemOf(line);
    return problem === undefined ? [] : [`orc ${line}: ${problem}`];
  }));
  return problems.flat();
}

Deno.test("every command that a message of orc names can be typed", async () => {
  let count = 0;
  for (const path of filesBelow("src", ".ts")) {
    const texts = literalsOf(Deno.readTextFileSync(path));
    assertEquals(await problemsIn(texts), [], path);
    count += texts.flatMap(mentionsIn).length;
  }
  // A collector that finds nothing would find nothing wrong.
  assert(count > 50, `only ${count} found`);
});

Deno.test("every command that the documentation names can be typed", async () => {
  let count = 0;
  for (const path of [...PAGES, ...filesBelow("docs", ".md")]) {
    const texts = codeIn(Deno.readTextFileSync(path));
    assertEquals(await problemsIn(texts), [], path);
    count += texts.flatMap(mentionsIn).length;
  }
  assert(count > 20, `only ${count} found`);
});

Deno.test("literalsOf() finds strings, templates and what is nested in them, not comments", () => {
  const source = [
    '// "no"',
    "/* 'no' */",
    'const a = "one" + \'two\\"\';',
    'const b = /["\'`]/.test("three");',
    'const c = `four ${five("six") + `seven ${8}`} nine`;',
    'const d = 10 / 2 + "eleven";',
  ].join("\n");
  assertEquals(literalsOf(source), [
    "one",
    'two"',
    "three",
    "four \u0001 nine",
    "six",
    "seven \u0001",
    "eleven",
  ]);
});

Deno.test("codeIn() finds spans and lines of code blocks", () => {
  const page = "Say `orc\nnext` or:\n\n```sh\n$ orc status\nDone\n```\n\n`x`\n";
  assertEquals(codeIn(page), ["$ orc status", "Done", "orc next", "x"]);
});

Deno.test("mentionsIn() tells command lines from sentences about orc", () => {
  const found: Readonly<Record<string, readonly string[]>> = {
    'orc start "TASK"': ['start "TASK"'],
    "then run orc validate": ["validate"],
    "undo that; reading still works: orc status": ["status"],
    "see what can be done: orc doctor; reading still works: orc status": [
      "doctor",
      "status",
    ],
    "see what can be done: orc doctr; reading still works: orc staus": [
      "doctr",
      "staus",
    ],
    "put it back: orc doctr --fix; then: orc skp ITEM": [
      "doctr --fix",
      "skp ITEM",
    ],
    'end it (orc finish), or: orc start --beside "A, b"': [
      "finish",
      'start --beside "A, b"',
    ],
    "orc --version and orc -v do the same.": [
      "--version",
      "-v do the same",
    ],
    "a human runs, in a terminal: orc aprove-item a": ["aprove-item a"],
    "orc does not know it": [],
    "orc strat": ["strat"],
    "next is 'orc complete a --notes \"<what>\"', then": [
      'complete a --notes "<what>"',
    ],
    "complete -c orc -c orchestrator": [],
    "No effect: orc never pushes by itself": [],
    "Put a file in its place; orc follows no links": [],
    "the package @orc/cli": [],
    "orc checks: docs/plan.md": [],
    "run orc with --allow-run": [],
    "orc \u0001": [],
  };
  for (const [text, lines] of Object.entries(found)) {
    assertEquals(mentionsIn(text), lines, text);
  }
});

Deno.test("problemOf() finds commands and flags that do not exist", async () => {
  const good = [
    'start "TASK" --constraint "<what must hold>"',
    'complete \u0001 --notes "<what you did>"',
    "session switch",
    "session list shows them",
    "help COMMAND explains one",
    "--version",
    "init --root .",
  ];
  for (const line of good) assertEquals(await problemOf(line), undefined, line);
  const bad = [
    "strat",
    "session",
    "session lst",
    "doctor --mend",
    "finish --commit",
    "status --brief=1",
    "complete a --notes",
    "advance PLAN",
    "session list --every shows them",
  ];
  for (const line of bad) assert(await problemOf(line) !== undefined, line);
});

Deno.test("every hint begins with a lower-case letter, as it stands behind Try", () => {
  let count = 0;
  for (const path of filesBelow("src", ".ts")) {
    const source = Deno.readTextFileSync(path);
    const hints = source.match(/\bhint:\s*["'`][^"'`]*/gi) ?? [];
    const capital = hints.filter((hint) => /["'`][A-Z][a-z]/.test(hint));
    assertEquals(capital, [], path);
    count += hints.length;
  }
  assert(count > 50, `only ${count} found`);
});
