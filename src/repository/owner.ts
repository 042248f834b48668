/** Whose session it is, where an agent meets one that is not its own; loaded only then. */
import { nothingIfCorrupt, type OrcError, refused } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { readBinding } from "../session/read.ts";
import type { Repository } from "./open.ts";

/**
 * Why an agent may not change a session that belongs to another; null once its owner has moved on to
 * another session, or was unbound from it: then it is anybody's.
 */
export async function ownerRefusal(
  { layout }: Repository,
  session: string,
  owner: string,
): Promise<OrcError | null> {
  const bound = await readBinding(layout, { kind: "agent", name: owner })
    .catch(nothingIfCorrupt);
  if (bound !== session) return null;
  return refused(
    "session_of_another",
    `Session ${shortSessionId(session)} belongs to agent "${owner}"`,
    {
      hint:
        `start a session of your own (orc start "TASK"), or take this one over (orc session switch ${session})`,
      details: { session, owner },
    },
  );
}

/** Why a session that was opened is not the caller's to change, since it is another agent's; null where it is. */
export function refusalOfAnother(
  { refusal }: { readonly refusal: OrcError | null },
): OrcError | null {
  return refusal?.code === "session_of_another" ? refusal : null;
}

/** Refuses what no rule of the workflow concerns, and yet is work in the session. */
export function assertNotOfAnother(
  opened: { readonly refusal: OrcError | null },
): void {
  const refusal = refusalOfAnother(opened);
  if (refusal !== null) throw refusal;
}
