import { printJson } from "../base/json_print.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { makeDirectory, syncDirectory } from "../files/file_system.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { appendLine } from "../session/log.ts";
import { linesFrom } from "../session/log_read.ts";
import { noSuchSession } from "../session/read.ts";
import { openForReading } from "../session/store_log_read.ts";
import type { Feedback } from "./rules.ts";

/** Adds feedback to a session: one whole line to each of its two files. */
export async function appendFeedback(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
  { tool, process }: Feedback,
): Promise<void> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.feedback);
  if (fileKind(paths.directory) === "absent") {
    throw noSuchSession(id, paths.directory);
  }
  const append = (lock: HeldLock): Promise<void> => {
    if (fileKind(paths.feedback) === "absent") {
      makeDirectory(paths.feedback);
      syncDirectory(paths.directory);
    }
    // A displaced holder must not write between the lines of the next one.
    lock.assertHeld();
    appendLine(paths.toolFeedback, printJson(tool));
    appendLine(paths.processFeedback, printJson(process));
    return Promise.resolve();
  };
  try {
    await withLock(paths.directory, context, append);
  } catch (error) {
    if (isAbsent(error)) throw noSuchSession(id, paths.directory);
    throw asOrcError(error, "keep feedback", paths.feedback);
  }
}

/**
 * Reads the lines of a feedback file that are not blank, in constant memory; undefined stands
 * for one that cannot be read. There need not be a file.
 */
export function* readFeedbackLines(
  root: string,
  path: string,
): Generator<string | undefined> {
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
