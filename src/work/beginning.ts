/** What the first event of a session says of how it began, besides its task and its workflow. */
import { hexOf, sha256Hex } from "../base/checksum.ts";
import { onRefusal } from "../base/error.ts";
import {
  type JsonObject,
  jsonObject,
  type JsonValue,
  textAt,
} from "../base/json.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import type { GivenUp, Start } from "../checks/change.ts";
import { idInIndex, mayAskGit } from "../files/git_index.ts";
import { readHead } from "../files/git_head.ts";
import { readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { continuedText, uncommittedText } from "../replay/account.ts";
import type { PinnedWorkflow } from "../repository/load.ts";
import type { Repository } from "../repository/open.ts";
import { WORKFLOW_NAME } from "../repository/overrides.ts";
import type { ReadCommitted } from "../repository/said.ts";
import { sizingIn } from "../workflow/sizes.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";

/** Sessions looked at: who gave a task up and begins it anew does so soon. */
const MAX_LOOKED_AT = 100;

/** More of them say no more. */
const MAX_NAMED = 5;

/** What a session that begins finds, and keeps. */
export interface Beginning {
  /** What its metadata holds besides. */
  readonly metadata: JsonObject;
  /** What its first event tells. */
  readonly facts: Readonly<Record<string, JsonValue>>;
  /** What to know, as sentences for people. */
  readonly warnings: readonly string[];
  /** Remembers the files, once the session counts. */
  keep(): void;
}

/** What is known of a session before it begins. */
export interface Beginner {
  readonly task: string;
  /** Its workflow as the file has it, and as it is pinned. */
  readonly whole: PinnedWorkflow;
  readonly pinned: PinnedWorkflow;
  readonly readCommitted: ReadCommitted;
}

/** Looks where a session begins; writes nothing. What may not be read is not known, and keeps nobody. */
export async function readBeginning(
  host: Host,
  repository: Repository,
  { task, whole, pinned, readCommitted }: Beginner,
): Promise<Beginning> {
  const isMeasured = asksForChange(whole.workflow);
  const [ground, givenUp] = await Promise.all([
    readGround(repository, pinned, isMeasured ? readCommitted : undefined),
    listGivenUp(repository),
  ]);
  const { commit, indexed, committed } = ground;
  const start = isMeasured
    ? await readStart(host, repository, pinned, { commit, givenUp })
    : undefined;
  const { uncommitted, continued } = start ?? {};
  const again = sameTask(givenUp, task);
  return {
    metadata: start?.metadata ?? new Map(),
    facts: {
      ...{ commit, indexed, committed },
      ...again.length === 0 ? {} : {
        abandoned: again.map(({ session, state }) =>
          jsonObject({ session, at: state.updatedAt })
        ),
      },
      ...uncommitted ? { uncommitted } : {},
      ...continued ? { continued } : {},
    },
    warnings: [
      ...again.map(abandonedText),
      ...workflowWarnings(pinned, ground),
      ...start?.problem ? [start.problem] : [],
      ...uncommitted ? [uncommittedText(uncommitted)] : [],
      ...continued ? [continuedText(continued)] : [],
    ],
    keep: start?.keep ?? (() => {}),
  };
}

/** Whether a workflow asks how a session changed the working tree. */
function asksForChange({ sizing, phases }: Workflow): boolean {
  return sizing !== undefined ||
    phases.some(({ items }) => items.some(({ changes }) => changes.length > 0));
}

/** What measures changes is loaded only where a workflow asks for it. */
async function readStart(
  host: Host,
  { found, layout }: Repository,
  pinned: PinnedWorkflow,
  { commit, givenUp }: {
    readonly commit: string | null;
    readonly givenUp: readonly GivenUp[];
  },
): Promise<Start> {
  const { readStart } = await import("../checks/change.ts");
  const site = { root: layout.root, workingTree: found.workingTree };
  return await readStart(host, site, {
    commit,
    sizing: sizingIn(pinned.definition),
    workflowPath: pinned.path,
    abandoned: givenUp,
  });
}

/** With sizes, the workflow says how much may be done without a human. */
function workflowWarnings(
  { definition, overrides, path }: PinnedWorkflow,
  { committed }: Ground,
): readonly string[] {
  // Who reads that another workflow is followed need not read that git does not have it.
  const isNamed = overrides.some(({ name }) => name === WORKFLOW_NAME);
  const isSized = sizingIn(definition) !== undefined;
  return committed === false && path !== null && isSized && !isNamed
    ? [`${nameOf(path)} is not committed as it is: orc verify says so too`]
    : [];
}

/** Where the working tree stands, and whether the workflow is one that git knows. */
interface Ground {
  /** The whole id of the commit; null without git, or before the first commit. */
  readonly commit: string | null;
  /**
   * Whether the workflow's file is as git's index has it, so that it is committed or about to be;
   * null where git does not track it, and for the built-in workflow.
   */
  readonly indexed: boolean | null;
  /**
   * Whether the commit has it like that; null where there is none, for the built-in workflow, where nothing
   * asks what changes, and where git may not run.
   */
  readonly committed: boolean | null;
}

async function readGround(
  { found: { workingTree } }: Repository,
  { path, sha256, placed }: PinnedWorkflow,
  /** Runs git, which costs half as much as all the rest of a start: only where git is asked for more. */
  readCommitted: ReadCommitted | undefined,
): Promise<Ground> {
  const unknown = onRefusal(() => null);
  const commit = await Promise.resolve()
    .then(() => readHead(workingTree) ?? null).catch(unknown);
  if (path === null) return { commit, committed: null, indexed: null };
  // What it includes counts as much as what it says itself; what a commit's id proves needs no other.
  const files = [{ path, sha256, isReviewed: true }, ...placed?.files ?? []]
    .flatMap(({ path, ...file }) => path === null ? [] : [{ ...file, path }]);
  const all = async (
    ask: (file: FileSeen) => Promise<boolean | null>,
  ): Promise<boolean | null> => {
    const answers: (boolean | null)[] = [];
    for (const { isReviewed, ...file } of files) {
      answers.push(isReviewed ? await ask(file).catch(unknown) : false);
    }
    // Git may know the workflow and not what it includes: then it does not know all of it.
    const [own = null] = answers;
    return own === null ? null : answers.every((answer) => answer === true);
  };
  return {
    commit,
    committed: commit === null || !readCommitted || !mayAskGit()
      ? null
      : await all(async ({ path, sha256 }) =>
        await isAsCommitted(await readCommitted(path), path, sha256)
      ),
    indexed: await all(({ path, sha256 }) =>
      isAsInIndex(workingTree, path, sha256)
    ),
  };
}

/** A file, and what was read of it. */
interface FileSeen {
  readonly path: string;
  readonly sha256: string;
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

interface Abandoned extends GivenUp {
  readonly state: SessionState;
}

/** Sessions that were given up, among those changed last. */
async function listGivenUp(
  { store }: Repository,
): Promise<readonly Abandoned[]> {
  const entries = await store.list({
    limit: MAX_LOOKED_AT,
    status: "abandoned",
  });
  return entries.flatMap(({ id, state }) =>
    state ? [{ session: id, state }] : []
  );
}

/** Those of the same task, the last one first. */
function sameTask(
  givenUp: readonly Abandoned[],
  task: string,
): readonly Abandoned[] {
  const wanted = plainTask(task);
  return givenUp.filter(({ state }) => plainTask(state.task) === wanted)
    .toSorted((one, other) =>
      one.state.updatedAt < other.state.updatedAt ? 1 : -1
    ).slice(0, MAX_NAMED);
}

/** Who writes a task a second time does not write it alike to the blank. */
function plainTask(task: string): string {
  return task.trim().replaceAll(/\s+/g, " ").toLowerCase();
}

function abandonedText({ session, state }: Abandoned): string {
  const reason = textAt(state.metadata, "abandon_reason");
  const why = reason === null ? "" : `: ${reason}`;
  const date = state.updatedAt.slice(0, 10);
  return `Session "${session}" of the same task was abandoned on ${date}${why}`;
}
