/** What the first event of a session says of how it began, besides its task and its workflow. */
import { hexOf, sha256Hex } from "../base/checksum.ts";
import { onRefusal } from "../base/error.ts";
import { jsonObject, type JsonValue, textAt } from "../base/json.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { type Beginner, startIn } from "../checks/change.ts";
import { readHead } from "../files/git_head.ts";
import { idInIndex } from "../files/git_index.ts";
import { readRegularFile } from "../files/read.ts";
import type { LoadedWorkflow } from "../repository/load.ts";
import type { Repository } from "../repository/open.ts";

/** Sessions looked at: who gave a task up and begins it anew does so soon. */
const MAX_LOOKED_AT = 100;

/** More of them say no more. */
const MAX_NAMED = 5;

/** An earlier session of the same task that was given up. */
export interface Abandoned {
  readonly session: string;
  /** When it was last changed. */
  readonly at: string;
  readonly reason: string | null;
}

/** Where the working tree stands, and whether the workflow is one that git knows. */
export interface Ground {
  /** The whole id of the commit; null without git, or before the first commit. */
  readonly commit: string | null;
  /**
   * Whether the workflow's file is as git's index has it, so that it is committed or about to be;
   * null where git does not track it, and for the built-in workflow.
   */
  readonly indexed: boolean | null;
  /** Whether the commit has it like that; null where there is none, for the built-in workflow, and where git may not run. */
  readonly committed: boolean | null;
}

/** Reads what git has. What may not be read is not known, and keeps nobody. */
export async function readGround(
  { found: { workingTree } }: Repository,
  { path, sha256 }: Pick<LoadedWorkflow, "path" | "sha256">,
  readCommitted: (path: string) => Promise<Uint8Array | undefined>,
): Promise<Ground> {
  const unknown = onRefusal(() => null);
  const commit = await Promise.resolve()
    .then(() => readHead(workingTree) ?? null).catch(unknown);
  const { mayAskGit } = await import("../checks/stale.ts");
  return {
    commit,
    committed: path === null || commit === null || !mayAskGit()
      ? null
      : await isAsCommitted(await readCommitted(path), path, sha256)
        .catch(unknown),
    indexed: path === null
      ? null
      : await isAsInIndex(workingTree, path, sha256).catch(unknown),
  };
}

async function isAsCommitted(
  stored: Uint8Array | undefined,
  path: string,
  sha256: string,
): Promise<boolean> {
  if (stored === undefined) return false;
  if (await sha256Hex(stored) === sha256) return true;
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  if (bytes === undefined || await sha256Hex(bytes) !== sha256) return false;
  const { isSameContent } = await import("../checks/tree_rules.ts");
  return await isSameContent(stored, bytes);
}

async function isAsInIndex(
  workingTree: string,
  path: string,
  sha256: string,
): Promise<boolean | null> {
  const id = idInIndex(workingTree, path);
  if (id === null) return null;
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  if (bytes === undefined || await sha256Hex(bytes) !== sha256) return false;
  // Where git stores other ends of lines than a checkout has, the text counts.
  const text = new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  const asStored = new TextEncoder().encode(text);
  return await blobId(bytes, id.length) === id ||
    await blobId(asStored, id.length) === id;
}

/** The id that git gives a content; its length says which hash the repository uses. */
async function blobId(bytes: Uint8Array, length: number): Promise<string> {
  const header = new TextEncoder().encode(`blob ${bytes.length}\0`);
  const whole = new Uint8Array([...header, ...bytes]);
  const name = length === 40 ? "SHA-1" : "SHA-256";
  return hexOf(new Uint8Array(await crypto.subtle.digest(name, whole)));
}

/** Earlier sessions that were given up. */
export interface GivenUp {
  /** Those of the same task, the last one first. */
  readonly abandoned: readonly Abandoned[];
  /** The first one, whatever its task, that began at the commit that is there now. */
  readonly earlier: Beginner["earlier"];
}

export async function findGivenUp(
  { store }: Repository,
  task: string,
  commit: string | null,
): Promise<GivenUp> {
  const wanted = plainTask(task);
  const entries = await store.list(MAX_LOOKED_AT);
  const all = entries.flatMap(({ id, state }) =>
    state?.status === "abandoned" ? [{ session: id, state }] : []
  );
  const begun = all.flatMap(({ session, state }) => {
    const start = startIn(state.metadata);
    return start !== undefined && start.commit === commit
      ? [{ session, tree: start.tree, at: state.createdAt }]
      : [];
  }).sort((one, other) => one.at < other.at ? -1 : 1);
  const abandoned = all.filter(({ state }) => plainTask(state.task) === wanted)
    .map(({ session, state }) => ({
      session,
      at: state.updatedAt,
      reason: textAt(state.metadata, "abandon_reason"),
    })).sort((one, other) => one.at < other.at ? 1 : -1).slice(0, MAX_NAMED);
  return { abandoned, earlier: begun[0] ?? null };
}

/** Who writes a task a second time does not write it alike to the blank. */
function plainTask(task: string): string {
  return task.trim().replaceAll(/\s+/g, " ").toLowerCase();
}

export function abandonedText({ session, at, reason }: Abandoned): string {
  const why = reason === null ? "" : `: ${reason}`;
  const date = at.slice(0, 10);
  return `Session "${session}" of the same task was abandoned on ${date}${why}`;
}

/** As the first event keeps it. */
export function encodeBeginning(
  { commit, indexed, committed }: Ground,
  abandoned: readonly Abandoned[],
): Readonly<Record<string, JsonValue>> {
  return {
    commit,
    indexed,
    committed,
    ...abandoned.length === 0 ? {} : {
      abandoned: abandoned.map(({ session, at }) =>
        jsonObject({ session, at })
      ),
    },
  };
}
