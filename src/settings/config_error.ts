import { OrcError } from "../base/error.ts";

/** What is no readable file that people write is their mistake, not damage to the state. */
export function asConfigError(cause: unknown, hint: string): unknown {
  if (!(cause instanceof OrcError) || cause.kind !== "corrupt") return cause;
  const { code, message, path } = cause;
  return new OrcError("config", code, message, { cause, path, hint });
}
