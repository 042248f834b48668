/** Whether a session followed the workflow that was committed, and so reviewed. */
import { OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { type JsonObject, jsonObject, textAt } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { sessionNameOf } from "../base/names.ts";
import { nameOf } from "../base/path.ts";
import { quoted, uncapitalised } from "../base/text.ts";
import { changedUntil, measure } from "../checks/change.ts";
import { NoTree } from "../checks/tree_files.ts";
import { outgrown } from "../engine/size.ts";
import { bundleFor } from "../repository/bundle.ts";
import type { ResolvedText } from "../repository/include.ts";
import { decodeWorkflow } from "../repository/load.ts";
import type { Repository } from "../repository/open.ts";
import {
  BUNDLED,
  overridesIn,
  overridesOf,
  overrideText,
  SIZE_NAME,
} from "../repository/overrides.ts";
import { doSay, settingsAsCommitted } from "../repository/said.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { encodeDefinition } from "../workflow/encode.ts";
import {
  atSize,
  definitionHash,
  type PinnedSizing,
  sizingIn,
} from "../workflow/sizes.ts";
import { fillTexts } from "../workflow/template.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import {
  type Git,
  readCommittedFile,
  resolveCommit,
  tryGit,
} from "./committed.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";
import { shortId, workBase } from "./proofs.ts";

/** The workflow that a session says it followed. */
export interface Followed {
  /** SHA-256 of it; null where the session carries none. */
  readonly definition: string | null;
  /** What stands for `{{session_name}}` in it. */
  readonly name: string;
  /** The size it had last; null where its workflow has none. */
  readonly size: string | null;
  /** What something else said than its file. */
  readonly overrides: JsonObject;
}

/** What the state of a session says of the workflow it followed. */
export async function followedBy(
  { definition, metadata, task, workflowId }: SessionState,
): Promise<Followed> {
  const overrides = overridesIn(metadata);
  return {
    definition: definition === null ? null : await definitionHash(definition),
    size: sizingIn(definition)?.size ?? null,
    name: sessionNameOf(task, workflowId.replace(/^wf_/, "")),
    overrides: jsonObject(
      Object.fromEntries(overrides.map(({ name, value }) => [name, value])),
    ),
  };
}

/** What was committed, and what speaks against a session that says it followed it. */
export interface Reviewed {
  /** By whose rules the session is to be judged. */
  readonly workflow: Workflow;
  /** What a session of its size may change; undefined where there are no sizes. */
  readonly sizing: PinnedSizing | undefined;
  readonly findings: readonly TrustFinding[];
}

/**
 * Compares the workflow of a session with the workflow.yaml of a commit; where that has none, with the
 * built-in one for the working tree.
 *
 * @throws {OrcError} `no_such_commit` (not_found), `invalid_workflow` or `invalid_yaml` (config)
 */
export async function reviewWorkflow(
  git: Git,
  { found: { workingTree } }: Repository,
  base: string,
  { definition, name, size, overrides: all }: Followed,
): Promise<Reviewed> {
  const commit = await resolveCommit(git, base);
  const file = nameOf(repositoryLayout(workingTree).workflow);
  const bytes = await readCommittedFile(git, commit, file);
  const path = bytes === undefined ? BUNDLED : `${base}:${file}`;
  const overrides = new Map(all);
  const isSmaller = overrides.delete(SIZE_NAME);
  const reach = {
    ...{ host: git.host, tree: workingTree, signal: git.signal },
    // Whoever judges may stand on a machine that never saw what the workflow includes.
    mayFetch: true,
    at: repositoryLayout(workingTree).workflow,
    readCommitted: (file: string) => readCommittedFile(git, commit, file),
  };
  let placed: ResolvedText | undefined;
  const read = async (said: JsonObject): Promise<Workflow> => {
    const changes = { overrides: said, sessionName: name, reach };
    const source = bytes ??
      new TextEncoder().encode(bundleFor(workingTree, said).text);
    const decoded = await decodeWorkflow(source, path, changes);
    placed = decoded.placed;
    return decoded.workflow;
  };
  const own = await read(new Map());
  const workflow = await readIfFit(read, overrides) ?? own;
  const whole = encodeDefinition(workflow);
  const isSame = await definitionHash(whole) === definition;
  const sized = size === null ? undefined : atSize(whole, size);
  const judged = sized === undefined ? workflow : decodeDefinition(sized);
  const reviewed = await committedSettings(git, commit);
  const said = new Map(
    Array.from(overrides, ([key, value]) => {
      const isCommitted = doSay(reviewed, key, value);
      const origin = "whoever started the session";
      return [key, { value, origin, isCommitted }];
    }),
  );
  return {
    workflow: fillTexts(judged),
    sizing: sized === undefined ? undefined : sizingIn(sized),
    findings: [
      ...isSmaller
        ? [finding("loosened", "Whoever started the session chose its size")]
        : [],
      ...isSame ? [] : [finding(
        "definition_differs",
        `The session followed another workflow than ${shownAs(base, bytes)}`,
      )],
      ...(placed?.files ?? []).filter(({ isReviewed }) => !isReviewed)
        .map(({ source }) => beyondReview(base, source)),
      ...overridesOf(own, said).filter(({ loosens }) => loosens)
        .map((override) => finding("loosened", overrideText(override))),
    ],
  };
}

