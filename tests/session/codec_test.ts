import { OrcError } from "../../src/base/error.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import {
  decodeSession,
  ORC_FORMAT,
  type StoredSession,
  type UnsignedSession,
} from "../../src/session/codec.ts";
import { encodeSession, encodeUnsigned } from "../../src/session/encode.ts";
import type { ItemState, SessionState } from "../../src/workflow/types.ts";
import { itemOf, sessionOf, workflowWith } from "../engine/fixtures.ts";
import { PYTHON_STATES } from "./python_files.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

const AT = "2026-11-20T08:00:50.124000Z";
const MINIMAL = {
  workflow_id: "wf_1",
  workflow_type: "Tiny",
  workflow_version: "1.0",
  task_description: "t",
  current_phase_id: "P",
};

function decode(text: string): Promise<StoredSession> {
  return decodeSession(text, "state.json");
}

function decodePlain(plain: unknown): Promise<StoredSession> {
  return decode(JSON.stringify(plain));
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text, "state.json");
  assert(isJsonObject(value));
  return value;
}

/** The state without what every write renews. */
function unsigned(text: string): string {
  const state = new Map(parseObject(text));
  for (const key of ["_version", "_checksum", "_updated_at"]) {
    state.delete(key);
  }
  return printJson(state, 2);
}

function withState(
  session: StoredSession,
  change: Partial<SessionState>,
): StoredSession {
  return { ...session, state: { ...session.state, ...change } };
}

/** The session with its first item changed. */
function withFirstItem(
  session: StoredSession,
  change: Partial<ItemState>,
): StoredSession {
  const phases = session.state.phases.map((phase, phaseIndex) => ({
    ...phase,
    items: phase.items.map((item, index) =>
      phaseIndex + index === 0 ? { ...item, ...change } : item
    ),
  }));
  return withState(session, { phases });
}

async function refusal(plain: unknown): Promise<OrcError> {
  return await assertRejects(() => decodePlain(plain), OrcError);
}

Deno.test("encodeSession() gives the Python tool's files back byte by byte", async () => {
  let count = 0;
  for (const [project, text] of PYTHON_STATES) {
    const updatedAt = parseObject(text).get("_updated_at");
    if (typeof updatedAt !== "string") continue;
    const session = await decode(text);
    assertEquals(await encodeSession(session, updatedAt), text, project);
    count++;
  }
  assertEquals(count, 9);
});

Deno.test("encodeSession() only adds a signature to an older shape", async () => {
  const text = PYTHON_STATES.get("lfb") ?? "";
  const session = await decode(text);
  assertEquals(session.checksum, "missing");
  const encoded = await encodeSession(session, AT);
  assertEquals(unsigned(encoded), text);
  const state = parseObject(encoded);
  assertEquals(state.get("_version"), "3.0");
  assertEquals(state.get("_updated_at"), "2026-11-20T08:00:50.124000+00:00");
  assertEquals((await decode(encoded)).checksum, "valid");
});

Deno.test("decodeSession() reads what the Python tool wrote", async () => {
  for (const [project, text] of PYTHON_STATES) {
    const session = await decode(text);
    const nothing = { serial: 0, sessionId: null, lastEvents: [], chain: null };
    assertEquals(
      { ...session, format: ORC_FORMAT, ...nothing },
      session,
      project,
    );
    assertEquals(session.state.notes, []);
    assert(session.state.phases.length > 0);
  }
  const { state, checksum } = await decode(PYTHON_STATES.get("min") ?? "");
  assertEquals(checksum, "valid");
  assertEquals(state.task, "minimal");
  assertEquals(state.definition, null);
  assertEquals(state.createdAt, "2026-11-20T08:00:50.121637Z");
  const [phase, ...others] = state.phases;
  assertEquals([phase?.id, phase?.status, others], ["PLAN", "active", []]);
  assertEquals(
    phase?.items.map((
      { id, status, completedAt },
    ) => [id, status, completedAt]),
    [
      ["a", "completed", "2026-11-20T08:00:50.123997Z"],
      ["b", "pending", null],
    ],
  );
});

Deno.test("decodeSession() takes what is missing as its default", async () => {
  const { state, checksum } = await decodePlain({
    ...MINIMAL,
    phases: { P: { id: "P", items: { a: { id: "a" } } }, Q: { id: "Q" } },
  });
  assertEquals(checksum, "missing");
  assertEquals(state.status, "active");
  assertEquals([state.project, state.completedAt], [null, null]);
  assertEquals([state.createdAt, state.updatedAt], ["", ""]);
  assertEquals(state.constraints, []);
  assertEquals(state.metadata, new Map());
  const [first, second] = state.phases;
  assertEquals(first?.status, "pending");
  assertEquals(second?.items, []);
  const item = first?.items[0];
  assertEquals([item?.status, item?.retryCount], ["pending", 0]);
  assertEquals([item?.evidence, item?.gateResult], [null, null]);
});

