/** Copies of sessions that come from elsewhere, compared with what is here. */
import { sha256Hex } from "../base/checksum.ts";
import { notFound } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { type SessionLayout, sessionLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { guardDirectory, readRegularFile } from "../files/read.ts";
import {
  compareCopies,
  type Comparison,
  type CopyEnd,
  type SessionCopy,
  Trail,
} from "../session/copy_rules.ts";
import { assertWritable, unknownVersionOf } from "../session/encode.ts";
import { linesFrom } from "../session/log.ts";
import { openForReading } from "../session/log_read.ts";
import { decodeState } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import { definitionHash } from "../workflow/sizes.ts";

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
  const theirs = await loadCopy(paths, id);
  const isHere = guardDirectory(root, own.directory) !== "absent";
  const ours = isHere ? await loadCopy(own, id) : undefined;
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

/** Whether a session is still the copy that was judged. */
export async function isStill(
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
  paths: SessionLayout,
  id: string,
): Promise<LoadedCopy> {
  const bytes = readRegularFile(paths.state, MAX_STATE_BYTES);
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
