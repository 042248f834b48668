import { handed } from "../base/handed.ts";
import {
  conflict,
  notFound,
  onRefusal,
  refused,
  unlessCorrupt,
} from "../base/error.ts";
import type { Finding } from "../base/finding.ts";
import { matchSessionId } from "../base/ids.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { decoded, readCheckpoints } from "../checkpoints/files.ts";
import { checkpointsIn } from "../session/kept/checkpoints.ts";
import { humanEvent } from "../engine/situation.ts";
import { asOrcError } from "../files/errors.ts";
import {
  type HeldLock,
  type LockContext,
  sweep,
  withLock,
} from "../files/lock.ts";
import { fileKind, guardDirectory, isThere, readText } from "../files/read.ts";
import { putAside, removeDurably, writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { decodeUnsigned, type UnsignedSession } from "../session/codec.ts";
import { deleteRemoved, findRemoved } from "../session/create.ts";
import { assertWritable } from "../session/encode.ts";
import { unlessDamaged } from "../session/entries.ts";
import { settlePack } from "../session/pack/settle.ts";
import { noSuchSession, readSession } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import { ignoreText, withMergeRules } from "../session/repository.ts";
import { keepSpare } from "../session/spare.ts";
import type { Contradiction } from "../session/trace.ts";
import { foreignNames } from "../settings/files.ts";
import { commit, settle, stamp } from "../session/update.ts";
import { settleMigration } from "../transfer/settle.ts";
import { requireApproval } from "../work/change.ts";
import { pointerFacts, unlistedHere } from "./facts.ts";
import { checkLog } from "./session_facts.ts";

/** How `fix` puts a finding right, by its code. What is not named goes when the lock is taken, or never. */
const FIXES: ReadonlyMap<
  string,
  "pointer" | "log" | "ignore_file" | "merge_rules" | "merge"
> = new Map([
  // These belong to the repository, whatever session they name.
  ["binding_names_nothing", "pointer"],
  ["current_names_nothing", "pointer"],
  ["damaged_binding", "pointer"],
  ["damaged_current", "pointer"],
  // An update puts these right by itself, even one that changes nothing.
  ["log_behind_state", "log"],
  ["log_missing", "log"],
  ["log_torn", "log"],
  ["not_ignored", "ignore_file"],
  ["merge_rules_missing", "merge_rules"],
  ["merged_branches", "merge"],
]);

/**
 * Puts right what loses nothing: removes what dead processes left, brings logs in step, hides the
 * state from git, clears names of what is not there, and takes apart what a merge put together. Returns
 * why something could not be done, and where the other side of a merge is; the rest is done.
 */
export async function fixFindings(
  repository: Repository,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  const fixable = findings.filter((finding) => finding.fixable);
  const sessionOf = ({ code, session }: Finding): string | null =>
    FIXES.get(code) === "pointer" ? null : session;
  const problems: string[] = [];
  for (const id of new Set([null, ...fixable.map(sessionOf)])) {
    const own = fixable.filter((finding) => sessionOf(finding) === id);
    if (own.length === 0) continue;
    const fix = () =>
      id === null
        ? fixRepository(repository, own)
        : fixSession(repository, id, own);
    problems.push(...await unlessDamaged(fix, problems) ?? []);
  }
  return problems;
}

/** Whoever takes the lock of a session takes it over from the dead, and sweeps. */
async function fixSession(
  { layout, context, store }: Repository,
  id: string,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  if (findings.some(({ code }) => FIXES.get(code) === "log")) {
    await store.update(id, ({ state }) => ({ state, events: [] }));
    return [];
  }
  const { directory } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  if (findings.some(({ code }) => FIXES.get(code) === "merge")) {
    const { separate } = await import("./merge.ts");
    // Whoever else prepares the repository would sweep away what is staged.
    const work = async (lock: HeldLock): Promise<readonly string[]> => {
      const made = await separate(layout, context, id, lock);
      return made.map((other) =>
        `What the other side of the merge did in session "${id}" is session "${other}" now: orc session switch ${other}`
      );
    };
    return await repairing(
      "repair",
      layout.lockDirectory,
      context,
      () => repairing("repair", directory, context, work),
    );
  }
  await repairing("repair", directory, context, () => {});
  return [];
}

async function fixRepository(
  { layout, context }: Repository,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  const { root, directory, sessions, bindings } = layout;
  const pathsOf = (fix: "pointer" | "ignore_file" | "merge_rules") =>
    findings.filter(({ code }) => FIXES.get(code) === fix)
      .map(({ path }) => path);
  guardDirectory(root, directory);
  await repairing("repair", layout.lockDirectory, context, async (lock) => {
    for (const path of [sessions, bindings]) {
      guardDirectory(root, path);
      if (fileKind(path) === "directory") {
        sweep(path, lock.token, context.now());
      }
    }
    await settleMigration(layout, lock);
    for (const path of findRemoved(layout)) deleteRemoved(path);
    if (pathsOf("ignore_file").length > 0) hideState(layout, lock);
    for (const path of pathsOf("merge_rules")) {
      const text = withMergeRules(readText(path, MAX_SMALL_FILE_BYTES));
      writeAtomic(path, text, { token: lock.token });
    }
    repairPointers(layout, new Set(pathsOf("pointer")), context.now());
  });
  return [];
}

/** What somebody else wrote into the file stays, also meanwhile. */
function hideState(layout: RepositoryLayout, { token }: HeldLock): void {
  const { gitignore: path } = layout;
  const foreign = foreignNames(layout);
  const text = readText(path, MAX_SMALL_FILE_BYTES);
  if (text === undefined) {
    writeAtomic(path, ignoreText(layout, foreign), { token });
    return;
  }
  const lines = unlistedHere(layout, foreign).map((name) => `/${name}\n`);
  const gap = text.endsWith("\n") ? "" : "\n";
  if (lines.length > 0) {
    writeAtomic(path, `${text}${gap}${lines.join("")}`, { token });
  }
}

async function repairing<Result>(
  doing: string,
  directory: string,
  context: LockContext,
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await withLock(directory, context, work);
  } catch (error) {
    throw asOrcError(error, doing, directory);
  }
}

