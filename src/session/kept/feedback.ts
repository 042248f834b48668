/** The feedback on a session in two files, of which one names people. */
import { type RepositoryLayout, sessionLayout } from "../../base/layout.ts";
import type { LockContext } from "../../files/lock.ts";
import { isThere } from "../../files/read.ts";
import { makeDirectory, syncDirectory } from "../../files/write.ts";
import { withSessionLock } from "../create.ts";
import { appendLine, linesFrom } from "../log.ts";
import { openForReading } from "../log_read.ts";
import type { KeptFeedback } from "../store.ts";

/** The feedback on a session in `.orchestrator/`. */
export function sessionFeedback(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
): KeptFeedback {
  const paths = sessionLayout(layout.root, id);
  return {
    add: ({ tool, process }) => {
      const { feedback: guarded } = paths;
      const act = { id, guarded, doing: "keep feedback", about: guarded };
      return withSessionLock(layout, context, act, (lock) => {
        if (!isThere(paths.feedback)) {
          makeDirectory(paths.feedback);
          syncDirectory(paths.directory);
        }
        // A displaced holder must not write between the lines of the next one.
        lock.assertHeld();
        appendLine(paths.toolFeedback, tool, lock);
        appendLine(paths.processFeedback, process, lock);
      });
    },
    lines: (kind) => {
      const path = { tool: paths.toolFeedback, process: paths.processFeedback };
      return feedbackLines(layout.root, path[kind]);
    },
  };
}

/** The lines of a feedback file that are not blank; undefined stands for one that cannot be read. */
export async function* feedbackLines(
  root: string,
  path: string,
): AsyncGenerator<string | undefined> {
  const file = openForReading({ root, path });
  if (file === undefined) return;
  try {
    for (const { text } of linesFrom(file, 0)) {
      if (text?.trim() !== "") yield text;
    }
  } finally {
    file.close();
  }
}
