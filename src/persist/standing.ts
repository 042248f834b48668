/** How the copy of a session at a remote stands to the session that is here. */
import { onRefusal, OrcError } from "../base/error.ts";
import { isRefusal, refusalOfCopy } from "../session/copy_rules.ts";
import type { JudgedCopy } from "../sessions/copies.ts";
import { judge, stageCopy, type Staged } from "./copies.ts";
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
    return { staged, judged: await judge(root, staged) };
  } catch (error) {
    return onRefusal((refusal) => refusal)(error);
  }
}

/** Why a copy is neither taken nor replaced; undefined where it may be. */
export function refusalOf(
  id: string,
  { comparison, here, there }: JudgedCopy,
): OrcError | undefined {
  if (!isRefusal(comparison)) return undefined;
  return refusalOfCopy(comparison, id, {
    here,
    there,
    hint:
      `keep both, theirs under a new id: orc persist pull ${id} --keep-both`,
  });
}
