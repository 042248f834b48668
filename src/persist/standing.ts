/** How the copy of a session at a remote stands to the session that is here. */
import { onRefusal, OrcError } from "../base/error.ts";
import { judgeCopy, type JudgedCopy } from "../sessions/copies.ts";
import { stageCopy, type Staged } from "./copies.ts";
import type { Git } from "./git.ts";
import { type Label, unreadable } from "./label_rules.ts";
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
    const judged = await judgeCopy(root, staged);
    // It is what people are shown, also of what nobody opens.
    if (judged.session.serial !== label.serial) {
      throw unreadable(label.session, "its label tells another update");
    }
    return { staged, judged };
  } catch (error) {
    return onRefusal((refusal) => {
      const isTheirs = refusal.kind === "corrupt" &&
        refusal.path?.startsWith(directory);
      // Where it was read into is gone by the time that anybody looks.
      return isTheirs
        ? unreadable(
          label.session,
          "its state is not one of that session",
          refusal,
        )
        : refusal;
    })(error);
  }
}

/** How to take a copy all the same that is neither taken nor replaced. */
export function keepHint(id: string): string {
  return `keep both, theirs under a new id: orc persist pull ${id} --keep-both`;
}