Deno.test("encodeSession() adds a field to an older shape when it means something", async () => {
  const stateWith = (item: object, fields = {}): string =>
    JSON.stringify({
      ...MINIMAL,
      phases: {
        P: { id: "P", items: { a: { id: "a", notes: null, ...item } } },
      },
      ...fields,
    });
  const session = withFirstItem(await decode(stateWith({})), {
    status: "completed",
    retryCount: 2,
    skipReason: null,
  });
  const encoded = await encodeSession(
    withState(session, { constraints: ["c"], project: null }),
    AT,
  );
  const item = { status: "completed", retry_count: 2 };
  const expected = stateWith(item, { constraints: ["c"] });
  assertEquals(unsigned(encoded), printJson(parseObject(expected), 2));
});

Deno.test("encodeSession() keeps the order and what orc does not know", async () => {
  const text = `{
    "later": {"x": 1.0}, "_version": "2.9", "current_phase_id": "P",
    "workflow_id": "wf_1", "workflow_type": "Tiny", "workflow_version": "1.0",
    "task_description": "t\\ud800", "__proto__": [1e400],
    "phases": {"10": {"id": "10", "new": null, "items": {
      "b": {"risk": "low", "id": "b", "retry_count": 0},
      "9": {"id": "9", "skip_context_considered": ["x"], "files_modified": []},
      "__proto__": {"id": "__proto__"}
    }}, "P": {"id": "P", "items": {}}},
    "metadata": {"b": 1, "a": {"deep": 12345678901234567890}}
  }`;
  const encoded = await encodeSession(await decode(text), AT);
  assertEquals(unsigned(encoded), unsigned(text));
  assertEquals(parseObject(encoded).get("_version"), "2.9");
});

Deno.test("encodeSession() gives a new session every field in the Python tool's order", async () => {
  const session: UnsignedSession = {
    state: sessionOf(workflowWith(itemOf("a"))),
    format: ORC_FORMAT,
    serial: 1,
    sessionId: "01jd3v0000000000000000000a",
    lastEvents: [],
    chain: null,
  };
  const written = parseObject(await encodeSession(session, AT));
  const model = parseObject(PYTHON_STATES.get("min") ?? "");
  assertEquals(keysAt(written), keysAt(model));
  for (const path of [["phases", "PLAN"], ["phases", "PLAN", "items", "a"]]) {
    assertEquals(keysAt(written, ...path), keysAt(model, ...path));
  }
  assertEquals(keysAt(written, "metadata"), ["orc"]);
  assertEquals(keysAt(written, "metadata", "orc"), [
    "format",
    "serial",
    "session",
    "events",
    "notes",
  ]);
});

function keysAt(object: JsonObject, ...path: readonly string[]): string[] {
  const end = path.reduce<JsonValue | undefined>(
    (value, key) => isJsonObject(value) ? value.get(key) : undefined,
    object,
  );
  return isJsonObject(end) ? [...end.keys()] : [];
}

Deno.test("encodeSession() carries our data in metadata.orc", async () => {
  const session = await decode(PYTHON_STATES.get("min") ?? "");
  const event = {
    id: "01jd3v0000000000000000000b",
    serial: 4,
    at: AT,
    type: "note_added",
    workflowId: "wf_min",
    phaseId: "PLAN",
    itemId: "a",
    message: "Note",
    details: new Map([["text", "n"]]),
    actor: "human",
  } as const;
  const ours = {
    format: ORC_FORMAT,
    serial: 4,
    sessionId: "s1",
    lastEvents: [event],
  };
  const notes = [
    { at: AT, text: "n", itemId: "a" },
    { at: AT, text: "n", itemId: null },
  ];
  const changed = { ...withState(session, { notes }), ...ours };
  const again = await decode(await encodeSession(changed, AT));
  assertEquals({ ...again, ...ours }, again);
  assertEquals(again.state.notes, notes);
  assertEquals(again.checksum, "valid");
  assertEquals(again.state.metadata, session.state.metadata);
  const text = await encodeSession(again, AT);
  assertEquals(await encodeSession(await decode(text), AT), text);
});

Deno.test("encodeSession() keeps the place of our data among the metadata", async () => {
  const text = JSON.stringify({
    ...MINIMAL,
    metadata: { a: 1, orc: { extra: true, serial: 2 }, b: 2, c: 3 },
  });
  const session = await decode(text);
  assertEquals([...session.state.metadata.keys()], ["a", "b", "c"]);
  const metadata = new Map<string, JsonValue>([["a", 1], ["c", 4], ["d", 5]]);
  const encoded = encodeUnsigned(withState(session, { metadata }));
  assertEquals(
    printJson(encoded.get("metadata") ?? null),
    '{"a": 1, "orc": {"extra": true, "serial": 2, "format": 1}, "c": 4, "d": 5}',
  );
});

