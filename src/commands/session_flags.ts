import type { SessionOptions } from "../app/open_session.ts";
import type { Values } from "./command.ts";

/** Reads what every command about a session takes from the global flags. */
export function sessionOptions(
  values: Values,
  purpose: string,
): SessionOptions {
  return {
    root: values.text("root"),
    session: values.text("session"),
    lockTimeout: values.text("lock-timeout"),
    purpose: `orc ${purpose}`,
  };
}
