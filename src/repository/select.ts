import { OrcError } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { LegacyState } from "../session/legacy.ts";
import { readBinding, readCurrent, saidOf } from "../session/read.ts";
import type { Owner, Session } from "../session/store.ts";
import { decodeDefinition, findDuplicateId } from "../workflow/definition.ts";
import { fillTexts } from "../workflow/template.ts";
import type { Workflow } from "../workflow/types.ts";
import {
  type Names,
  openRepository,
  placeOf,
  type Repository,
  type RepositoryOptions,
  type SessionPlace,
} from "./open.ts";

/**
 * How it was decided which session is meant; the first that fits counts.
 *
 * - `flag`: the caller named it
 * - `environment`: `ORCHESTRATOR_SESSION` names it
 * - `agent`: the calling agent is bound to it
 * - `worktree`: the linked worktree the caller is in is bound to it
 * - `current`: everybody without a session of their own is in it
 * - `only`: it is the only active one
 * - `legacy`: none is active, and it lies in the older tool's file
 */
export type SessionSource =
  | "flag"
  | "environment"
  | "agent"
  | "worktree"
  | "current"
  | "only"
  | "legacy";

export type Selected = Pick<OpenedSession, "session" | "source">;

/**
 * Decides which session a caller means: the one named, else the caller's own, else the
 * worktree's, else `current`, else the only active one, else a legacy one. Never guesses.
 */
export async function selectSession(
  host: Host,
  repository: Repository,
  named: string | undefined,
): Promise<Selected> {
  const name = named ?? (variableOf(host, "ORCHESTRATOR_SESSION") || undefined);
  if (name !== undefined) {
    const source = named === undefined ? "environment" : "flag";
    const id = await matchNamed(repository, name, source);
    return { session: await read(repository, id, source), source };
  }
  const bound = await boundSession(host, repository);
  if (bound === undefined) {
    const { onlySession } = await import("./only.ts");
    const found = await onlySession(repository);
    if ("session" in found) return found;
    const { noneMeant } = await import("./no_session.ts");
    throw noneMeant(host, repository, found);
  }
  const { id, source } = bound;
  return { session: await read(repository, id, source), source };
}

async function boundSession(
  host: Host,
  repository: Repository,
): Promise<{ id: string; source: SessionSource } | undefined> {
  for (const owner of ownersOf(host, repository)) {
    const id = await readBinding(repository.layout, owner);
    if (id) return { id, source: owner.kind };
  }
  const id = readCurrent(repository.layout);
  return id ? { id, source: "current" } : undefined;
}

/** Who the caller is, closest first: the agent itself, then the linked worktree it works in. */
export function ownersOf(
  host: Host,
  { found }: Repository,
): readonly Owner[] {
  const { agent } = host.caller();
  const owners: Owner[] = [];
  if (agent?.includes(":")) owners.push({ kind: "agent", name: agent });
  if (found.worktree) owners.push({ kind: "worktree", name: found.worktree });
  return owners;
}

/** People type the beginning or the end of an id. */
async function matchNamed(
  { store, layout }: Repository,
  name: string,
  source: SessionSource,
): Promise<string> {
  try {
    return matchSessionId(name, await store.ids());
  } catch (error) {
    const legacy = isMissing(error) ? await readLegacy(layout) : undefined;
    if (legacy) return matchSessionId(name, [legacy.session.id]);
    if (source === "flag") throw error;
    throw (await import("./no_session.ts")).namedByVariable(error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof OrcError && error.code === "no_such_session";
}

async function read(
  repository: Repository,
  id: string,
  source: SessionSource,
): Promise<Session> {
  const session = await readIfThere(repository, id);
  if (session !== undefined) return session;
  const legacy = await readLegacy(repository.layout);
  if (legacy?.session.id === id) return legacy.session;
  const { noSessionCalled } = await import("./no_session.ts");
  throw await noSessionCalled(repository, id, source);
}

export async function readIfThere(
  { store }: Repository,
  id: string,
): Promise<Session | undefined> {
  try {
    return await store.read(id);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Loaded only where nothing newer was found: few repositories hold legacy state any more. */
export async function readLegacy(
  layout: RepositoryLayout,
): Promise<LegacyState | undefined> {
  const { readLegacyState } = await import("../session/legacy.ts");
  return await readLegacyState(layout);
}

/** Which session is meant, and where. */
export interface SessionOptions extends RepositoryOptions {
  /**
   * Id of the session, an unambiguous beginning of it, or an end of at least 4 characters. Without
   * it the session is chosen; {@linkcode SessionSource} says how.
   */
  readonly session?: string;
}

export interface OpenedSession {
  readonly repository: Repository;
  readonly session: Session;
  readonly source: SessionSource;
  readonly workflow: Workflow;
  /** Why nothing in the session may change, though it can be shown; null when it may. */
  readonly refusal: OrcError | null;
  readonly place: SessionPlace;
}

/** Opens the session a caller means. Reads only. */
export async function openSession<Options extends SessionOptions>(
  host: Host,
  options: Options,
  names?: Names<Options>,
): Promise<OpenedSession> {
  const repository = openRepository(host, options, names);
  const selected = await selectSession(host, repository, options.session);
  const { workflow, refusal } = await workflowOf(repository, selected.session);
  const { id } = selected.session;
  return {
    ...selected,
    workflow,
    refusal: refusal ?? await refusalOfOwner(host, repository, id),
    repository,
    place: placeOf(repository, id),
  };
}

/** However a session is meant, by its name too: an agent that tells its own id changes no other agent's. */
export async function refusalOfOwner(
  host: Host,
  repository: Repository,
  id: string,
): Promise<OrcError | null> {
  const { agent } = host.caller();
  const isKnown = agent?.includes(":") ?? false;
  const owner = isKnown ? await saidOf(repository.store, id, "owner") : null;
  if (owner === null || owner === agent) return null;
  return await (await import("./owner.ts")).ownerRefusal(repository, id, owner);
}

/** Refuses to change a session whose rules are not known or not for this orc. */
export function assertChangeable({ refusal }: OpenedSession): void {
  if (refusal !== null) throw refusal;
}

/**
 * Returns the workflow of a session: the one pinned at start, with its texts filled in. The oldest sessions carry none; they
 * follow workflow.yaml, and can at least be shown where that is gone.
 */
export async function workflowOf(
  { found }: Repository,
  { id, state }: Session,
): Promise<Pick<OpenedSession, "workflow" | "refusal">> {
  if (state.definition === null) {
    const { unpinnedWorkflow } = await import("./unpinned.ts");
    return await unpinnedWorkflow(found.workingTree, id, state);
  }
  const workflow = {
    ...fillTexts(decodeDefinition(state.definition)),
    session: id,
  };
  const duplicate = findDuplicateId(workflow);
  const refusal = duplicate === undefined
    ? await wrongVersion(workflow, null)
    : (await import("./version.ts")).ambiguityRefusal(id, duplicate);
  return { workflow, refusal: refusal ?? null };
}

/** Loaded only for a workflow that asks for certain versions. */
export async function wrongVersion(
  workflow: Workflow,
  path: string | null,
): Promise<OrcError | undefined> {
  if (workflow.orc === null) return undefined;
  const { versionRefusal } = await import("./version.ts");
  return await versionRefusal(workflow, path);
}