Deno.test("encodeSession() refuses data that could not be read back", async () => {
  const session = await decode(PYTHON_STATES.get("min") ?? "");
  let deep: JsonValue = 1;
  for (let depth = 0; depth < 98; depth++) deep = [deep];
  const metadata = new Map([["deep", deep]]);
  const fitting = await encodeSession(withState(session, { metadata }), AT);
  assertEquals((await decode(fitting)).checksum, "valid");
  const changed = withState(session, { metadata: new Map([["deep", [deep]]]) });
  const error = await assertRejects(() => encodeSession(changed, AT), OrcError);
  assertEquals(error.code, "too_deep");
});

Deno.test("decodeSession() reports a newer format and leaves its data alone", async () => {
  const session = await decodePlain({
    ...MINIMAL,
    metadata: {
      orc: { format: ORC_FORMAT + 1, serial: "seven", events: {}, notes: [1] },
    },
  });
  assertEquals(session.format, ORC_FORMAT + 1);
  assertEquals([session.serial, session.lastEvents], [0, []]);
  assertEquals(session.state.task, "t");
  assertThrows(() => encodeUnsigned(session), Error, "newer");
});

Deno.test("decodeSession() names every wrong field, what it should be and what it is", async () => {
  const error = await refusal({
    workflow_type: 7,
    workflow_version: null,
    task_description: ["t"],
    current_phase_id: "P",
    project: false,
    status: "running",
    phases: {
      P: { id: "P", status: "done", items: [] },
      "A 1": { id: "A 1", items: { a: null, b: { id: "b", retry_count: -1 } } },
      Q: { items: { c: { notes: {}, evidence: "x".repeat(60) } } },
    },
    constraints: ["ok", 1],
    completed_at: 1763622897,
    metadata: null,
    workflow_definition: [],
  });
  assertEquals([error.kind, error.code], ["corrupt", "invalid_state"]);
  assert(error.hint?.includes("orc "), error.hint);
  assertEquals(
    error.message,
    "state.json is not valid: $.workflow_id must be a text, but is missing (and 17 more)",
  );
  const problems = [
    "$.workflow_id|a text|missing",
    "$.workflow_type|a text|7",
    "$.workflow_version|a text|null",
    "$.task_description|a text|a list",
    "$.project|a text or null|false",
    '$.status|one of active, completed, abandoned, paused|"running"',
    '$.phases.P.status|one of pending, active, completed, blocked|"done"',
    "$.phases.P.items|an object|a list",
    '$.phases["A 1"].items.a|an object|null',
    '$.phases["A 1"].items.b.retry_count|a whole number of at least 0|-1',
    "$.phases.Q.id|a text|missing",
    "$.phases.Q.items.c.id|a text|missing",
    "$.phases.Q.items.c.notes|a text or null|an object",
    `$.phases.Q.items.c.evidence|an object or null|"${"x".repeat(39)}…`,
    "$.completed_at|a text or null|1763622897",
    "$.constraints[1]|a text|1",
    "$.metadata|an object|null",
    "$.workflow_definition|an object or null|a list",
  ].map((line) => {
    const [path, expected, found] = line.split("|");
    return { path, expected, found };
  });
  assertEquals(error.details, { problems });
});

Deno.test("decodeSession() shows at most 20 problems", async () => {
  const ids = Array.from({ length: 500 }, (_, index) => `i${index}`);
  const items = Object.fromEntries(ids.map((id) => [id, {}]));
  const error = await refusal({
    ...MINIMAL,
    phases: { P: { id: "P", items } },
  });
  assert(error.message.endsWith("(and 499 more)"), error.message);
  const problems = error.details?.problems;
  assert(Array.isArray(problems));
  assertEquals(problems.length, 20);
});

Deno.test("decodeSession() refuses a serial that cannot count", async () => {
  const bad = ["1e400", "NaN", "-1", "1.5", "9007199254740993", '"1"'];
  for (const serial of bad) {
    const text = JSON.stringify({ ...MINIMAL, metadata: { orc: "HERE" } })
      .replace('"HERE"', `{"serial": ${serial}}`);
    const error = await assertRejects(() => decode(text), OrcError);
    assertEquals(
      error.message,
      "state.json is not valid: $.metadata.orc.serial must be a whole number " +
        `of at least 0, but is ${serial}`,
    );
  }
});

