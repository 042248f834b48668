import { sessionLayout } from "../../src/base/layout.ts";
import { encodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { idOf } from "./fixtures.ts";

/** Where the log of a session lies; that of the first session without an id. */
export function logPath(root: string, id: string = idOf(0, 0)): string {
  return sessionLayout(root, id).log;
}

/** Writes events, or lines that are none, at the end of a session's log. */
export function appendToLog(
  root: string,
  lines: readonly (RecordedEvent | string)[],
): void {
  const texts = lines.map((line) =>
    typeof line === "string" ? line : encodeLogLine(line)
  );
  Deno.writeTextFileSync(logPath(root), texts.join(""), { append: true });
}
