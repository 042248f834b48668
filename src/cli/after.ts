/** What is done once the answer of a change is printed. */
import { mayVanish } from "../persist/vanishing.ts";
import { type Run, warn } from "./output.ts";

/** Sends the session away where its machine vanishes. */
export async function sendAway(
  run: Run,
  place: { readonly root: string; readonly session: string },
): Promise<void> {
  if (!mayVanish(run.host, place.root)) return;
  const { sendAfterwards } = await import("../persist/after.ts");
  warn(run, await sendAfterwards(run.host, place));
}
