/**
 * Writes `src/commands/answers.json`: the JSON Schema of what each command prints with
 * `--json`, made from the types of the results by a tool from npm, which is no dependency of
 * orc. With `--check` it writes nothing and fails when the file is not what the types say.
 */
import { tableOf } from "../src/commands/command.ts";
import { commandGroups } from "../src/commands/table.ts";
import { answerTypes, asJsonTypes } from "./docs/answer_types.ts";
import { type Definitions, inlined } from "./docs/definitions.ts";
import { formatted, readIfThere } from "./docs/pages.ts";
import { walkSync } from "@std/fs/walk";

const TOOL = "ts-json-schema-generator";
const TOOL_VERSION = "2.9.0";
const COMMANDS = "src/commands";
const TARGET = `${COMMANDS}/answers.json`;
const COMMENT =
  'Made by "deno task docs:answers" from the types of the results: edit those, not this.';

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: "es2023",
    lib: ["es2024", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  },
  files: ["answers.ts"],
});

async function main(args: readonly string[]): Promise<number> {
  const text = await formatted(JSON.stringify(await makeAnswers()), "json");
  if (text === readIfThere(TARGET)) return 0;
  if (args.includes("--check")) {
    console.error(
      `${TARGET} is not what the types say: deno task docs:answers`,
    );
    return 1;
  }
  await Deno.writeTextFile(TARGET, text);
  console.log(`Wrote ${TARGET}`);
  return 0;
}

async function makeAnswers(): Promise<unknown> {
  const directory = await Deno.makeTempDir();
  try {
    await copySources("src", `${directory}/src`);
    const names = tableOf(commandGroups).map(({ name }) => name);
    const types = answerTypes(names, commandSources());
    await Deno.writeTextFile(`${directory}/answers.ts`, types);
    await Deno.writeTextFile(`${directory}/tsconfig.json`, TSCONFIG);
    const { Answers: answers, ...definitions } = await runTool(directory);
    const parts = inlined(Object(answers).properties, definitions);
    return { $comment: COMMENT, ...parts };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function commandSources(): ReadonlyMap<string, string> {
  const files = Array.from(walkSync(COMMANDS, { includeDirs: false }))
    .filter(({ path }) => path.endsWith(".ts"));
  return new Map(
    files.map(({ path }) =>
      [
        path.slice(COMMANDS.length + 1),
        Deno.readTextFileSync(path),
      ] as const
    ),
  );
}

async function copySources(from: string, to: string): Promise<void> {
  for (const { path, isDirectory } of walkSync(from)) {
    const copy = to + path.slice(from.length);
    if (isDirectory) await Deno.mkdir(copy, { recursive: true });
    else {await Deno.writeTextFile(
        copy,
        asJsonTypes(await Deno.readTextFile(path)),
      );}
  }
}

async function runTool(directory: string): Promise<Definitions> {
  const { success, stdout } = await new Deno.Command("npx", {
    args: [
      "-y",
      `--package=${TOOL}@${TOOL_VERSION}`,
      TOOL,
      "--path=answers.ts",
      "--type=Answers",
      "--tsconfig=tsconfig.json",
      "--jsDoc=extended",
      // What packages export is unknown there, and part of no result.
      "--no-type-check",
    ],
    cwd: directory,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${TOOL} failed`);
  return JSON.parse(new TextDecoder().decode(stdout)).definitions;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
