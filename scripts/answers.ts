/**
 * Writes `src/commands/answers.ts`: the JSON Schema of what each command prints with `--json`,
 * made from the types of the results by a tool from npm, which is no dependency of orc.
 */
import { answerTypes, asJsonTypes } from "./docs/answer_types.ts";
import { type Definitions, inlined } from "./docs/definitions.ts";

const TOOL = "ts-json-schema-generator";
const TOOL_VERSION = "2.9.0";
const TARGET = "src/commands/answers.ts";

const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2024", "dom", "dom.iterable"],
  module: "esnext",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: [],
};

async function main(): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const types = answerTypes(await Deno.readTextFile("src/commands/table.ts"));
    await copySources("src", `${directory}/src`);
    await Deno.writeTextFile(`${directory}/answers.ts`, types.source);
    await writeJson(`${directory}/tsconfig.json`, {
      compilerOptions: COMPILER_OPTIONS,
      files: ["answers.ts"],
    });
    const { Answers: answers, ...definitions } = await runTool(directory);
    await writeTarget(inlined(Object(answers).properties, definitions));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function copySources(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copySources(`${from}/${name}`, `${to}/${name}`);
    else {
      const text = await Deno.readTextFile(`${from}/${name}`);
      await Deno.writeTextFile(`${to}/${name}`, asJsonTypes(text));
    }
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

async function writeTarget(
  { results, definitions }: ReturnType<typeof inlined>,
): Promise<void> {
  const text = [
    "// deno-lint-ignore-file orc/paths-in-layout -- what is quoted are sentences",
    '// Made by "deno task docs:answers" from the types of the results.',
    'import type { JsonSchema } from "../app/workflow_json_schema.ts";',
    "",
    "/** Types that several results share. */",
    `export const ANSWER_DEFINITIONS: Readonly<Record<string, JsonSchema>> = ${
      JSON.stringify(definitions)
    };`,
    "",
    "/** What each command gives as its result, by the command's name. */",
    `export const ANSWER_RESULTS: Readonly<Record<string, JsonSchema>> = ${
      JSON.stringify(results)
    };`,
    "",
  ].join("\n");
  await Deno.writeTextFile(TARGET, text);
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", TARGET],
  }).output();
}

async function writeJson(path: string, content: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(content));
}

if (import.meta.main) await main();
