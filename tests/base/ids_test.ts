import {
  isSessionId,
  matchSessionId,
  shortSessionId,
} from "../../src/base/ids.ts";
import {
  assertSecretName,
  checkpointId,
  fillSessionName,
  isCheckpointId,
  isSecretName,
  KEY_VARIABLES,
  legacySessionId,
  matchCheckpointId,
  parseSessionTitle,
  sessionNameOf,
  variablesOf,
} from "../../src/base/names.ts";
import { titleOf } from "../../src/base/text.ts";
import { SETTINGS, variableOf } from "../../src/settings/settings.ts";
import { orcErrorOf } from "../engine/act.ts";
import { assertEach, assertTable, refusalOf } from "./table.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";

const FIRST = "01k9xvbq3m4n5p6q7r8s9t7f2q";
const SECOND = "01k9xvbq3m4n5p6q7r8s9tabcd";
const PYTHON = "34aa3244";
const IDS = [FIRST, SECOND, PYTHON];

Deno.test("isSessionId() takes ULIDs in lower case and the Python tool's ids", () => {
  const ids = [FIRST, PYTHON, "a", "0", "a-b_c", "x".repeat(64)];
  assertEach(isSessionId, true, [...ids, "con1", "com0", "com10", "nul-1"]);
});

Deno.test("isSessionId() refuses what is no plain name on every file system", () => {
  assertEach(isSessionId, false, [
    ...["", ".", "..", "../x", "/abs", "a/b", "a\\b", "C:x", "a:b", "a.txt"],
    ...["-rf", "--help", "_a", "A", "a b", "a\n", "\na", "a\0", "é", "а", "٣"],
    ...["x".repeat(65), "a.", "a ", "~", "*", "$x", ".new-1"],
    ...["con", "nul", "aux", "prn", "com1", "com9", "lpt1", "lpt9"],
  ]);
});

Deno.test("matchSessionId() returns an id and names what is none", () => {
  assertEquals(matchSessionId(FIRST, [FIRST]), FIRST);
  const { message } = orcErrorOf(() => matchSessionId("../../etc", IDS));
  assertEquals(message, 'Cannot use "../../etc" as a session id');
});

Deno.test("matchSessionId() escapes and cuts what it repeats", () => {
  const hostile = "\x1b]0;x\x07\r\n\x7f\x9b\u202e\ufeff";
  const { message } = orcErrorOf(() => matchSessionId(hostile, IDS));
  assertMatch(message, /^[ -~]*$/);
  assertStringIncludes(message, '"\\u001b]0;x\\u0007\\r\\n\\u007f\\u009b');
  const long = orcErrorOf(() => matchSessionId("x".repeat(1_000_000), IDS));
  assert(long.message.length < 200);
});

Deno.test("matchSessionId() finds the exact id, else the only beginning, else the only end", () => {
  assertTable((text) => matchSessionId(text, IDS), [
    [FIRST, FIRST],
    ["3", PYTHON],
    [SECOND.slice(0, 23), SECOND],
    ["7f2q", FIRST],
  ]);
  assertEquals(matchSessionId("ab", ["ab", "abc"]), "ab");
  assertEquals(matchSessionId("con", ["con4ab12"]), "con4ab12");
  assertEquals(matchSessionId("-x-y", ["a-x-y"]), "a-x-y");
  assertEquals(matchSessionId("abcd", ["abcd1", "1abcd"]), "abcd1");
});

Deno.test("matchSessionId() understands the short form that orc shows, and wants four characters of an end", () => {
  assertEquals(matchSessionId(shortSessionId(FIRST), IDS), FIRST);
  for (const text of ["01k9…zzzz", "f2q"]) {
    const { kind, code, hint } = orcErrorOf(() => matchSessionId(text, IDS));
    assertEquals([kind, code], ["not_found", "no_such_session"]);
    assertEquals(hint, "orc session list");
  }
});

