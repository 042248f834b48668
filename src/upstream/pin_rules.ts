/** How commits are written into a workflow file, of which all else stays as it is. */
import type { Locate } from "../workflow/problem.ts";

/** An entry of `include`, and the commit that it is to name. */
export interface PinnedEntry {
  /** Its place in the list, from 0. */
  readonly index: number;
  readonly commit: string;
  /** The branch or tag that it is to follow, where it does not say so yet. */
  readonly newRef: string | undefined;
}

const COMMIT_LINE =
  /^(\s*(?:- +)?commit:) *(?:"[^"]*"|'[^']*'|[^\s"'#,{}|>&*!]*)((?: *#.*)? *)$/;

/** The text with the commits; undefined where an entry does not stand in lines of its own. */
export function writePins(
  text: string,
  pins: readonly PinnedEntry[],
  locate: Locate,
): string | undefined {
  const lines = text.split("\n");
  const added: { readonly after: number; readonly line: string }[] = [];
  for (const { index, commit, newRef } of pins) {
    const git = locate(["include", index, "git"]);
    const gitLine = git && lines[git.line - 1];
    const isBlock = gitLine !== undefined &&
      /^\s*(?:- +)?git: *[^\s{]/.test(gitLine);
    if (git === undefined || !isBlock) return undefined;
    const indent = " ".repeat(git.column - 1);
    const add = (line: string) =>
      added.push({ after: git.line, line: indent + line });
    if (newRef !== undefined) add(`ref: ${newRef}`);
    const place = locate(["include", index, "commit"]);
    if (place === undefined) {
      add(`commit: ${commit}`);
      continue;
    }
    const before = lines[place.line - 1] ?? "";
    const [, head, tail = ""] = COMMIT_LINE.exec(before.replace(/\r$/, "")) ??
      [];
    if (head === undefined) return undefined;
    const end = before.endsWith("\r") ? "\r" : "";
    const space = tail.startsWith("#") ? " " : "";
    lines[place.line - 1] = `${head} ${commit}${space}${tail}${end}`;
  }
  for (const { after, line } of added.toReversed()) {
    lines.splice(after, 0, line);
  }
  return lines.join("\n");
}
