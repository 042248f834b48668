import { SESSION_NAME } from "../base/session_name.ts";
import type { BundledItem } from "./bundled_yaml.ts";

/** The project's own commands, as far as it has them. */
export interface ProjectCommands {
  readonly test: string | undefined;
  readonly build: string | undefined;
  readonly lint: string | undefined;
}

/**
 * What the bundled workflow asks for in writing: three files in a directory of the session's
 * own. What an earlier task wrote must not pass the checks of the next one.
 */
const DIRECTORY = `docs/tasks/{{${SESSION_NAME}}}`;
/** See {@linkcode DIRECTORY}. */
export const PLAN_FILE = `${DIRECTORY}/plan.md`;
/** See {@linkcode DIRECTORY}. */
export const REVIEW_FILE = `${DIRECTORY}/review.md`;
/** See {@linkcode DIRECTORY}. */
export const LEARNINGS_FILE = `${DIRECTORY}/learnings.md`;

/** All tests of a project may take longer than other checks. */
export const TEST_TIMEOUT_SECONDS = 1800;

/** A check that runs a command; the description says in words what it looks for. */
export function runs(
  command: string,
  description?: string,
): BundledItem["check"] {
  return { type: "command", command, description };
}

/** Where a list entry begins, whichever way Markdown spells it. */
const BULLET = "^[[:space:]]*([-*+]|[0-9]+[.)])[[:space:]]+";

/** A check for an entry with a label and words behind it: an empty heading says nothing. */
export function hasEntry(file: string, label: string): BundledItem["check"] {
  return hasLine(
    file,
    `${BULLET}([[][ xX][]] *)?${label}: .{15}`,
    `an entry "- ${label}: ..." with words behind it`,
  );
}

/** A check for a box, open or ticked, with words behind it. */
export function hasBox(file: string): BundledItem["check"] {
  const box = 'a box with words behind it, such as "- [ ] words"';
  return hasLine(file, `${BULLET}[[][ xX][]] .{15}`, box);
}

/** A check for any entry with words behind it. */
export function hasWords(file: string): BundledItem["check"] {
  return hasLine(
    file,
    `${BULLET}.{20}`,
    'an entry such as "- What was learned"',
  );
}

/** A check that lists the file only if it is there without an open box; listing nothing is failing. */
export function hasNoOpenBox(file: string): BundledItem["check"] {
  return runs(
    `git grep --no-index -L -E -e '${BULLET}[[] []]' -- ${file}`,
    `${file} is there and has no open box "- [ ]" left`,
  );
}

/** A check for a line; it fails on a missing and on an empty file too. */
function hasLine(
  file: string,
  pattern: string,
  what: string,
): BundledItem["check"] {
  return runs(
    `git grep --no-index -q -i -E -e '${pattern}' -- ${file}`,
    `${file} has ${what}`,
  );
}
