/** How the copy of a session at a remote stands to the session that is here. */
import { onRefusal, OrcError } from "../base/error.ts";
import { judgeCopy, type JudgedCopy } from "../sessions/copies.ts";
import { stageCopy, type Staged } from "./copies.ts";
import type { Git } from "./git.ts";
import type { Label } from "./label_rules.ts";
import type { Seen } from "./shelf.ts";

/** A copy that was read, and what it is to the session that is here. */
export interface Standing {
  readonly staged: Staged;
  readonly judged: JudgedCopy;
}

/** Reads a copy and compares it; why it cannot be is an answer. */
export async function standingOf(
  git: Git,
  root: string,
  { label, seen, directory }: {
    readonly label: Label | OrcError;
    readonly seen: Seen;
    /** Below the root; where the copy is read into. */
    readonly directory: string;
  },
): Promise<Standing | OrcError> {
  if (label instanceof OrcError) return label;
  try {
    const staged = await stageCopy(git, label, { seen, directory });
    return { staged, judged: await judgeCopy(root, staged) };
  } catch (error) {
    return onRefusal((refusal) => refusal)(error);
  }
}

/** How to take a copy all the same that is neither taken nor replaced. */
export function keepHint(id: string): string {
  return `keep both, theirs under a new id: orc persist pull ${id} --keep-both`;
}
