import { OrcError } from "./error.ts";
import { lengthOf, quoted } from "./text.ts";

/** A longer name does not fit beside a task. */
const MAX_NAME_LENGTH = 80;

/**
 * Reads a name for a session as typed, without the blanks around it.
 *
 * @throws {OrcError} usage `invalid_name`
 */
export function parseSessionTitle(text: string): string {
  const name = text.trim();
  const isPlain = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
  if (name !== "" && lengthOf(name) <= MAX_NAME_LENGTH && isPlain) return name;
  throw new OrcError(
    "usage",
    "invalid_name",
    `Cannot name a session ${quoted(text)}`,
    { hint: `a name has 1 to ${MAX_NAME_LENGTH} characters on one line` },
  );
}
