import { errorsAt, killsAt, sample } from "./fault.ts";
import type { Call } from "./trace.ts";
import { assertEquals } from "@std/assert";

function call(name: string, what = name): Call {
  return { name, what, ordinal: 1, isBroken: false };
}

const CALLS = [
  call("openat", "openat /a O_WRONLY|O_CREAT"),
  call("openat", "openat /a O_RDONLY"),
  call("write"),
  call("rename"),
  call("unlink"),
];

Deno.test("killsAt() leaves out what only reads", () => {
  assertEquals(
    killsAt(CALLS).map(({ call }) => call),
    CALLS.filter((_, index) => index !== 1),
  );
});

Deno.test("errorsAt() lets each call fail once before one fails again", () => {
  const errors = errorsAt(CALLS);
  assertEquals(errors.slice(0, 5).map(({ call }) => call), CALLS);
  assertEquals(errors.length, 4 + 2 + 3 + 3 + 1);
  assertEquals(new Set(errors.map((error) => JSON.stringify(error))).size, 13);
});

Deno.test("errorsAt() knows no error for a call that does not change anything", () => {
  assertEquals(errorsAt([call("lseek")]), []);
});

Deno.test("sample() takes the first and the last call, and others between", () => {
  assertEquals(
    sample(errorsAt(CALLS), 3).map(({ call }) => call.what),
    ["openat /a O_WRONLY|O_CREAT", "write", "unlink"],
  );
});

Deno.test("sample() takes all when there are no more", () => {
  assertEquals(sample(killsAt(CALLS), 4), killsAt(CALLS));
});
