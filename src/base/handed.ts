/** What a host hands in is checked where it is used: what it gets wrong must not be stored. */
import { external, invalidHost } from "./error.ts";
import { epochMsOf } from "./time.ts";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** What a clock says that is far off; neither ids nor the files of other tools can hold such a time. */
const FAR_OFF =
  /^(?:[+-]\d{6}|0\d{3}|1[0-8]\d\d|19[0-6]\d)-\d\d-\d\dT[\d:.]+Z?$/;
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?$/;

/** What a member of a host must answer, in words, and whether an answer is that. */
const ANSWERS = {
  "now()": {
    expected: "an instant in UTC such as 2026-01-02T03:04:05Z",
    isRight: (value: unknown) =>
      isText(value, INSTANT) && epochMsOf(value) !== undefined,
  },
  "localNow()": {
    expected: "a local time such as 2026-01-02T03:04:05.000000",
    isRight: (value: unknown) =>
      isText(value, LOCAL) && epochMsOf(`${value}Z`) !== undefined,
  },
  "newToken()": {
    expected: "32 hexadecimal digits",
    isRight: (value: unknown) => isText(value, /^[0-9a-f]{32}$/),
  },
  "idSource()": {
    expected: "what makes ids of lower-case letters and digits, such as ULIDs",
    isRight: (value: unknown) => isText(value, /^[0-9a-z_-]{1,64}$/),
  },
  "approve()": {
    expected: "an answer such as { approved: true }",
    isRight: (value: unknown) =>
      typeof value === "object" && value !== null && "approved" in value &&
      typeof value.approved === "boolean" &&
      (!("reason" in value) || value.reason === undefined ||
        typeof value.reason === "string"),
  },
  "identity()": {
    expected: "a process with a positive pid",
    isRight: (value: unknown) =>
      typeof value === "object" && value !== null && "pid" in value &&
      Number.isInteger(value.pid) && Number(value.pid) > 0,
  },
} as const;

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

/** The answer of a host's member, when it is one. */
export function handed<Value>(
  member: keyof typeof ANSWERS,
  value: Value,
): Value {
  const { expected, isRight } = ANSWERS[member];
  if (/now/i.test(member) && isText(value, FAR_OFF)) {
    throw external(
      "wrong_clock",
      `The clock says ${value}, and orc stores only times from 1970 to 9999`,
      "set the clock of this machine",
    );
  }
  if (isRight(value)) return value;
  throw invalidHost(member, expected, value);
}
