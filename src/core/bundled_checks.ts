import type { BundledItem } from "./bundled_yaml.ts";

/** The project's own commands, as far as it has them. */
export interface ProjectCommands {
  readonly test: string | undefined;
  readonly build: string | undefined;
  readonly lint: string | undefined;
}

/** What the bundled workflow asks for in writing: three files, and none of them at the root. */
export const PLAN_FILE = "docs/plan.md";
/** See {@linkcode PLAN_FILE}. */
export const REVIEW_FILE = "docs/review.md";
/** See {@linkcode PLAN_FILE}. */
export const LEARNINGS_FILE = "docs/learnings.md";

/** All tests of a project may take longer than other checks. */
export const TEST_TIMEOUT_SECONDS = 1800;

/** A check that runs a command; the description says in words what it looks for. */
export function runs(
  command: string,
  description?: string,
): BundledItem["check"] {
  return { type: "command", command, description };
}

/** A check for a heading, whatever its level. */
export function hasHeading(
  file: string,
  heading: string,
): BundledItem["check"] {
  return hasLine(file, `^#+ *${heading}`, `the heading "## ${heading}"`);
}

/** A check for a box, open or ticked, with words behind it. */
export function hasBox(file: string): BundledItem["check"] {
  const box = 'a box with words behind it, such as "- [ ] words"';
  return hasLine(file, "^ *[-*] [[][ xX][]] .{15}", box);
}

/** A check for a line; it fails on a missing and on an empty file too. */
export function hasLine(
  file: string,
  pattern: string,
  what: string,
): BundledItem["check"] {
  return runs(
    `git grep --no-index -q -i -E -e '${pattern}' -- ${file}`,
    `${file} has ${what}`,
  );
}

/** A check that lists the file only if it is there without an open box; listing nothing is failing. */
export function hasNoOpenBox(file: string): BundledItem["check"] {
  return runs(
    `git grep --no-index -L -E -e '^ *[-*] [[] []]' -- ${file}`,
    `${file} is there and has no open box "- [ ]" left`,
  );
}
