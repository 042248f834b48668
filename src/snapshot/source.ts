/** What of a session goes into a snapshot. */
import { sha256Hex } from "../base/checksum.ts";
import { sessionLayout, sessionPathsWithin } from "../base/layout.ts";
import { isClosed } from "../engine/state.ts";
import type { Repository } from "../repository/open.ts";
import {
  entriesOf,
  lookAtFile,
  readMeta,
  type SeenFile,
} from "../session/pack/door.ts";
import type { Session } from "../session/store.ts";
import {
  lookAt,
  metaText,
  piecesOf,
  readStateBytes,
} from "../sessions/leaving.ts";
import type { Packed } from "./archive.ts";
import { placeOfFile, type SnapshotSession } from "./rules.ts";

/** What is taken along besides state, log, and what checks printed. */
export type Extra = "checkpoints" | "feedback";

/** A session as it is to be packed. */
export interface Captured {
  readonly session: SnapshotSession;
  /** Kept only where the session may go on meanwhile: there may be thousands. */
  readonly state: Uint8Array | undefined;
  readonly log: SeenFile | undefined;
  /** The other files, as they lie and by their names in the snapshot. */
  readonly others: readonly { readonly path: string; readonly name: string }[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
}

/** Looks at a session; reads its state and no more. */
export async function capture(
  repository: Repository,
  id: string,
  extras: readonly Extra[],
): Promise<Captured> {
  const doing = "take a snapshot of the session";
  const { session, bytes, log } = await lookAt(repository, id, doing);
  const { root } = repository.layout;
  const others = otherFiles(root, id, extras);
  const sizes = others.map(({ path }) => lookAtFile(root, path)?.size ?? 0);
  return {
    session: await factsOf(session, bytes),
    state: isClosed(session.state.status) ? undefined : bytes,
    log,
    others,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0) + bytes.length +
      (log?.size ?? 0),
  };
}

async function factsOf(
  { id, state, serial, lastEvents }: Session,
  bytes: Uint8Array,
): Promise<SnapshotSession> {
  return {
    id,
    workflowId: state.workflowId,
    task: state.task,
    status: state.status,
    serial,
    updatedAt: state.updatedAt,
    lastEventId: lastEvents.at(-1)?.id || null,
    stateSha256: await sha256Hex(bytes),
  };
}

/** Only what orc itself names so; what is half written has another name. */
function otherFiles(
  root: string,
  id: string,
  extras: readonly Extra[],
): Captured["others"] {
  const paths = sessionLayout(root, id);
  const within = sessionPathsWithin(id);
  const pairs = [
    [paths.outputs, within.outputs],
    ...extras.includes("checkpoints")
      ? [[paths.checkpoints, within.checkpoints]]
      : [],
    ...extras.includes("feedback") ? [[paths.feedback, within.feedback]] : [],
  ];
  return pairs.flatMap(([directory = "", name = ""]) =>
    entriesOf(root, directory, "list").filter(({ isFile }) => isFile)
      .map((entry) => ({
        path: `${directory}/${entry.name}`,
        name: `${name}/${entry.name}`,
      }))
      .filter(({ name }) => placeOfFile(name) !== undefined)
  ).sort((one, other) => one.name < other.name ? -1 : 1);
}

/** The files of a session, always in one order, the state last. */
export function* filesOf(
  { layout: { root } }: Repository,
  { session, state, log, others }: Captured,
): Generator<Packed> {
  const paths = sessionLayout(root, session.id);
  const within = sessionPathsWithin(session.id);
  for (const { path, name } of others) {
    // A checkpoint may be removed meanwhile: nothing needs it.
    const seen = lookAtFile(root, path);
    if (seen === undefined) continue;
    yield { name, sizeBytes: seen.size, pieces: piecesOf(path, seen) };
  }
  yield {
    name: within.log,
    sizeBytes: log?.size ?? 0,
    pieces: log === undefined ? [] : piecesOf(paths.log, log),
  };
  const meta = new TextEncoder().encode(
    metaText(() => readMeta(root, session.id), session.id),
  );
  yield whole(within.meta, meta);
  yield whole(within.state, state ?? readStateBytes(root, session.id));
}

function whole(name: string, bytes: Uint8Array): Packed {
  return { name, sizeBytes: bytes.length, pieces: [bytes] };
}