/** What a human wants done with a session that no update can change any more. */
export interface RepairRequest {
  /** How it is to be put right. */
  readonly repair: SessionRepair;
  /** Id of the session, or an unambiguous part of it. */
  readonly session: string;
}

/** What was done with a session. */
export interface Repaired {
  /** How it was put right. */
  readonly repair: SessionRepair;
  /** Id of the session. */
  readonly session: string;
  /** Number of the update that did it. */
  readonly serial: number;
  /** Where the file is that was replaced; null when none was. */
  readonly aside: string | null;
}

/**
 * How a session is put right that no update can change any more:
 *
 * - `trust_state`: an older state was put back; it counts, and the log, which is ahead of it, is
 *   put aside
 * - `resign`: the state was changed by hand; it counts as it is
 * - `restore`: the state is destroyed or gone; the newest checkpoint takes its place
 */
export type SessionRepair = "trust_state" | "resign" | "restore";

interface Target {
  readonly layout: RepositoryLayout;
  readonly paths: SessionLayout;
  readonly id: string;
}

interface Repair {
  /** What a human is asked for; goes on with the session. */
  readonly request: string;
  readonly message: string;
  /** Findings that it puts right. */
  readonly codes: readonly string[];
  /** Finds what the session is to go on from; undefined if it was put right meanwhile. */
  readonly find: (target: Target) => Promise<Session | undefined>;
  /** The file that stands in its way. */
  readonly replaces?: "log" | "state";
}

/** What says that a state is not what its log led to. */
const CONTRADICTIONS: readonly Contradiction["code"][] = [
  "chain_restarted",
  "log_changed",
  "log_cut",
  "update_not_allowed",
  "definition_changed",
  "state_not_earned",
  "state_put_back",
];

const REPAIRS: Readonly<Record<SessionRepair, Repair>> = {
  trust_state: {
    request: "go on from the older state of",
    message: "Went on from an older state; the log was put aside",
    codes: ["state_behind_log"],
    find: async (target) => {
      const session = await vouchedSession(target);
      const { lastSerial } = checkLog(target.layout.root, target.paths.log);
      return lastSerial > session.serial ? session : undefined;
    },
    replaces: "log",
  },
  resign: {
    request: "sign the changed state of",
    message: "Signed the state as somebody had changed it outside orc",
    codes: ["changed_outside", ...CONTRADICTIONS],
    find: vouchedSession,
  },
  restore: {
    request: "return to the newest checkpoint of",
    message: "Returned to the newest checkpoint, as the state was destroyed",
    codes: ["damaged_state", "foreign_state", "unfinished_session"],
    find: (target) =>
      readSession(target.layout, target.id)
        .then(() => undefined, onRefusal(() => restoredSession(target))),
    replaces: "state",
  },
};

/**
 * Puts a session right by a decision that only a human may take: as a logged update under its lock.
 * What is replaced is put aside first.
 *
 * @throws {OrcError} `not_damaged` (refused) if there is nothing to put right
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no human says yes
 */
export async function repairDamaged(
  host: Host,
  repository: Repository,
  request: RepairRequest,
  findings: readonly Finding[],
): Promise<
  { readonly repaired: Repaired; readonly warnings: readonly string[] }
