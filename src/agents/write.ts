/** Whether files may be changed now, for whoever is about to. */
import { OrcError, refused } from "../base/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import {
  isWithin,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { quoted } from "../base/text.ts";
import { isClosed } from "../engine/state.ts";
import { throughLinks } from "../files/links.ts";
import { realOrGiven } from "../files/read.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
} from "../repository/open.ts";
import { selectSession, type SessionOptions } from "../repository/select.ts";
import { sparesDirectory } from "../session/spare.ts";
import type { SessionEntry } from "../session/store.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { fillTexts } from "../workflow/template.ts";
import type { SessionState } from "../workflow/types.ts";
import { namesWrites, type Position, whyNotWritable } from "./write_rules.ts";

/** What somebody is about to change. */
export interface WriteOptions extends SessionOptions {
  /** Files, absolute or seen from the working directory; without any the question is about all files. */
  readonly paths?: readonly string[];
}

/** Why files may be changed. */
export interface WriteAllowed {
  /** Which session was looked at, and where; none where there is none, or more than one. */
  readonly place: Place;
  /** Whether there is an open session at all. */
  readonly active: boolean;
  /** Its phase; null without one. */
  readonly phaseId: string | null;
  /** Which of the paths lie outside of the repository, where orc does not judge. */
  readonly outside: readonly string[];
}

type Candidate = { readonly id: string; readonly state: SessionState };

/**
 * Tells whether files may be changed now: what lies in `.orchestrator/` never, all else as the phase's
 * `allow_write` says. Where a workflow names that nowhere, files are changed in the phase `EXECUTE`. Without
 * an open session everything but `.orchestrator/` may be. Where a binding is damaged or several sessions are
 * active, all open ones have to allow it. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `write_not_allowed` (refused) if a session's phase forbids it
 * @throws {OrcError} `state_not_yours` (refused) if a path lies in `.orchestrator/`
 */
export async function verifyWriteAllowed(
  host: Host,
  options: WriteOptions = {},
): Promise<WriteAllowed> {
  return await judgeWrites(host, options, () => true);
}

/**
 * As {@linkcode verifyWriteAllowed}, for sessions whose workflow says which files may be changed: a hook
 * must not keep an agent from working by a rule that nobody wrote down.
 */
export async function verifyNamedWrites(
  host: Host,
  options: WriteOptions,
): Promise<WriteAllowed> {
  return await judgeWrites(host, options, namesWrites);
}

async function judgeWrites(
  host: Host,
  { paths = [], ...options }: WriteOptions,
  isJudged: (position: Position) => boolean,
): Promise<WriteAllowed> {
  const repository = openRepository(host, options, {});
  const files = paths.map((path) => locatedIn(host, repository, path));
  const own = files.find(({ isState }) => isState);
  if (own !== undefined) throw isOrcs(own.given);
  const judged = files.filter(({ inside }) => inside !== undefined);
  const allow = (session: Candidate) => {
    const position = positionOf(session.state);
    if (!isJudged(position)) return;
    if (paths.length === 0) assertWritable(session, position);
    for (const file of judged) assertWritable(session, position, file);
  };
  const candidates = await candidatesFor(
    host,
    repository,
    options.session,
    allow,
  );
  const open = candidates.filter(({ state }) => !isClosed(state.status));
  open.forEach(allow);
  const [session, ...others] = open;
  const id = others.length === 0 ? session?.id : undefined;
  return {
    place: placeOf(repository, id ?? null),
    active: session !== undefined,
    phaseId: session?.state.currentPhaseId ?? null,
    outside: files.filter(({ inside }) => inside === undefined)
      .map(({ given }) => given),
  };
}

/** A file that somebody wants to change. */
interface Located {
  /** As it was named. */
  readonly given: string;
  /** Seen from the working tree; undefined for what lies elsewhere. */
  readonly inside: string | undefined;
  /** Whether orc keeps it. */
  readonly isState: boolean;
}

