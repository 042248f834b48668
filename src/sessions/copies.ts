/** Copies of sessions that come from elsewhere, compared with what is here, and taken or refused. */
import { sha256Hex } from "../base/checksum.ts";
import { notFound, onRefusal, type OrcError, orElse } from "../base/error.ts";
import { decodeUtf8, jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { type SessionLayout, sessionLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { guardDirectory, readRegularFile } from "../files/read.ts";
import { discard, writeAtomic, writeNewFile } from "../files/write.ts";
import { withArrival } from "../replay/account.ts";
import type { Repository } from "../repository/open.ts";
import { workflowOf } from "../repository/select.ts";
import { ARRIVALS, arrivalsIn } from "../session/account.ts";
import { arrive, finishArrival } from "../session/arrival.ts";
import {
  compareCopies,
  type Comparison,
  type CopyEnd,
  isRefusal,
  refusalOfCopy,
  type SessionCopy,
  Trail,
} from "../session/copy_rules.ts";
import { publishDirectory, withSessionLock } from "../session/create.ts";
import { assertWritable, unknownVersionOf } from "../session/encode.ts";
import { linesFrom } from "../session/log.ts";
import { openForReading } from "../session/log_read.ts";
import { bytesOf } from "../session/pack/door.ts";
import { decodeState, readSessionMeta } from "../session/read.ts";
import { findSpare, keepSpare } from "../session/spare.ts";
import type { Session } from "../session/store.ts";
import { traceSession } from "../session/trace.ts";
import { definitionHash } from "../workflow/sizes.ts";
import { stageRenamed } from "./keep_both.ts";

/** Where a copy lies: below the root, and not yet where sessions are. */
export interface StagedCopy {
  readonly id: string;
  readonly paths: SessionLayout;
  /** The machine that it comes from; null where nobody knows. */
  readonly machine: string | null;
}

/** What a copy is to the session that is here. */
export interface JudgedCopy {
  readonly comparison: Comparison;
  /** Undefined where there is none. */
  readonly here: SessionCopy | undefined;
  readonly there: SessionCopy;
  /** The copy, decoded. */
  readonly session: Session;
}

/**
 * Compares a copy with the session of its id. Reads both logs, in constant memory.
 *
 * @throws {OrcError} `changed_outside`, `foreign_state` or `invalid_state` (corrupt) for a copy that
 *   nobody vouches for
 */
export async function judgeCopy(
  root: string,
  { id, paths, machine }: StagedCopy,
): Promise<JudgedCopy> {
  const own = sessionLayout(root, id);
  const theirs = await loadCopy(root, paths, id);
  const isHere = guardDirectory(root, own.directory) !== "absent";
  const ours = isHere ? await loadCopy(root, own, id) : undefined;
  const { session } = theirs;
  if (ours === undefined || ours.stateSha256 === theirs.stateSha256) {
    const there = await copyOf(theirs, machine, NO_END);
    const here = ours && await copyOf(ours, null, NO_END);
    const comparison = compareCopies(here, there, NO_ANCESTRY);
    return { comparison, here, there, session };
  }
  const trail = (copy: LoadedCopy, sought?: CopyEnd) =>
    trailOf(root, copy, sought);
  const { end } = trail(ours);
  const theirTrail = trail(theirs, end);
  const here = await copyOf(ours, null, end);
  const there = await copyOf(theirs, machine, theirTrail.end);
  const comparison = compareCopies(here, there, {
    hereInThere: theirTrail.isFound,
    // Of two different ends each cannot come before the other: the log is not read for that.
    thereInHere: theirTrail.isFound
      ? isSameEnd(end, theirTrail.end)
      : trail(ours, theirTrail.end).isFound,
  });
  return { comparison, here, there, session };
}

/** What is done with a copy that went on in both places, or is another session under the same id. */
export interface Dissent {
  /** How to take it all the same. */
  readonly hint: string;
  /** Whether it is to be stored under a new id; one that only a newer orc can judge never is. */
  readonly keepBoth?: boolean;
}

/** Why a copy is not taken; undefined where it may be. */
export function refusalOf(
  id: string,
  { comparison, here, there }: JudgedCopy,
  { hint, keepBoth = false }: Dissent,
): OrcError | undefined {
  const isKept = keepBoth && comparison !== "newer_format";
  return isKept || !isRefusal(comparison)
    ? undefined
    : refusalOfCopy(comparison, id, { here, there, hint });
}

/** Where a copy is taken to. */
export interface Taking {
  readonly repository: Repository;
  /** As {@linkcode Dissent.hint}, should the session have gone on since it was judged. */
  readonly hint: string;
  /** What is worth knowing after it counted. */
  readonly warnings: string[];
  /** Whether it comes from where the sessions of here were kept: what was approved there, was approved here. */
  readonly isMove?: boolean;
}

/**
 * Takes a copy that was judged, and not refused: a new one appears whole, a newer one takes the place of
 * what is here, any other gets a new id. Returns the id of the session that has it now; null where
 * nothing was to be stored. Only the holder of the lock of all sessions may.
 */
export async function takeCopy(
  taking: Taking,
  copy: StagedCopy,
  judged: JudgedCopy,
): Promise<string | null> {
  const { repository: { layout, context } } = taking;
  const { id, paths } = copy;
  switch (judged.comparison) {
    case "same":
    case "older":
      return null;
    case "created":
      if (!taking.isMove) noteArrival(paths, judged.session.serial);
      publishNew(taking, judged.session, paths.directory);
      await sayIfChanged(taking, id);
      return id;
    case "fast_forward":
      await fastForward(taking, copy, judged);
      await sayIfChanged(taking, id);
      return id;
    default: {
      const newId = (await context.idSource())();
      const how = { staged: paths, newId };
      const renamed = await stageRenamed(layout.root, judged.session, how);
      noteArrival(paths, renamed.serial);
      publishNew(taking, renamed, paths.directory);
      return newId;
    }
  }
}

/** A longer log takes a while to replay, and all other sessions would wait: `orc verify` says it then. */
const MAX_TRACED_BYTES = 5_000_000;

/**
 * What somebody changed on the way is taken all the same: on a machine that vanished it may be all that is
 * left. Nobody goes on with it unsaid.
 */
async function sayIfChanged(
  { repository, warnings }: Taking,
  id: string,
): Promise<void> {
  const { store } = repository;
  try {
    if (await store.logBytes(id) > MAX_TRACED_BYTES) return;
    const session = await store.read(id);
    if (session.state.definition === null) return;
    const { workflow, refusal } = await workflowOf(repository, session);
    if (refusal !== null) return;
    const { contradictions } = await traceSession(
      repository,
      session,
      workflow,
    );
    const first = contradictions.find(({ code }) =>
      /^(?:log_|update_|definition_|state_not_)/.test(code)
    );
    if (first === undefined) return;
    warnings.push(
      `Session "${id}" is not as orc left it: ${first.message}: orc verify ${id}`,
    );
  } catch (error) {
    warnings.push(onRefusal(({ message }) => message)(error));
  }
}

/** What git's directory keeps of a session that was removed here may be newer, and stays then. */
function publishNew(
  { repository: { layout }, warnings }: Taking,
  session: Session,
  staged: string,
): void {
  const { root } = layout;
  const { id, serial } = session;
  publishDirectory(layout, id, staged);
  const kept = findSpare(root, id)?.states[0]?.serial ?? -1;
  if (kept <= serial) {
    keepSpare({ root, session, before: undefined, isForeign: true });
    return;
  }
  warnings.push(
    `Session "${id}" was here before, up to update ${kept}: orc recover ${id} brings that back`,
  );
}

async function fastForward(
  { repository: { layout, context }, hint, warnings, isMove }: Taking,
  copy: StagedCopy,
  { here, there }: JudgedCopy,
): Promise<void> {
  const { root } = layout;
  const { id, paths: { directory: staged } } = copy;
  const own = sessionLayout(root, id);
  const { directory: guarded } = own;
  const act = { id, guarded, doing: "bring the session up to its copy" };
  await withSessionLock(layout, context, act, async (lock) => {
    await finishArrival(root, id, lock);
    let current = here;
    // It may have gone on since it was judged.
    if (here === undefined || !await isStill(root, id, here)) {
      const judged = await judgeCopy(root, copy);
      const refusal = refusalOf(id, judged, { hint });
      if (refusal !== undefined) throw refusal;
      if (judged.comparison !== "fast_forward") return;
      current = judged.here;
    }
    // Before it counts: an approval that comes with it is never taken for one of here.
    if (!isMove) {
      const text = metaWithArrival(own, {
        known: current?.serial ?? 0,
        last: there.serial,
      });
      warnings.push(...writeAtomic(own.meta, text, { token: lock.token }));
    }
    await arrive(root, id, { staged, lock });
  });
}

/** The `meta.json` of a session to which updates come that this clone did not see. */
function metaWithArrival(
  { meta }: SessionLayout,
  { known, last }: { readonly known: number; readonly last: number },
): string {
  const before = orElse(() => readSessionMeta(meta), () => undefined);
  const arrivals = withArrival(arrivalsIn(before), known, last);
  const noted = withFields(before ?? jsonObject({}), {
    [ARRIVALS]: arrivals.map((run) => [...run]),
  });
  return printJson(noted, 2);
}

/** All of a session that was not here before came with its copy. */
function noteArrival(staged: SessionLayout, last: number): void {
  const text = metaWithArrival(staged, { known: 0, last });
  discard(staged.meta);
  writeNewFile(staged.meta, text);
}

/** Whether a session is still the copy that was judged. */
async function isStill(
  root: string,
  id: string,
  { stateSha256 }: SessionCopy,
): Promise<boolean> {
  const { state } = sessionLayout(root, id);
  const bytes = readRegularFile(state, MAX_STATE_BYTES);
  return bytes !== undefined && await sha256Hex(bytes) === stateSha256;
}

function isSameEnd(one: CopyEnd, other: CopyEnd): boolean {
  return one.mark === other.mark && one.others === other.others &&
    one.othersDigest === other.othersDigest;
}

const NO_END: CopyEnd = { mark: null, others: 0, othersDigest: "" };
const NO_ANCESTRY = { hereInThere: false, thereInHere: false };

interface LoadedCopy {
  readonly paths: SessionLayout;
  readonly session: Session;
  readonly stateSha256: string;
}

async function loadCopy(
  root: string,
  paths: SessionLayout,
  id: string,
): Promise<LoadedCopy> {
  const bytes = bytesOf(root, paths.state, MAX_STATE_BYTES);
  if (bytes === undefined) {
    throw notFound("no_such_session", `No session "${id}"`, {
      path: paths.state,
      hint: "orc session list",
    });
  }
  const session = await decodeState(decodeUtf8(bytes, paths.state), paths, id);
  // What nobody vouches for is neither taken nor replaced.
  if (session.checksum === "changed") assertWritable(session, paths.state);
  return { paths, session, stateSha256: await sha256Hex(bytes) };
}

async function copyOf(
  { session, stateSha256 }: LoadedCopy,
  machine: string | null,
  end: CopyEnd,
): Promise<SessionCopy> {
  const { state, serial } = session;
  const { workflowId, updatedAt, definition } = state;
  return {
    workflowId,
    definitionSha256: definition === null
      ? null
      : await definitionHash(definition),
    unknownVersion: unknownVersionOf(session),
    stateSha256,
    serial,
    updatedAt,
    machine,
    end,
  };
}

function trailOf(
  root: string,
  { paths: { log: path }, session }: LoadedCopy,
  sought?: CopyEnd,
): Trail {
  const trail = new Trail(sought);
  const file = openForReading({ root, path });
  try {
    for (const line of file === undefined ? [] : linesFrom(file, 0)) {
      const { text = `${line.endBytes - line.startBytes} bytes` } = line;
      // What a crash tore is gone on with by the events that travel in the state.
      if (line.isEnded) trail.take(text);
    }
  } finally {
    file?.close();
  }
  trail.takeCarried(session.lastEvents);
  return trail;
}
