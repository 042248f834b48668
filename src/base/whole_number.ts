import { OrcError } from "./error.ts";
import { quoted } from "./text.ts";

/** Where a number was typed, and how large it may be. */
export interface WholeNumberRule {
  /** Such as `--older-than`. */
  readonly flag: string;
  readonly max: number;
}

/**
 * Reads a whole number as typed.
 *
 * @throws {OrcError} usage `invalid_number`
 */
export function parseWholeNumber(
  text: string,
  { flag, max }: WholeNumberRule,
): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number <= max) return number;
  throw new OrcError(
    "usage",
    "invalid_number",
    `${flag} is ${quoted(text)}, not a whole number from 0 to ${max}`,
  );
}
