import type { Feedback } from "../core/feedback.ts";
import { printJson } from "../core/json_print.ts";
import { type RepositoryLayout, sessionLayout } from "../core/layout.ts";
import { makeDirectory, syncDirectory } from "./file_system.ts";
import { type HeldLock, type LockContext, withLock } from "./lock.ts";
import { appendLine } from "./log.ts";
import { linesFrom } from "./log_lines.ts";
import { openForReading } from "./log_read.ts";
import { asOrcError, isAbsent } from "./os_error.ts";
import { guardDirectory } from "./path_guard.ts";
import { fileKind } from "./read_file.ts";
import { noSuchSession } from "./session_read.ts";

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
