import { copyTree } from "../npm/stage.ts";

/** Chunks whose functions are all compiled at once when they are loaded. */
const LOADED_MOST = /^(?:main|update-[\w-]+)\.js$/;

const WORKFLOW = `name: Turn
settings: {supervision_mode: supervised}
phases:
  - id: WORK
    name: Work
    notes: ["[tip] Small steps", Read the plan]
    items:
      - {id: code, name: Code, notes: ["[tip] Look for something like it"]}
      - {id: page, name: Page}
      - {id: test, name: Test, verification: {type: command, command: "true"}}
  - id: END
    name: End
    items: [{id: read, name: Read}]
`;

/** What agents call at every turn. */
const TURNS: readonly (readonly string[])[] = [
  ["status"],
  ["next"],
  ["status", "--json"],
  ["next", "--json"],
  ["start-item", "code"],
  ["complete", "code", "--notes", "As the plan has it"],
  ["skip", "page", "--reason", "There is no page to write"],
  ["complete", "test"],
  ["note", "Mind the cookies"],
  ["advance"],
];

/** As V8 tells it: the first range of a function is all of it, and how often it was called. */
interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly [{
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }];
  }[];
}

/**
 * Takes functions that no turn calls out of what is compiled when a chunk is loaded, by the
 * parentheses that ask for it: the program runs a short session, and the engine counts. Nothing
 * is moved, so that source maps stay right.
 */
export async function compileOnlyWhatTurnsCall(
  directory: string,
  shape: "deno" | "node",
): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "orc-profile-" });
  try {
    // In a place of its own, where nothing that a caller has there is in the way.
    const program = `${stage}/program`;
    await copyTree(directory, program);
    await Deno.writeTextFile(`${program}/package.json`, '{"type":"module"}\n');
    const scripts = await profile(program, stage, shape);
    for await (const { name } of Deno.readDir(directory)) {
      if (!LOADED_MOST.test(name)) continue;
      const path = `${directory}/${name}`;
      const code = await Deno.readTextFile(path);
      const uncalled = uncalledIn(scripts, name);
      await Deno.writeTextFile(path, withoutParentheses(code, uncalled));
    }
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

/** Runs the session with whatever runs the program, and collects what the engine counted. */
async function profile(
  program: string,
  stage: string,
  shape: "deno" | "node",
): Promise<readonly Script[]> {
  const [tree, home, counts] = [
    `${stage}/tree`,
    `${stage}/home`,
    `${stage}/counts`,
  ] as const;
  for (const path of [tree, home, counts]) await Deno.mkdir(path);
  await Deno.writeTextFile(`${tree}/workflow.yaml`, WORKFLOW);
  const [runtime, ...flags] = shape === "deno"
    ? [Deno.execPath(), "run", "-A", "--no-config", `--coverage=${counts}`]
    : ["node"];
  const main = `${program}/${shape === "deno" ? "main.js" : "orc.js"}`;
  const kept = ["PATH", "SYSTEMROOT"].map((name) =>
    [name, Deno.env.get(name) ?? ""] as const
  );
  for (const args of [["start", "Turn", "--root", "."], ...TURNS]) {
    // One that fails counts as far as it goes: a program with a bug is built, too.
    await new Deno.Command(runtime, {
      args: [...flags, main, ...args],
      cwd: tree,
      // Whatever the caller's variables mean to orc, this session is not theirs.
      clearEnv: true,
      env: {
        ...Object.fromEntries(kept),
        ...{ HOME: home, USERPROFILE: home, NODE_V8_COVERAGE: counts },
      },
      stdin: "null",
    }).output();
  }
  const scripts: Script[] = [];
  for await (const { name } of Deno.readDir(counts)) {
    const counted = JSON.parse(await Deno.readTextFile(`${counts}/${name}`));
    scripts.push(...counted.result ?? [counted]);
  }
  return scripts;
}

/** Where the functions of a chunk stand that nothing called, as start and end. */
function uncalledIn(
  scripts: readonly Script[],
  name: string,
): readonly (readonly [number, number])[] {
  const calls = new Map<string, number>();
  for (const { url, functions } of scripts) {
    if (!url.endsWith(`/program/${name}`)) continue;
    for (const { ranges: [{ startOffset, endOffset, count }] } of functions) {
      const place = JSON.stringify([startOffset, endOffset]);
      calls.set(place, (calls.get(place) ?? 0) + count);
    }
  }
  return [...calls].filter(([, count]) => count === 0)
    .map(([place]) => JSON.parse(place));
}

/** What stands before parentheses that are a function's own, and not those of a call. */
const BEFORE_OWN = /(?:=>|[=,:[(]|[^?]\?|\breturn)$/;

/** What stands behind them where they can go: an operator might need them. */
const AFTER_OWN = /[,;:)\]}\s]/;

function withoutParentheses(
  code: string,
  functions: readonly (readonly [number, number])[],
): string {
  const units = code.split("");
  for (const [start, end] of functions) {
    const isCompiledAtOnce = code[start - 1] === "(" && code[end] === ")" &&
      BEFORE_OWN.test(code.slice(Math.max(0, start - 8), start - 1)) &&
      AFTER_OWN.test(code[end + 1] ?? "");
    if (!isCompiledAtOnce) continue;
    units[start - 1] = " ";
    units[end] = " ";
  }
  return units.join("");
}
