/** Who may approve: a file of the base branch, which only what was merged can change. */
import { type OrcError, refused } from "../base/error.ts";
import { decodeOrUndefined } from "../base/json.ts";
import { joinPath, leadsOut, relativePath } from "../base/path.ts";
import { findDefaultBranch } from "../checks/base.ts";
import { askGit, type GitTree } from "../checks/git_program.ts";
import { NoTree } from "../checks/tree_files.ts";
import { findGit } from "../files/git_index.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";

export interface Approvers {
  /** The commit of the base branch that holds the file. */
  readonly commit: string;
  /** What the file holds, in the form of OpenSSH's allowed_signers. */
  readonly text: string;
}

/** Thousands of approvers stay below it. */
const MAX_APPROVERS_BYTES = 1024 * 1024;

/**
 * Reads the approvers that a workflow names, as they are in the base branch. The working tree has no say:
 * whoever works there could add themselves.
 *
 * @throws {OrcError} `approvers_missing` (refused) where there is no git, no base branch or no such file
 */
export async function readApprovers(
  host: Host,
  { workflow, repository: { found, context } }: Pick<
    OpenedSession,
    "workflow" | "repository"
  >,
): Promise<Approvers> {
  const named = workflow.settings.get("approvers");
  const file = typeof named === "string" ? named.trim() : "";
  if (file === "" || /[\\\0:]/.test(file) || leadsOut(file)) {
    throw missing("the workflow names no file below the working tree");
  }
  const { workingTree } = found;
  const git = findGit(workingTree);
  if (git === undefined) throw missing(`"${workingTree}" lies in no git`);
  const ask = (...args: readonly string[]) =>
    askGit(host, git.tree, git, args, context.signal);
  const commit = await baseCommit(host, git, context.signal);
  const path = relativePath(git.tree, joinPath(workingTree, file));
  const { exitCode, problem, bytes } = await ask(
    "cat-file",
    "blob",
    `${commit}:${path}`,
  );
  if (problem !== null) throw missing(problem);
  if (exitCode !== 0) {
    throw missing(
      `the base branch, at ${commit.slice(0, 12)}, has no file "${path}"`,
      `have "${path}" merged, with a line for each approver: NAME namespaces="orc" KEY`,
    );
  }
  if (bytes.length > MAX_APPROVERS_BYTES) {
    throw missing(`"${path}" is larger than ${MAX_APPROVERS_BYTES} bytes`);
  }
  const text = decodeOrUndefined(bytes);
  if (text === undefined) throw missing(`"${path}" is not UTF-8`);
  return { commit, text };
}

async function baseCommit(
  host: Host,
  git: GitTree,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const branch = await findDefaultBranch(host, git, signal);
    if (branch !== undefined) return branch.commit;
  } catch (error) {
    if (error instanceof NoTree) throw missing(error.message);
    throw error;
  }
  throw missing(
    "there is no base branch: neither origin/HEAD, nor main or master",
    "git remote set-head origin --auto, or call the base branch main",
  );
}

function missing(
  because: string,
  hint =
    "signed approvals need git, and the approvers in the base branch: see docs/approvals.md",
): OrcError {
  return refused(
    "approvers_missing",
    `Cannot tell who may approve: ${because}`,
    hint,
  );
}
