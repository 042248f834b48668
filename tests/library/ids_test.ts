/** What holds the id of an item or a phase is called so: `item` and `phase` are whole ones. */
import answers from "../../src/commands/answers.json" with { type: "json" };
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

/** Names of one or many items or phases, such as `item` or `openPhases`, but not their ids. */
const WHOLE = /(?:item|phase)s?$/i;

/** Parts of an answer that have the keys of the Python tool's. */
const OLDER_KEYS: readonly string[] = [
  "results.context-reminder.anyOf.1.properties.phase",
  "results.list.properties.sessions.items.properties.current_phase",
];

type Data = Readonly<Record<string, unknown>>;

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members and parameters of what `deno doc` tells, by the names that lead to them, each with its type. */
function* declared(
  part: unknown,
  path: readonly string[] = [],
): Generator<readonly [string, unknown]> {
  if (Array.isArray(part)) {
    for (const each of part) yield* declared(each, path);
  }
  if (!isData(part)) return;
  const names = typeof part.name === "string" ? [...path, part.name] : path;
  if (part.tsType !== undefined) yield [names.join("."), part.tsType];
  for (const value of Object.values(part)) yield* declared(value, names);
}

/** Whether a type of TypeScript is a text, a list of texts, or may be one of them. */
function isTextType(type: unknown): boolean {
  if (!isData(type)) return false;
  const { kind, value } = type;
  if (kind === "keyword") return value === "string";
  if (kind === "typeOperator" && isData(value)) return isTextType(value.tsType);
  return [value].flat().some(isTextType);
}

/** Properties of a JSON Schema by the keys that lead to them, each with its own schema. */
function* properties(
  part: unknown,
  path: readonly string[] = [],
): Generator<readonly [string, unknown]> {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    const keys = [...path, key];
    if (path.at(-1) === "properties") yield [keys.join("."), value];
    yield* properties(value, keys);
  }
}

/** Whether a JSON Schema is of a text, of a list of texts, or of what may be one of them. */
function isTextSchema(schema: unknown): boolean {
  if (!isData(schema)) return false;
  const { type, anyOf, items } = schema;
  return [type].flat().includes("string") ||
    [anyOf, items].flat().some(isTextSchema);
}

function misnamed(
  places: Iterable<readonly [string, unknown]>,
  isText: (type: unknown) => boolean,
): readonly string[] {
  const all = [...places];
  // A walk that finds nothing would find nothing wrong.
  assert(all.length > 300, `only ${all.length} found`);
  return all.filter(([path, type]) => WHOLE.test(path) && isText(type))
    .map(([path]) => path);
}

for (const entry of ["mod.ts", "src/core.ts"]) {
  Deno.test(`no type that ${entry} exports calls an id of an item or a phase otherwise`, async () => {
    const args = ["doc", "--json", entry];
    const command = new Deno.Command(Deno.execPath(), { args });
    const { stdout } = await command.output();
    const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(misnamed(declared(nodes), isTextType), []);
  });
}

Deno.test("no answer calls an id of an item or a phase otherwise", () => {
  const { results, definitions } = answers;
  const found = misnamed(properties({ results, definitions }), isTextSchema);
  assertEquals(found, OLDER_KEYS);
});

Deno.test("no error calls an id of an item or a phase otherwise in its details", () => {
  const sources = Array.from(
    walkSync("src", { includeDirs: false, match: [/\.ts$/] }),
    ({ path }) => Deno.readTextFileSync(path),
  ).join("\n");
  const details = sources.match(/\bdetails: \{[^}]*\}/g) ?? [];
  const wrong = details.filter((text) =>
    /\b(?:item|phase)s?(?=\s*[:,}])/.test(text)
  );
  assertEquals(wrong, []);
  assert(details.length > 30, `only ${details.length} found`);
});
