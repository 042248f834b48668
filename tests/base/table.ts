import { assertEquals } from "@std/assert";

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
