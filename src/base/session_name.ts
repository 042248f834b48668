/** Stands in a workflow file for a name of the session's own, filled in when it starts. */
export const SESSION_NAME = "session_name";

/** A longer name says no more. */
const MAX_SLUG_LENGTH = 30;

/**
 * Makes a name that people recognise and that no other session has: the task in lower case,
 * and the beginning of a random token. Safe in paths and commands.
 */
export function sessionNameOf(task: string, token: string): string {
  const slug = task.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_SLUG_LENGTH)
    .replaceAll(/^-+|-+$/g, "");
  return `${slug || "task"}-${token.slice(0, 4)}`;
}

/** Fills a session's name into the text of a workflow file, wherever it stands. */
export function fillSessionName(text: string, name: string): string {
  return text.replaceAll(`{{${SESSION_NAME}}}`, name);
}
