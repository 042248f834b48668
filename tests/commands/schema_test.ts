import { commandGroups, tableOf } from "../../src/commands/table.ts";
import { answers, assertFitsSchema } from "./answer.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { Ajv } from "ajv";

Deno.test("answerSchemas() describes every command, and what fails", () => {
  const names = tableOf(commandGroups).map(({ name }) => name);
  assertEquals([...answers.keys()].toSorted(), ["error", ...names].toSorted());
});

Deno.test("answerSchemas() is a JSON Schema that holds all it refers to", () => {
  const ajv = new Ajv({ allowUnionTypes: true });
  for (const schema of answers.values()) ajv.compile(schema);
});

const version = {
  ok: true,
  command: "version",
  root: null,
  rootSource: null,
  session: null,
  result: { version: "0.1.0", runtime: "deno 2.9.6" },
};

Deno.test("answerSchemas() takes an answer and refuses what has more, less or other members", () => {
  assertFitsSchema(version);
  const { session: _, ...less } = version;
  const wrong = [
    less,
    { ...version, more: 1 },
    { ...version, result: { ...version.result, more: 1 } },
    { ...version, result: { version: "0.1.0" } },
    { ...version, result: { ...version.result, version: 1 } },
    { ok: false, command: "version", error: { kind: "usage" } },
  ];
  for (const document of wrong) assertThrows(() => assertFitsSchema(document));
});

Deno.test("answerSchemas() describes errors before a command is known", () => {
  const error = {
    kind: "usage",
    code: "unknown_command",
    message: 'Unknown command "x"',
    hint: null,
    path: null,
  };
  const document = { ok: false, command: null, error };
  assertFitsSchema(document);
});
