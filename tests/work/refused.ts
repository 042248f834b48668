import type { OrcError } from "../../src/base/error.ts";
import { refusalOf, withoutTrace } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

/** Asserts that a call ends with an error of orc, named like `usage invalid_number`; returns it. */
export async function assertRefused(
  expected: string,
  run: () => Promise<unknown>,
): Promise<OrcError> {
  const error = await refusalOf(run);
  assertEquals(`${error.kind} ${error.code}`, expected, error.message);
  return error;
}

/** As {@linkcode assertRefused}, where every file and directory has to stay as it is. */
export function assertRefusedWithoutTrace(
  root: string,
  expected: string,
  run: () => Promise<unknown>,
): Promise<OrcError> {
  return withoutTrace(root, () => assertRefused(expected, run));
}