Deno.test("decodeSession() refuses data of ours that cannot be ours", async () => {
  const cases: [JsonValue, string][] = [
    ["x", "$.metadata.orc must be an object"],
    [new Map([["format", "1"]]), "$.metadata.orc.format must be"],
    [new Map([["session", 1]]), "$.metadata.orc.session must be"],
    [new Map([["events", [1]]]), "$.metadata.orc.events[0] must be an event"],
    [new Map([["notes", [1]]]), "$.metadata.orc.notes[0] must be an object"],
  ];
  for (const [orc, sentence] of cases) {
    const state = new Map<string, JsonValue>([
      ...Object.entries(MINIMAL),
      ["metadata", new Map([["orc", orc]])],
    ]);
    const error = await assertRejects(() => decode(printJson(state)), OrcError);
    assert(error.message.includes(sentence), error.message);
  }
});

Deno.test("decodeSession() refuses what is no object, and other files", async () => {
  for (const plain of [null, [], "x", 3]) {
    const { message } = await refusal(plain);
    assert(message.startsWith("state.json is not valid: $ must be an object"));
    assert(!message.includes("more"), message);
  }
  const { message } = await refusal({ tasks: [], completed: [] });
  assert(message.includes("$.workflow_id must be a text, but is missing"));
  const text = (PYTHON_STATES.get("min") ?? "").slice(0, -40);
  const torn = await assertRejects(() => decode(text), OrcError);
  assertEquals(torn.code, "invalid_json");
  assert(torn.hint?.includes("orc "), torn.hint);
});

Deno.test("decodeSession() notices an edit without a new checksum", async () => {
  const text = (PYTHON_STATES.get("min") ?? "").replace("minimal", "other");
  const session = await decode(text);
  assertEquals([session.state.task, session.checksum], ["other", "changed"]);
});

Deno.test("decodeSession() knows things by their key, and encodeSession() adds nothing to them", async () => {
  const text = JSON.stringify({
    ...MINIMAL,
    phases: { P: { id: "X", items: { a: { id: "b", more: 1 } } } },
  });
  const session = await decode(text);
  assertEquals(session.state.phases[0]?.id, "P");
  assertEquals(session.state.phases[0]?.items[0]?.id, "a");
  const encoded = await encodeSession(session, AT);
  assertEquals(unsigned(encoded), unsigned(text));
});

Deno.test("decodeSession() takes a workflow for the one it parsed before only where it is", async () => {
  const definition = { name: "Pinned", phases: [{ id: "P", items: [] }] };
  const text = JSON.stringify(
    { ...MINIMAL, workflow_definition: definition, project: "p" },
    null,
    2,
  );
  const pinned = text.slice(
    text.indexOf('\n  "workflow_definition"'),
    text.indexOf(',\n  "project"'),
  );
  const texts = [
    text,
    text.replace("Pinned", "Pawned"),
    text.replaceAll("\n", "\r\n"),
    text.replace(pinned, `\n  "extra": {${pinned}}`),
    text.replace(pinned, `\n  "extra": {${pinned}},${pinned}`),
    text.replace(pinned, `${pinned},${pinned.replace('"Pinned"', '"Other"')}`),
    text.replace(pinned, `${pinned.replace('"Pinned"', '"Other"')},${pinned}`),
    text.replace(
      pinned,
      `\n  "extra": {${pinned}},\n  "workflow_definition": "workflow parsed before"`,
    ),
    text.replace('"P"', '"workflow parsed before"'),
    text.replace(pinned, '\n  "workflow_definition": null'),
  ];
  for (const changed of texts) {
    await decode(text);
    const after = await decode(changed).catch(({ message }) => message);
    // What was parsed before is forgotten for what was parsed last.
    await decodePlain({ ...MINIMAL, workflow_definition: {} });
    const alone = await decode(changed).catch(({ message }) => message);
    assertEquals(after, alone, changed);
  }
  for (const broken of [text.slice(0, -1), `${text},`, `${text} "more"`]) {
    await decode(text);
    const error = await assertRejects(() => decode(broken), OrcError);
    assertEquals(
      error.message,
      assertThrows(() => parseJson(broken, "state.json"), OrcError).message,
    );
  }
});

Deno.test("encodeSession() prints anew what an update changed", async () => {
  const text = PYTHON_STATES.values().next().value ?? "";
  const session = await decode(text);
  await encodeSession(session, AT);
  const changed = withFirstItem(session, { notes: "a", status: "skipped" });
  const printed = await encodeSession(changed, AT);
  assertEquals(await encodeSession(await decode(printed), AT), printed);
  const read = await decode(printed);
  assertEquals(read.state.phases[0]?.items[0]?.notes, "a");
  assertEquals(read.checksum, "valid");
});
