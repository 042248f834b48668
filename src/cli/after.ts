/** What is done once the answer of a change is printed. */
import { onRefusal } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import { mayVanish } from "../persist/vanishing.ts";
import { type Run, tell, warn } from "./output.ts";

/** All of it, the one for which nobody waits first. */
export async function settle(
  run: Run,
  place: { readonly root: string; readonly session: string },
): Promise<void> {
  await tellHuman(run, place);
  await tidyUp(run, place.root);
  await sendAway(run, place);
}

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

/** Most people are told of nothing, and wait for nothing to be loaded. */
async function isNobodyNamed(host: Host, root: string): Promise<boolean> {
  const { readValue, siteAt } = await import("../settings/files.ts");
  // What is wrong with the settings is said by whatever needs them.
  return await readValue(host, siteAt(root), "notify")
    .catch(onRefusal(() => null)) === null;
}

/** Commands after which a human may be waited for that was not before. */
const OPENING: readonly (string | null)[] = [
  ...["start", "complete", "skip", "advance", "approve", "approve-item"],
  ...["reject", "reopen", "resume", "undo"],
];

/** Tells a human that is waited for now, where the settings say how. */
export async function tellHuman(
  run: Run,
  place: { readonly root: string; readonly session: string },
): Promise<void> {
  if (!OPENING.includes(run.commandName)) return;
  if (await isNobodyNamed(run.host, place.root)) return;
  const { tellOfGates } = await import("../notify/use.ts");
  warn(run, await tellOfGates(run.host, place));
}
