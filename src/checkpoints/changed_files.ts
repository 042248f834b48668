import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import type { Host } from "../host/host.ts";
import { CUT, runInertGit } from "./inert_git.ts";

/** Enough to remember what somebody was working on. */
const MAX_FILES = 10;

const LIST_FILES = [
  "ls-files",
  "-z",
  "--modified",
  "--others",
  "--exclude-standard",
] as const;

/**
 * Names files that git sees as changed or new, relative to the directory. None
 * where git is missing, fails or may not be run: nothing depends on them.
 */
export async function changedFiles(
  host: Host,
  workingDirectory: string,
): Promise<readonly string[]> {
  const output = await runInertGit(host, workingDirectory, LIST_FILES) ?? "";
  const [whole = "", cut] = output.split(CUT);
  const names = whole.split("\0");
  // Each name ends with NUL; the last piece is empty, or a name that was cut.
  const complete = cut === undefined ? names : names.slice(0, -1);
  return complete
    .filter((name) => name !== "" && !isOwn(name))
    .slice(0, MAX_FILES);
}

/** A portable repository shows its state to git; nobody works on that. */
function isOwn(name: string): boolean {
  return name.startsWith(`${ORCHESTRATOR_DIRECTORY}/`);
}
