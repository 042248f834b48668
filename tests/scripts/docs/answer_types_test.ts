import {
  answerTypes,
  asJsonTypes,
} from "../../../scripts/docs/answer_types.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

Deno.test("answerTypes() names the result of each command, from where it is declared", () => {
  const sources = new Map([
    ["table.ts", "tieCommands()"],
    ["box.ts", "const boxCommands = 1;\nconst boxTieUpCommand = command();"],
    ["help.ts", "export function helpCommand() {}"],
  ]);
  assertEquals(
    answerTypes(["box tie-up", "help"], sources),
    `import type { boxTieUpCommandResult } from "./src/commands/box.ts";
import type { helpCommandResult } from "./src/commands/help.ts";
export interface Answers {
  "box tie-up": boxTieUpCommandResult;
  "help": helpCommandResult;
}`,
  );
  assertThrows(() => answerTypes(["bix"], sources), Error, "bixCommand");
});

Deno.test("asJsonTypes() names the result of a command, not its parts", () => {
  const cases: Readonly<Record<string, string>> = {
    "export const a = command<A, Part>({": "A",
    "export const a = command<Clamped<A>>(\n  clamped<A>(\n    { lists: [] }":
      "Clamped<A>",
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