> {
  const { layout, context, store } = repository;
  const { repair } = request;
  const id = matchSessionId(request.session, await store.ids());
  const { message, codes, find, replaces, ...words } = REPAIRS[repair];
  const act = `${words.request} session "${id}"`;
  const isNeeded = findings.some(({ session, code }) =>
    session === id && codes.includes(code)
  );
  if (!isNeeded) {
    const hint = "see what is found: orc doctor";
    throw refused("not_damaged", `Cannot ${act}: there is no need`, hint);
  }
  const approval = await requireApproval(
    host,
    repository,
    { request: act, confirmation: id },
    "the same command",
  );
  const caller = { ...host.caller(), approval };
  const paths = sessionLayout(layout.root, id);
  const { directory } = paths;
  guardDirectory(layout.root, directory);
  if (!isThere(directory)) throw noSuchSession(id, directory);
  const newId = await context.idSource();
  const doing = "repair the session";
  return await repairing(doing, directory, context, async (lock) => {
    await settlePack(layout.root, id, lock, context.now);
    const session = await find({ layout, paths, id });
    if (session === undefined) {
      // While the human was asked, somebody else put back what was missing.
      throw conflict(
        "session_changed",
        `Cannot repair session "${id}": it was put right meanwhile`,
        { path: directory, hint: "see what is found now: orc doctor" },
      );
    }
    const { state } = session;
    lock.assertHeld();
    const aside = replaces === undefined || !isThere(paths[replaces])
      ? null
      : putAside(paths[replaces], context.now());
    // A human vouches for this state: the chain of events begins anew with it.
    const settled = settle(paths, { ...session, chain: null }, {
      root: layout.root,
      lock,
      logEnd: undefined,
    });
    const event = humanEvent(
      "human_override",
      { phaseId: state.currentPhaseId },
      { message, details: { repair } },
      caller,
    );
    const next = stamp(
      { ...session, lastEvents: settled.carried, chain: settled.chain },
      { state, events: [event] },
      handed("now()", context.now()),
      newId,
    );
    const { warnings } = await commit(paths, next, lock);
    // What was kept of the states before is not to be missed later.
    keepSpare({
      root: layout.root,
      session: next.session,
      before: undefined,
    });
    return {
      repaired: { repair, session: id, serial: next.session.serial, aside },
      warnings: [...settled.warnings, ...warnings],
    };
  });
}

/** A human stands for the state, whatever its checksum says; not for what this orc does not understand. */
async function vouchedSession({ layout, paths, id }: Target): Promise<Session> {
  const session = await readSession(layout, id);
  const vouched: Session = { ...session, checksum: "valid" };
  assertWritable(vouched, paths.state);
  return vouched;
}

async function restoredSession(
  { layout, paths, id }: Target,
): Promise<Session> {
  const { isThere, lastSerial } = checkLog(layout.root, paths.log);
  const stored = await newestCheckpoint({ layout, paths, id });
  const session: Session = {
    ...stored,
    id,
    sessionId: id,
    // No serial is given out twice: the log may know updates that the checkpoint does not.
    serial: Math.max(stored.serial, lastSerial),
    lastEvents: isThere ? [] : stored.lastEvents,
    checksum: "valid",
    legacyPath: null,
  };
  assertWritable(session, paths.state);
  return session;
}

/** Passes over those that cannot be read, or were copied there from another session. */
async function newestCheckpoint(
  { layout, paths, id }: Target,
): Promise<UnsignedSession> {
  const { checkpoints: directory } = paths;
  const kept = checkpointsIn(layout.root, directory);
  const { checkpoints } = await readCheckpoints(kept, id);
  for (const { id: checkpointId, path } of checkpoints.toReversed()) {
    const { snapshot } = decoded(await kept.read(checkpointId));
    if (!snapshot) continue;
    const stored = unlessCorrupt(() => decodeUnsigned(snapshot, path));
    if (stored && (stored.sessionId ?? id) === id) return stored;
  }
  throw notFound(
    "no_checkpoint",
    `Session "${id}" has no checkpoint to return to`,
    { path: directory, hint: "put back a good copy of its state.json" },
  );
}

/** They are read again: whoever chose a session meanwhile wrote them anew. */
function repairPointers(
  layout: RepositoryLayout,
  paths: ReadonlySet<string>,
  at: string,
): void {
  for (const { path, session, trouble } of pointerFacts(layout)) {
    if (!paths.has(path)) continue;
    const namesNothing = session !== null &&
      !isThere(sessionLayout(layout.root, session).directory);
    if (trouble?.kind === "corrupt") putAside(path, at);
    else if (namesNothing) removeDurably(path);
  }
}
