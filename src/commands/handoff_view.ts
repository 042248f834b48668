import type { HandedOff } from "../handoff/use.ts";
import type { Style } from "./command.ts";
import { nextLine, standing } from "./view.ts";

/** What programs get after a handoff. */
export type HandoffResult = Omit<HandedOff, "place" | "warnings">;

/** The prompt itself; after a run, how it ended and where the session stands. */
export function handoffText(result: HandoffResult, style: Style): string {
  const { prompt, run, summary } = result;
  if (prompt === null) {
    return ["Nothing to hand off", nextLine(summary.next, style)].join("\n")
      .trimEnd();
  }
  if (run === null) return prompt.trimEnd();
  return [
    `Program "${run.program}" ended after ${run.durationSeconds} s`,
    run.stdout.trim(),
    standing(summary, style),
  ].filter((text) => text !== "").join("\n\n");
}
