/** What git runs before it pushes: a hook that asks whether what is pushed was attested. */
import type { OrcErrorCode } from "../base/codes.ts";
import { conflict, isOrcError, usage } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import {
  isWithin,
  joinPath,
  parentDirectory,
  resolvePath,
} from "../base/path.ts";
import { quoted, shellWord } from "../base/text.ts";
import { asOrcError } from "../files/errors.ts";
import { fileKind, readText, realOrGiven } from "../files/read.ts";
import {
  ensureDirectories,
  removeDurably,
  writeAtomic,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import { verifyAttestation } from "./attestation.ts";
import { type Git, gitAround, resolveCommit, runGit } from "./committed.ts";
import type { TrustFinding } from "./finding_rules.ts";

/** By this line orc knows its own hook. */
const MARK =
  "# This hook is of orc; to take it away: orc attest --uninstall-hook";

/** A hook is a small script. */
const MAX_HOOK_BYTES = 1024 * 1024;

/** A file that everybody may run. */
const RUNNABLE = 0o755;

/** What is to become of the hook. */
export interface HookOptions extends RepositoryOptions {
  /** Takes the hook away. */
  readonly remove?: boolean;
  /** Branches that are not pushed without an attestation; `*` stands for any part of a name. */
  readonly require?: readonly string[];
}

/** What became of the hook. */
export interface Hooked {
  /** The repository. */
  readonly place: Place;
  /** The file of the hook, absolute. */
  readonly path: string;
  /** Whether it is there now. */
  readonly installed: boolean;
  /** Whether anything had to be done for that. */
  readonly changed: boolean;
  /** What went wrong though it counts. */
  readonly warnings: readonly string[];
}

/**
 * Puts a hook in git's `pre-push`, or takes it away: it refuses to push what does not hold, and lets go what
 * was never attested, but for branches that `require` names. Goes where git looks for hooks, also where
 * `core.hooksPath` names another directory of the repository. A hook of others is never replaced. Doing it
 * again does nothing.
 *
 * Requires `--allow-read`, `--allow-run` for git and `--allow-write` for the hook.
 *
 * @throws {OrcError} `hook_not_ours` (conflict) if another hook is there, or git looks outside of the repository
 * @throws {OrcError} `invalid_branch` (usage) if `require` names what is no branch
 * @throws {OrcError} `not_in_git` (not_found), `git_failed` (external)
 */
export async function changePushHook(
  host: Host,
  options: HookOptions = {},
): Promise<Hooked> {
  const { remove = false, require = [] } = options;
  const repository = openRepository(host, options, {
    remove: true,
    require: true,
  });
  for (const name of require) assertBranch(name);
  const git = gitAround(host, repository.found.workingTree, options.signal);
  const line = hookLine(git, require);
  const path = await hookPath(git, line);
  const present = readHook(path);
  const isOurs = present?.includes(`\n${MARK}\n`) ?? false;
  if (present !== undefined && !isOurs) {
    if (remove) return hooked(false, false);
    // Somebody added the line, as they were told.
    if (present.includes(ASKING)) return hooked(true, false);
    throw notOurs(path, "is not of orc", line);
  }
  const wanted = remove ? undefined : hookText(line);
  if (present === wanted) return hooked(!remove, false);
  try {
    if (wanted === undefined) removeDurably(path);
    else return { ...hooked(true, true), warnings: put(host, path, wanted) };
  } catch (error) {
    throw asOrcError(error, "write", path);
  }
  return hooked(false, true);

  function hooked(installed: boolean, changed: boolean): Hooked {
    const place = placeOf(repository, null);
    return { place, path, installed, changed, warnings: [] };
  }
}

function put(host: Host, path: string, text: string): readonly string[] {
  ensureDirectories(parentDirectory(path) ?? path);
  const bytes = new TextEncoder().encode(text);
  const warnings = writeAtomic(path, bytes, { token: host.newToken() });
  if (Deno.build.os !== "windows") Deno.chmodSync(path, RUNNABLE);
  return warnings;
}

/** What every hook that asks holds. */
const ASKING = "orc verify-push";

/** What a branch may be called here: it becomes a word of a shell. */
const BRANCH = /^[\w.*/+@-]+$/;

function assertBranch(name: string): void {
  if (BRANCH.test(name) && !name.startsWith("-")) return;
  throw usage("invalid_branch", `${quoted(name)} is no name of a branch`, {
    hint: "name branches, such as --require main --require 'release/*'",
  });
}

/** The one line that asks, for a hook of orc and for one of others. */
function hookLine({ directory }: Git, require: readonly string[]): string {
  const words = ["orc", "verify-push"];
  if (directory !== "") words.push("--root", directory);
  for (const name of require) words.push("--require", name);
  // What git push prints may be read by a program.
  return `${words.map(shellWord).join(" ")} >&2`;
}

function hookText(line: string): string {
  return `#!/bin/sh
${MARK}
command -v orc >/dev/null 2>&1 || {
  echo "orc is not on PATH, so nobody can say whether what is pushed was attested." >&2
  echo "Put it there, or push without asking: git push --no-verify" >&2
  exit 1
}
exec ${line}
`;
}

/** Where git looks for the hook. */
async function hookPath(git: Git, line: string): Promise<string> {
  const args = ["rev-parse", "--git-path", "hooks"];
  const bytes = await runGit(git, args, { isPlain: true });
  const said = new TextDecoder().decode(bytes).replace(/\n$/, "");
  const directory = realOrGiven(resolvePath(git.tree, said));
  const path = joinPath(directory, "pre-push");
  const isOwn = [git.tree, git.pointer.commonDirectory].some((own) =>
    isWithin(realOrGiven(own), directory)
  );
  if (isOwn) return path;
  throw notOurs(
    path,
    "lies outside of the repository and serves others too",
    line,
  );
}

function readHook(path: string): string | undefined {
  return fileKind(path) === "absent"
    ? undefined
    : readText(path, MAX_HOOK_BYTES);
}

function notOurs(path: string, why: string, line: string): Error {
  return conflict("hook_not_ours", `The hook "${path}" ${why}`, {
    path,
    hint:
      `add this line to it, before what reads its input: ${line} || exit $?`,
  });
}

/** What is pushed. */
export interface VerifyPushOptions extends RepositoryOptions {
  /** What git hands to a pre-push hook: a line for each reference, of two names and two ids. */
  readonly refs: string;
  /** Branches that are not pushed without an attestation; `*` stands for any part of a name. */
  readonly require?: readonly string[];
}

/** One reference that is pushed. */
export interface PushedRef {
  /** What it is called over there, such as `refs/heads/main`. */
  readonly ref: string;
  /** The commit that it is to stand for. */
  readonly commit: string;
  /** `holds`, `fails`, or `unattested` where nothing speaks for its files. */
  readonly verdict: "holds" | "fails" | "unattested";
  /** Whether it may be pushed. */
  readonly passes: boolean;
  /** What speaks against it. */
  readonly findings: readonly TrustFinding[];
}

/** Whether what is pushed may be. */
export interface PushVerified {
  /** The repository. */
  readonly place: Place;
  /** Whether all of it may. */
  readonly passes: boolean;
  /** In the order of git; without what is deleted and what is no commit. */
  readonly refs: readonly PushedRef[];
}

/**
 * Tells git's pre-push hook whether what is pushed may be: each commit whose tree has an attestation in
 * `refs/notes/orchestrator` has to stand its test. What was never attested is let go, but for branches that
 * `require` names.
 *
 * Requires `--allow-read` and `--allow-run` for git.
 *
 * @throws {OrcError} `invalid_branch` (usage) if `require` names what is no branch
 * @throws {OrcError} `not_in_git` (not_found), `git_failed` (external)
 */
export async function verifyPush(
  host: Host,
  options: VerifyPushOptions,
): Promise<PushVerified> {
  const { refs: text, require = [], ...where } = options;
  const repository = openRepository(host, options, {
    refs: true,
    require: true,
  });
  for (const name of require) assertBranch(name);
  const git = gitAround(host, repository.found.workingTree, options.signal);
  const refs: PushedRef[] = [];
  for (const row of text.split("\n")) {
    const [, pushed = "", ref = ""] = row.split(" ");
    const commit = await commitOf(git, pushed);
    if (commit === undefined || ref === "") continue;
    const verdict = await judged(host, where, commit);
    const isRequired = require.some((name) => fits(name, ref));
    const passes = verdict.verdict === "holds" ||
      verdict.verdict === "unattested" && !isRequired;
    refs.push({ ref, commit, passes, ...verdict });
  }
  return {
    place: placeOf(repository, null),
    passes: refs.every(({ passes }) => passes),
    refs,
  };
}

/** Undefined for what is deleted, and for what is no commit. */
async function commitOf(
  git: Git,
  pushed: string,
): Promise<string | undefined> {
  if (!isObjectId(pushed) || /^0+$/.test(pushed)) {
    return undefined;
  }
  return await resolveCommit(git, pushed).catch(
    undefinedFor("no_such_commit"),
  );
}

async function judged(
  host: Host,
  where: RepositoryOptions,
  commit: string,
): Promise<Pick<PushedRef, "verdict" | "findings">> {
  const asked = { ...where, attestation: "note", commit };
  const verified = await verifyAttestation(host, asked).catch(
    undefinedFor("no_attestation"),
  );
  if (verified === undefined) return { verdict: "unattested", findings: [] };
  const { holds, findings } = verified;
  return { verdict: holds ? "holds" : "fails", findings };
}

function fits(pattern: string, ref: string): boolean {
  const text = pattern.split("*")
    .map((part) => part.replaceAll(/[.+]/g, "\\$&")).join(".*");
  return new RegExp(`^refs/heads/${text}$`, "s").test(ref);
}

function undefinedFor(code: OrcErrorCode): (error: unknown) => undefined {
  return (error) => {
    if (!isOrcError(error, code)) throw error;
  };
}
