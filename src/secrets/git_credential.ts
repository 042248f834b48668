import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";

/** No address, so that no helper asks a server: the name of the secret is the user's name there. */
const HOST_NAME = "orchestrator.invalid";

/** A helper that waits for a person waits in vain. */
const TIMEOUT_MS = 10_000;

/** Keeps git and its helpers from asking anybody. */
const SILENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  GCM_INTERACTIVE: "never",
  // Outside of any repository: one that was copied here must not name the helper.
  GIT_DIR: "/dev/null",
} as const;

/** Asks git's credential helper for a secret; undefined when it has none, or git cannot be run. */
export async function askGit(
  host: Host,
  workingDirectory: string,
  name: string,
): Promise<string | undefined> {
  try {
    const { exitCode, problem, stdout } = await host.runProgram({
      command: ["git", "credential", "fill"],
      workingDirectory,
      timeoutMs: TIMEOUT_MS,
      input: `protocol=https\nhost=${HOST_NAME}\nusername=${name}\n\n`,
      variables: SILENT,
    });
    if (exitCode !== 0 || problem !== null) return undefined;
    return /^password=(.+)$/m.exec(stdout)?.[1];
  } catch (error) {
    const isForbidden = error instanceof OrcError &&
      error.code === "permission_missing";
    if (isForbidden) return undefined;
    throw error;
  }
}
