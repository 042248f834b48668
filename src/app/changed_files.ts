import { OrcError } from "../core/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../core/layout.ts";
import type { Host } from "../host/host.ts";

/** Enough to remember what somebody was working on. */
const MAX_FILES = 10;

/** Git takes longer only where it waits for something; nobody waits for it here. */
const GIT_TIMEOUT_MS = 5_000;

const LIST_FILES = [
  "git",
  "ls-files",
  "-z",
  "--modified",
  "--others",
  "--exclude-standard",
] as const;

/** What stands where a long output was cut. */
const CUT = "\n… ";

/**
 * Names files that git sees as changed or new, relative to the directory. None
 * where git is missing, fails or may not be run: nothing depends on them.
 */
export async function changedFiles(
  host: Host,
  workingDirectory: string,
): Promise<readonly string[]> {
  const output = await listing(host, workingDirectory);
  const [whole = "", cut] = output.split(CUT);
  const names = whole.split("\0");
  // Each name ends with NUL; the last piece is empty, or a name that was cut.
  const complete = cut === undefined ? names : names.slice(0, -1);
  return complete
    .filter((name) => name !== "" && !isOwn(name))
    .slice(0, MAX_FILES);
}

async function listing(host: Host, workingDirectory: string): Promise<string> {
  try {
    const { exitCode, problem, stdout } = await host.runProgram({
      command: LIST_FILES,
      workingDirectory,
      timeoutMs: GIT_TIMEOUT_MS,
    });
    return exitCode === 0 && problem === null ? stdout : "";
  } catch (error) {
    if (error instanceof OrcError && error.kind === "denied") return "";
    throw error;
  }
}

/** A portable repository shows its state to git; nobody works on that. */
function isOwn(name: string): boolean {
  return name.startsWith(`${ORCHESTRATOR_DIRECTORY}/`);
}