Deno.test("matchSessionId() names at most five of many candidates", () => {
  const ids = Array.from({ length: 9 }, (_, index) => `ab${index}`);
  const error = orcErrorOf(() => matchSessionId("ab", ids));
  assertEquals([error.kind, error.code], ["usage", "ambiguous_session_id"]);
  assertEquals(error.details, { candidates: ids.slice(0, 5) });
  assertStringIncludes(error.message, "9 sessions");
  assertStringIncludes(error.message, "ab4 and 4 more");
});

Deno.test("matchSessionId() does not guess by the end where several begin so", () => {
  const ids = ["abcd1", "abcd2", "xabcd"];
  const refusal = refusalOf(() => matchSessionId("abcd", ids));
  assertEquals(refusal, "usage ambiguous_session_id");
});

Deno.test("matchSessionId() refuses text that is no part of an id", () => {
  assertEach(
    (text) => refusalOf(() => matchSessionId(text, IDS)),
    "usage invalid_session_id",
    ["", "..", "../x", "a/b", "A", "…", "a…", "a…b…c", "a\n"],
  );
});

Deno.test("shortSessionId() shortens ULIDs and nothing else", () => {
  const others = [PYTHON, "add-login-2f9c1a77"];
  assertEquals(shortSessionId(FIRST), "01k9…7f2q");
  assertEquals(others.map(shortSessionId), others);
});

Deno.test("legacySessionId() makes a session id of any text, always the same", () => {
  const texts = [
    ...["", "wf_", "wf_34AA3244", "wf_34aa32445", "34aa3244", "../../x", "con"],
    ...["Add Login!", "日本語", "\0\n", "-", "x".repeat(500), "a…b", "wf_İ"],
  ];
  const ids = texts.map(legacySessionId);
  assertEach(isSessionId, true, ids);
  assertEquals(texts.map(legacySessionId), ids);
  assertEquals(new Set(ids).size, texts.length);
});

Deno.test("legacySessionId() takes the Python tool's digits, else keeps apart what looks alike", () => {
  assertEquals(legacySessionId("wf_34aa3244"), "34aa3244");
  assertMatch(legacySessionId("Add Login!"), /^add-login-[0-9a-f]{8}$/);
  assertNotEquals(legacySessionId("Add Login!"), legacySessionId("add login"));
  // FNV-1a of the empty text is its offset basis.
  assertEquals(legacySessionId(""), "legacy-811c9dc5");
  assertEquals(legacySessionId("a"), "a-e40c292c");
});

const TOKEN = "2a".padStart(32, "0");

Deno.test("checkpointId() has the shape that the Python tool lists", () => {
  assertEquals(
    checkpointId("wf_00c0ffee", "2026-03-04T05:06:07.089000Z", TOKEN),
    "cp_20260304_050607_089000_0042_ffee",
  );
  const whole = checkpointId("Wild/../id", "2026-03-04T05:06:07Z", TOKEN);
  assert(/^cp_20260304_050607_000000_0042_[0-9a-f]{4}$/.test(whole), whole);
  assert(isCheckpointId(whole));
});

Deno.test("isCheckpointId() takes ids of the Python tool, old ones too, and nothing that leads elsewhere", () => {
  const good = ["cp_20261120_080124_555383_8918_d897", "cp_y"];
  assertEach(isCheckpointId, true, [...good, "cp_20260104_120000_abcdef"]);
  const bad = ["", "cp_", "cp_../x", "cp_a/b", "cp_a.b", "x"];
  assertEach(isCheckpointId, false, [...bad, `cp_${"a".repeat(65)}`]);
});

