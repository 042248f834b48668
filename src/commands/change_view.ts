import type { Changed } from "../work/change.ts";
import type { Outcome, Style } from "./command.ts";
import { standing } from "./view.ts";

/** What programs get after a change: what happened, and where the session stands. */
export type ChangeResult<Extra> = Omit<Changed, "place" | "warnings"> & Extra;

/** Makes the outcome of a command that changed a session. */
export function changeOutcome<Change extends Changed>(
  { place, warnings, ...result }: Change,
): Outcome<Omit<Change, "place" | "warnings">> {
  return { place, warnings, result };
}

/** One sentence on what was done, then where the session stands. */
export function changeText(
  done: string,
  { summary }: Pick<Changed, "summary">,
  style: Style,
): string {
  return [done, standing(summary, style)].join("\n").trimEnd();
}