function beyondReview(base: string, source: string): TrustFinding {
  return finding(
    "include_unreviewed",
    `The workflow of ${quoted(base)} includes ${
      quoted(source)
    }, which lies outside of the repository: no commit of it says what that held`,
  );
}

/** What the files of a commit say for its workflow, that of the older tool last. */
async function committedSettings(
  git: Git,
  commit: string,
): Promise<JsonObject> {
  const { config, legacyOverrides } = repositoryLayout("/");
  const read: JsonObject[] = [];
  for (const path of [config, legacyOverrides]) {
    const bytes = await readCommittedFile(git, commit, path.slice(1));
    const isLegacy = path === legacyOverrides;
    read.push(settingsAsCommitted(bytes, { path, isLegacy }));
  }
  return new Map(read.flatMap((settings) => [...settings]));
}

/** What no workflow can hold was not what the session followed. */
async function readIfFit(
  read: (said: JsonObject) => Promise<Workflow>,
  overrides: JsonObject,
): Promise<Workflow | undefined> {
  try {
    return await read(overrides);
  } catch (error) {
    if (error instanceof OrcError) return undefined;
    throw error;
  }
}

function shownAs(base: string, bytes: Uint8Array | undefined): string {
  return bytes === undefined
    ? `the built-in one: ${quoted(base)} has no workflow.yaml`
    : `the workflow.yaml of ${quoted(base)}`;
}

/** What is to fit the size of a session. */
export interface SizedWork {
  /** The commit that holds it. */
  readonly commit: string;
  /** The commit that the session says it began at; null where it says none. */
  readonly start: string | null;
  readonly sizing: PinnedSizing | undefined;
  /** What the default branch is, by whoever judges. */
  readonly ref: string;
}

/**
 * Measures what a session changed by the default branch that somebody else names: where orc measured it,
 * whoever worked could move that. Where all of it is merged, nothing tells any more.
 */
export async function judgeSize(
  git: Git,
  { found: { root, workingTree } }: Repository,
  { commit, start, sizing, ref }: SizedWork,
): Promise<readonly TrustFinding[]> {
  // Nothing outgrows the largest.
  if (sizing === undefined || sizing.size === sizing.sizes.at(-1)) return [];
  const { host, signal } = git;
  const size = `size ${quoted(sizing.size)}`;
  const unknown = (reason: string) => [
    finding(
      "outgrown",
      `Whether the change has outgrown ${size} is not known: ${reason}`,
    ),
  ];
  try {
    const base = await workBase(git, commit, ref);
    if (base === undefined) return [];
    const site = { root, workingTree };
    const work = { commit, start, base };
    const changed = await changedUntil(host, site, work, signal);
    if (typeof changed === "string") return unknown(changed);
    const larger = outgrown(sizing, await measure(host, changed, sizing));
    if (larger === undefined) return [];
    const message = `The change since ${
      quoted(ref)
    } has outgrown ${size}: ${larger.reason}`;
    return [finding("outgrown", message)];
  } catch (error) {
    if (error instanceof NoTree) return unknown(uncapitalised(error.message));
    throw error;
  }
}

/** Judges what a session that ended kept of how it was measured: what it took for the work of others has to be. */
export async function judgeOthers(
  git: Git,
  measured: JsonObject,
  ref: string,
): Promise<readonly TrustFinding[]> {
  const others = textAt(measured, "others");
  if (others === null) return [];
  const args = ["merge-base", "--is-ancestor", others];
  const isTheirs = isObjectId(others) &&
    (await tryGit(git, [...args, await resolveCommit(git, ref)])).exitCode ===
      0;
  return isTheirs ? [] : [
    finding(
      "outgrown",
      `What was taken for the work of others when the change was measured, commit ${
        shortId(others)
      }, is not in ${quoted(ref)}`,
    ),
  ];
}

/** The commit that holds the files by which a session was measured when it ended; else what is checked out. */
export async function measuredCommit(
  git: Git,
  measured: JsonObject,
  start: string | null,
): Promise<string> {
  const head = await resolveCommit(git, "HEAD");
  const tree = textAt(measured, "tree");
  if (tree === null || start === null || !isObjectId(start)) return head;
  const args = ["log", "--no-show-signature", "--format=%H %T", head];
  const { exitCode, bytes } = await tryGit(git, [...args, `^${start}`, "--"]);
  const rows = new TextDecoder().decode(bytes).split("\n");
  const row = exitCode === 0 && rows.find((one) => one.endsWith(` ${tree}`));
  return row ? row.slice(0, row.indexOf(" ")) : head;
}
