import { OrcError } from "../../src/base/error.ts";
import { assertEquals, assertThrows } from "@std/assert";

/** Asserts what a function makes of each argument. */
export function assertTable<From, To>(
  of: (from: From) => To,
  rows: readonly (readonly [From, To])[],
): void {
  for (const [from, to] of rows) assertEquals(of(from), to, shown(from));
}

/** Asserts that a function makes the same of all arguments. */
export function assertEach<From, To>(
  of: (from: From) => To,
  to: To,
  froms: readonly From[],
): void {
  for (const from of froms) assertEquals(of(from), to, shown(from));
}

function shown(value: unknown): string {
  return Deno.inspect(value).slice(0, 200);
}

/** Kind and code of the error that a call ends with. */
export function refusalOf(run: () => unknown): string {
  const { kind, code } = assertThrows(run, OrcError);
  return `${kind} ${code}`;
}