Deno.test("matchCheckpointId() finds a checkpoint by its id or a part that no other has", () => {
  const first = "cp_20260304_050607_089000_0042_ffee";
  const second = "cp_20260304_050608_089000_0043_ffee";
  const match = (text: string) =>
    matchCheckpointId(text, [first, second, "cp_y"]);
  assertTable(match, [
    ["cp_y", "cp_y"],
    ["0043", second],
    ["cp_20260304_050607", first],
  ]);
  assertTable((text) => refusalOf(() => match(text)), [
    ["ffee", "usage ambiguous_checkpoint_id"],
    ["42", "not_found no_such_checkpoint"],
    ["nothing", "not_found no_such_checkpoint"],
  ]);
});

Deno.test("isSecretName() takes capital letters, digits and underscores", () => {
  const good = ["A", "OPENAI_API_KEY", "K8S_TOKEN", "A".repeat(64)];
  assertEach(isSecretName, true, good);
  const bad = ["", "a", "1A", "_A", "A-B", "A.B", "../A", "A/B", "A\0", "A\n"];
  const others = ["Ä", "A".repeat(65), "PATH", "HOME"];
  assertEach(isSecretName, false, [...bad, ...others]);
});

Deno.test("assertSecretName() says what is wrong with a name", () => {
  const start = "cannot be the name of a secret";
  assertTable((name) => orcErrorOf(() => assertSecretName(name)).message, [
    [
      "api key",
      `"api key" ${start}: it holds capital letters, digits and underscores, at most 64`,
    ],
    ["PATH", `"PATH" ${start}: every program needs the variable of that name`],
  ]);
});

Deno.test("variablesOf() asks for the prefixed variable first, and takes no setting of orc for a secret", () => {
  assertTable(variablesOf, [
    ["API_KEY", ["ORCHESTRATOR_API_KEY", "API_KEY"]],
    ["SESSION", ["SESSION"]],
    ["ORCHESTRATOR_PASSPHRASE", ["ORCHESTRATOR_PASSPHRASE"]],
  ]);
  const variables = SETTINGS.flatMap((setting) => [
    variableOf(setting),
    ...(setting.variables ?? []).map(({ name }) => name),
  ]);
  for (const variable of [...variables, ...KEY_VARIABLES]) {
    const name = variable.replace(/^ORCHESTRATOR_/, "");
    assertEquals(variablesOf(name).includes(variable), name === variable, name);
  }
});

Deno.test("sessionNameOf() keeps what people recognise and what every path can hold", () => {
  assertTable((task) => sessionNameOf(task, "3f2a".padEnd(32, "0")), [
    ["Add login", "add-login-3f2a"],
    ["  Fix: the CRASH!! (#12) ", "fix-the-crash-12-3f2a"],
    ["../../etc/passwd", "etc-passwd-3f2a"],
    ["日本語", "task-3f2a"],
    ["a".repeat(50), `${"a".repeat(30)}-3f2a`],
    ["$(rm -rf /); `x`", "rm-rf-x-3f2a"],
  ]);
});

Deno.test("fillSessionName() fills the name in wherever it stands", () => {
  const text = "path: docs/{{session_name}}/a.md # {{session_name}} {{other}}";
  const filled = "path: docs/x-1/a.md # x-1 {{other}}";
  assertEquals(fillSessionName(text, "x-1"), filled);
});

Deno.test("parseSessionTitle() takes a name on one line, and none that is blank, long or drives a terminal", () => {
  for (const text of ["Login", "  Login ", "Anmeldung für Größe 5 🚀"]) {
    assertEquals(parseSessionTitle(text), text.trim());
  }
  assertEquals(parseSessionTitle("🚀".repeat(80)).length, 160);
  assertEach(
    (text) => refusalOf(() => parseSessionTitle(text)),
    "usage invalid_name",
    ["", "  ", "a".repeat(81), "a\nb", "a\x1b[2Jb", "a\u2028b"],
  );
});

Deno.test("titleOf() puts the name before the task", () => {
  assertEquals(titleOf(null, "Add login"), "Add login");
  assertEquals(titleOf("Second try", "Add login"), "Second try: Add login");
});
