/** What is done once the answer of a change is printed. */
import { mayVanish } from "../persist/vanishing.ts";
import { type Run, tell, warn } from "./output.ts";

/** Commands with which a session begins or ends: then there may be others to tidy up. */
const TIDYING: readonly (string | null)[] = ["start", "finish"];

/** Packs sessions that ended long ago, where the settings say so. */
export async function tidyUp(run: Run, root: string): Promise<void> {
  if (!TIDYING.includes(run.commandName)) return;
  const { packAfterwards } = await import("../sessions/auto_pack.ts");
  const { message, warnings } = await packAfterwards(run.host, root);
  if (message !== null && !run.presentation.quiet) {
    tell(run.streams, `${message}\n`);
  }
  warn(run, warnings);
}

/** Sends the session away where its machine vanishes. */
export async function sendAway(
  run: Run,
  place: { readonly root: string; readonly session: string },
): Promise<void> {
  if (!mayVanish(run.host, place.root)) return;
  const { sendAfterwards } = await import("../persist/after.ts");
  warn(run, await sendAfterwards(run.host, place));
}
