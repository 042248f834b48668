import {
  answerTypes,
  asJsonTypes,
} from "../../../scripts/docs/answer_types.ts";
import { commandGroups, tableOf } from "../../../src/commands/table.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("answerTypes() finds every command of the table, and where it is", () => {
  const text = Deno.readTextFileSync("src/commands/table.ts");
  const { commands, source } = answerTypes(text);
  assertEquals(
    [...commands.keys()],
    tableOf(commandGroups).map(({ name }) => name),
  );
  assertEquals(commands.get("session list"), {
    file: "sessions.ts",
    constant: "sessionListCommand",
  });
  assert(source.includes('  "session list": sessionListCommandResult;\n'));
});

Deno.test("asJsonTypes() names the result of a command, not its parts", () => {
  const cases: Readonly<Record<string, string>> = {
    "export const a = command<A, Part>({": "A",
    "export const a = command<\n  Omit<B, 'place' | 'x'>\n>(\n  {":
      "\n  Omit<B, 'place' | 'x'>\n",
    "export function a(\n  x: X,\n): Command<C> {": "C",
  };
  for (const [source, type] of Object.entries(cases)) {
    const text = asJsonTypes(`${source.replace(" a", " aCommand")}\n`);
    assert(text.includes(`export type aCommandResult = ${type};\n`), text);
  }
});

Deno.test("asJsonTypes() turns maps into objects and numbers of any length into numbers", () => {
  const text = asJsonTypes(
    "type A = ReadonlyMap<string, Record<string, B>>;\n  | JsonNumber\n",
  );
  assert(text.startsWith("type A = Mapping<Mapping<B>>;\n  | number\n"), text);
});
