import { OrcError } from "../../src/base/error.ts";
import {
  isSessionId,
  legacySessionId,
  matchSessionId,
  shortSessionId,
} from "../../src/base/ids.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const FIRST = "01k9xvbq3m4n5p6q7r8s9t7f2q";
const SECOND = "01k9xvbq3m4n5p6q7r8s9tabcd";
const PYTHON = "34aa3244";
const IDS = [FIRST, SECOND, PYTHON];

function refusal(run: () => unknown): OrcError {
  return assertThrows(run, OrcError);
}

Deno.test("isSessionId() takes ULIDs in lower case and the Python tool's ids", () => {
  for (const id of [FIRST, PYTHON, "a", "0", "a-b_c", "x".repeat(64)]) {
    assert(isSessionId(id), id);
  }
});

Deno.test("isSessionId() refuses what is no plain name on every file system", () => {
  const refused = [
    ...["", ".", "..", "../x", "/abs", "a/b", "a\\b", "C:x", "a:b", "a.txt"],
    ...["-rf", "--help", "_a", "A", "a b", "a\n", "\na", "a\0", "é", "а", "٣"],
    ...["x".repeat(65), "a.", "a ", "~", "*", "$x", ".new-1"],
    ...["con", "nul", "aux", "prn", "com1", "com9", "lpt1", "lpt9"],
  ];
  for (const id of refused) assertFalse(isSessionId(id), JSON.stringify(id));
  for (const id of ["con1", "com0", "com10", "nul-1"]) {
    assert(isSessionId(id), id);
  }
});

Deno.test("matchSessionId() returns an id and names what is none", () => {
  assertEquals(matchSessionId(FIRST, [FIRST]), FIRST);
  const error = refusal(() => matchSessionId("../../etc", IDS));
  assertEquals([error.kind, error.code], ["usage", "invalid_session_id"]);
  assertEquals(error.message, 'Cannot use "../../etc" as a session id');
});

Deno.test("matchSessionId() escapes and cuts what it repeats", () => {
  const hostile = "\x1b]0;x\x07\r\n\x7f\x9b\u202e\ufeff";
  const { message } = refusal(() => matchSessionId(hostile, IDS));
  assertMatch(message, /^[ -~]*$/);
  assertStringIncludes(message, '"\\u001b]0;x\\u0007\\r\\n\\u007f\\u009b');
  const long = refusal(() => matchSessionId("x".repeat(1_000_000), IDS));
  assert(long.message.length < 200);
});

Deno.test("matchSessionId() finds the exact id, also where others begin with it", () => {
  assertEquals(matchSessionId(FIRST, IDS), FIRST);
  assertEquals(matchSessionId("ab", ["ab", "abc"]), "ab");
});

Deno.test("matchSessionId() finds the only beginning, else the only end", () => {
  assertEquals(matchSessionId("3", IDS), PYTHON);
  assertEquals(matchSessionId(SECOND.slice(0, 23), IDS), SECOND);
  assertEquals(matchSessionId("7f2q", IDS), FIRST);
  assertEquals(matchSessionId("con", ["con4ab12"]), "con4ab12");
  assertEquals(matchSessionId("-x-y", ["a-x-y"]), "a-x-y");
  assertEquals(matchSessionId("abcd", ["abcd1", "1abcd"]), "abcd1");
});

Deno.test("matchSessionId() understands the short form that orc shows", () => {
  assertEquals(matchSessionId(shortSessionId(FIRST), IDS), FIRST);
  const error = refusal(() => matchSessionId("01k9…zzzz", IDS));
  assertEquals(error.code, "no_such_session");
});

Deno.test("matchSessionId() wants four characters of an end", () => {
  const error = refusal(() => matchSessionId("f2q", IDS));
  assertEquals([error.kind, error.code], ["not_found", "no_such_session"]);
  assertEquals(error.hint, "orc session list");
});

Deno.test("matchSessionId() names at most five of many candidates", () => {
  const ids = Array.from({ length: 9 }, (_, index) => `ab${index}`);
  const error = refusal(() => matchSessionId("ab", ids));
  assertEquals([error.kind, error.code], ["usage", "ambiguous_session_id"]);
  assertEquals(error.details, { candidates: ids.slice(0, 5) });
  assertStringIncludes(error.message, "9 sessions");
  assertStringIncludes(error.message, "ab4 and 4 more");
});

Deno.test("matchSessionId() does not guess by the end where several begin so", () => {
  const error = refusal(() =>
    matchSessionId("abcd", ["abcd1", "abcd2", "xabcd"])
  );
  assertEquals(error.code, "ambiguous_session_id");
});

Deno.test("matchSessionId() refuses text that is no part of an id", () => {
  for (const text of ["", "..", "a/b", "A", "…", "a…", "a…b…c", "a\n"]) {
    const error = refusal(() => matchSessionId(text, IDS));
    assertEquals(error.code, "invalid_session_id", JSON.stringify(text));
  }
});

Deno.test("shortSessionId() shortens ULIDs and nothing else", () => {
  assertEquals(shortSessionId(FIRST), "01k9…7f2q");
  assertEquals(shortSessionId(PYTHON), PYTHON);
  assertEquals(shortSessionId("add-login-2f9c1a77"), "add-login-2f9c1a77");
});

Deno.test("legacySessionId() takes the digits of the Python tool's workflow id", () => {
  assertEquals(legacySessionId("wf_34aa3244"), "34aa3244");
});

Deno.test("legacySessionId() makes a session id of any text, always the same", () => {
  const texts = [
    ...["", "wf_", "wf_34AA3244", "wf_34aa32445", "34aa3244", "../../x", "con"],
    ...["Add Login!", "日本語", "\0\n", "-", "x".repeat(500), "a…b", "wf_İ"],
  ];
  const ids = texts.map(legacySessionId);
  for (const [index, id] of ids.entries()) {
    assert(isSessionId(id), texts[index]);
  }
  assertEquals(texts.map(legacySessionId), ids);
  assertEquals(new Set(ids).size, texts.length);
});

Deno.test("legacySessionId() keeps apart what looks alike", () => {
  assertMatch(legacySessionId("Add Login!"), /^add-login-[0-9a-f]{8}$/);
  assertNotEquals(legacySessionId("Add Login!"), legacySessionId("add login"));
  // FNV-1a of the empty text is its offset basis.
  assertEquals(legacySessionId(""), "legacy-811c9dc5");
  assertEquals(legacySessionId("a"), "a-e40c292c");
});