function locatedIn(
  host: Host,
  repository: Repository,
  given: string,
): Located {
  const { found: { root, workingTree } } = repository;
  const named = resolvePath(host.workingDirectory, given);
  const path = throughLinks(named);
  const spares = sparesOf(repository);
  const tree = [workingTree, root].map(realOrGiven)
    .find((directory) => isWithin(directory, path));
  return {
    given,
    inside: tree === undefined ? undefined : relativePath(tree, path),
    isState: isState(named, spares) || isState(path, spares),
  };
}

/** Whoever spells it in another way means the same directory on some machines. */
function isState(path: string, spares: readonly string[]): boolean {
  const lower = path.toLowerCase();
  const parts = lower.split("/");
  const at = parts.lastIndexOf(".git");
  return parts.includes(ORCHESTRATOR_DIRECTORY) ||
    at >= 0 && parts[at + 1] === "orchestrator" ||
    spares.some((directory) => isWithin(directory.toLowerCase(), lower));
}

/** What orc keeps among git's own files, wherever git was told to have these. */
function sparesOf({ found }: Repository): readonly string[] {
  return [found.root, found.workingTree].flatMap((directory) => {
    const above = parentDirectory(sparesDirectory(directory) ?? "");
    return above === undefined ? [] : [above, throughLinks(above)];
  });
}

function isOrcs(path: string): OrcError {
  return refused(
    "state_not_yours",
    `Cannot change ${quoted(path)}: orc alone writes there`,
    { hint: "orc next", details: { path } },
  );
}

function positionOf({ definition, currentPhaseId }: SessionState): Position {
  const workflow = definition === null
    ? null
    : fillTexts(decodeDefinition(definition));
  return { workflow, phaseId: currentPhaseId };
}

function assertWritable(
  { id, state }: Candidate,
  position: Position,
  file?: Located,
): void {
  const why = whyNotWritable(position, file?.inside);
  if (why === undefined) return;
  const what = file === undefined ? "files" : quoted(file.given);
  throw refused("write_not_allowed", `Cannot change ${what} now: ${why}`, {
    hint: "orc next",
    details: { session: id, phaseId: state.currentPhaseId },
  });
}

async function candidatesFor(
  host: Host,
  repository: Repository,
  named: string | undefined,
  allow: (session: Candidate) => void,
): Promise<readonly Candidate[]> {
  try {
    const { session } = await selectSession(host, repository, named);
    return [session];
  } catch (error) {
    const isNamed = named !== undefined ||
      variableOf(host, "ORCHESTRATOR_SESSION");
    if (isNamed || !(error instanceof OrcError)) throw error;
    if (error.code === "no_session") return [];
    if (!isUndecided(repository, error)) throw error;
    return await allSessions(repository, allow);
  }
}

/** Whether what failed is the choice of a session, and not a session itself. */
function isUndecided({ layout }: Repository, error: OrcError): boolean {
  const { code, path = "" } = error;
  return ["no_such_session", "session_ambiguous"].includes(code) ||
    path === layout.current || path.startsWith(layout.bindings);
}

/** States that cannot be read are passed over, as where the only active session is looked for. */
async function allSessions(
  { store, layout }: Repository,
  allow: (session: Candidate) => void,
): Promise<readonly Candidate[]> {
  const first = candidatesIn(await store.list({ limit: FIRST_LOOK }));
  first.filter(({ state }) => !isClosed(state.status)).forEach(allow);
  const entries = candidatesIn(await store.list());
  if (entries.length > 0) return entries;
  const { readLegacyState } = await import("../session/legacy.ts");
  const legacy = await readLegacyState(layout);
  return legacy ? [legacy.session] : [];
}

/** Sessions looked at first: one of them decides, if it forbids. */
const FIRST_LOOK = 100;

function candidatesIn(
  entries: readonly SessionEntry[],
): readonly Candidate[] {
  return entries.flatMap(({ id, state }) => state ? [{ id, state }] : []);
}
