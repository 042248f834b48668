import { OrcError } from "../../src/base/error.ts";
import { JsonNumber } from "../../src/base/json.ts";
import {
  documentOf,
  errorMembers,
  type Reader,
  resultDocument,
} from "../../src/cli/document.ts";
import type { Command } from "../../src/commands/command.ts";
import { noValues } from "./fake.ts";
import { assertEquals } from "@std/assert";

const COMPACT = { full: false, fields: undefined };
const FULL = { full: true, fields: undefined };

function documentFor(
  result: unknown,
  presentation: Reader["presentation"],
  command: Pick<Command, "brief" | "isWhole"> = {},
): Promise<string> {
  const reader = { commandName: "x", presentation, values: noValues };
  return resultDocument(reader, command, { place: null, result });
}

const RESULT = {
  task: "a",
  none: null,
  list: [],
  next: { command: "b", item: null, notes: [null, ""] },
  steps: [{ id: 1, notes: [] }, { id: 2, notes: ["c"] }],
};

Deno.test("resultDocument() prints all that is known with --full", async () => {
  assertEquals(
    await documentFor(RESULT, FULL),
    `{"ok":true,"schemaVersion":1,"command":"x","root":null,"rootSource":null,"session":null,"result":${
      JSON.stringify(RESULT)
    }}\n`,
  );
});

Deno.test("resultDocument() leaves out what is null, and lists without entries", async () => {
  const document = await documentFor(RESULT, COMPACT);
  const { result, ...envelope } = JSON.parse(document);
  assertEquals(envelope, { ok: true, schemaVersion: 1, command: "x" });
  assertEquals(result, {
    task: "a",
    next: { command: "b", notes: [null, ""] },
    steps: [{ id: 1 }, { id: 2, notes: ["c"] }],
  });
});

Deno.test("resultDocument() tells nobody where bad news was made", async () => {
  const refusal = new OrcError("refused", "unhealthy", "It is ill");
  const reader = { commandName: "x", values: noValues };
  for (const presentation of [COMPACT, FULL]) {
    const document = await resultDocument(
      { ...reader, presentation },
      {},
      { place: null, result: {}, refusal },
    );
    assertEquals(document.includes("stack"), false);
  }
});

Deno.test("resultDocument() prints what the command declares, in that order, and not with --full", async () => {
  const brief = { brief: () => "next.command,steps.id,none,list,gone.a" };
  const short = '{"next":{"command":"b"},"steps":[{"id":1},{"id":2}]}';
  assertEquals(
    JSON.stringify(
      JSON.parse(await documentFor(RESULT, COMPACT, brief)).result,
    ),
    short,
  );
  assertEquals(
    JSON.parse(await documentFor(RESULT, FULL, brief)).result,
    RESULT,
  );
});

Deno.test("resultDocument() prints the fields that are asked for, also what is null", async () => {
  const brief = { brief: () => "task" };
  const asked = { full: false, fields: "none, steps.notes,next,next.command" };
  const { result } = JSON.parse(await documentFor(RESULT, asked, brief));
  assertEquals(result, {
    none: null,
    steps: [{ notes: [] }, { notes: ["c"] }],
    next: RESULT.next,
  });
});

Deno.test("resultDocument() leaves a document of another kind whole", async () => {
  const whole = await documentFor(RESULT, COMPACT, { isWhole: true });
  assertEquals(JSON.parse(whole).result, RESULT);
});

Deno.test("resultDocument() prints JSON objects of the core as objects", async () => {
  const result = new Map<string, unknown>([
    ["__proto__", new JsonNumber("1.0")],
    ["none", null],
  ]);
  for (const [form, rest] of [[COMPACT, ""], [FULL, ',"none":null']] as const) {
    const document = await documentFor(result, form);
    assertEquals(document.split('"result":')[1], `{"__proto__":1${rest}}}\n`);
  }
});

Deno.test("resultDocument() prints a missing result as null", async () => {
  const document = await documentFor(undefined, COMPACT);
  assertEquals(document.endsWith('"result":null}\n'), true);
});

Deno.test("resultDocument() keeps what drives a terminal out of keys, texts and warnings", async () => {
  const value = "a\x1b[31m\u200b\u202e\x9b";
  const reader = { commandName: "x", presentation: FULL, values: noValues };
  const document = await resultDocument(reader, {}, {
    place: null,
    result: { [value]: value },
    warnings: [value],
  });
  const shown = '"a\\u001b[31m\\u200b\\u202e\\u009b"';
  assertEquals(document.split(shown).length - 1, 3);
  const { result, warnings } = JSON.parse(document);
  assertEquals([result, warnings], [{ [value]: value }, [value]]);
});

Deno.test("errorMembers() leaves out facts that the message tells, but with --full", () => {
  const check = {
    kind: "refused",
    code: "check_failed",
    message: "It failed",
    details: {
      itemId: "tests",
      tries: 2,
      result: { exitCode: 1, stdout: "x".repeat(9) },
    },
  };
  assertEquals(errorMembers(check, COMPACT), {
    kind: "refused",
    code: "check_failed",
    message: "It failed",
    details: { itemId: "tests", tries: 2, result: { exitCode: 1 } },
  });
  assertEquals(errorMembers(check, FULL), {
    ...check,
    hint: null,
    path: null,
    stack: undefined,
  });
});

Deno.test("errorMembers() keeps the facts of other errors", () => {
  const details = { meant: null, candidates: ["a", "b"] };
  const error = { kind: "usage", code: "x", message: "y", details };
  assertEquals(Object(errorMembers(error, COMPACT)).details, {
    candidates: ["a", "b"],
  });
});

Deno.test("documentOf() keeps a result that is null", () => {
  const content = { session: null, result: null };
  assertEquals(documentOf(content, COMPACT), '{"result":null}\n');
});
