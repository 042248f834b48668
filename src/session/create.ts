import { corrupt, external, OrcError, unlessCorrupt } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
  parseJson,
  withFields,
} from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import {
  REMOVED_PREFIX,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
  sessionLayoutAt,
  STAGING_PREFIX,
} from "../base/layout.ts";
import { uncapitalised } from "../base/text.ts";
import { encodeLogLine } from "../engine/event.ts";
import {
  asOrcError,
  codeOf,
  isAbsent,
  isTaken,
  reasonOf,
} from "../files/errors.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  guardPath,
  isThere,
} from "../files/read.ts";
import {
  copyToNew,
  discard,
  makeDirectory,
  publish,
  putAside,
  removeDurably,
  removeIfThere,
  renameOver,
  StagedFileLost,
  syncDirectory,
  writeAtomic,
  writeNewFile,
} from "../files/write.ts";
import { placeOf, rememberBegun } from "./begun.ts";
import { assertWritable, encodeSession } from "./encode.ts";
import {
  bindingPath,
  noSuchSession,
  readBindingFile,
  readCurrent,
  readSession,
  readSessionMeta,
} from "./read.ts";
import { isForeignCurrent } from "./ownership.ts";
import { settlePack } from "./pack/settle.ts";
import { keepSpare, removeSpare } from "./spare.ts";
import type {
  KeptBeside,
  MayRemove,
  NewSession,
  Owner,
  Session,
  SessionNaming,
  StoreContext,
} from "./store.ts";
import { notNew, stampNew } from "./update.ts";

export async function createSession(
  layout: RepositoryLayout,
  context: StoreContext,
  { id, decision, localTime, owner }: NewSession,
): Promise<Session> {
  if (isThere(sessionLayout(layout.root, id).directory)) throw notNew(id);
  const newId = await context.idSource();
  const session = stampNew(id, decision, newId);
  // Before it is there: a session must not be left that nobody knows to be of here.
  await rememberBegun(layout, session);
  publishSession(layout, id, {
    meta: {
      ...sessionMeta(id, handed("localNow()", localTime)),
      ...owner === undefined ? {} : { owner },
    },
    log: session.lastEvents.map(encodeLogLine).join(""),
    state: await encodeSession(session, session.state.updatedAt),
  }, context.newToken());
  keepSpare({ root: layout.root, session, before: undefined });
  return session;
}

/** The Python tool's `meta.json` of a session. */
export function sessionMeta(
  id: string,
  localTime: string,
): Readonly<Record<string, string>> {
  return { session_id: id, created_at: localTime, repo_root: "." };
}

/**
 * What is said of a session where that is kept as a text.
 *
 * @throws {OrcError} `invalid_json` or `invalid_meta` (corrupt)
 */
export function metaIn(text: string, label: string): JsonObject {
  const meta = asObject(parseJson(text, label));
  if (meta !== undefined) return meta;
  throw corrupt(
    "invalid_meta",
    `Cannot use what is said of ${label}: it is no object`,
  );
}

/** What the files of a new session hold. */
interface SessionFiles {
  readonly meta: Readonly<Record<string, string | null>> | Uint8Array;
  readonly log: string | { readonly copyOf: string };
  readonly state: string | Uint8Array;
}

/** Builds a session's directory aside, makes it durable, and publishes it with one rename. */
export function publishSession(
  layout: RepositoryLayout,
  id: string,
  files: SessionFiles,
  token: string,
): void {
  const staging = `${layout.sessions}/${STAGING_PREFIX}${token}`;
  const { directory } = sessionLayout(layout.root, id);
  guardPath(layout.root, layout.sessions);
  try {
    const staged = sessionLayoutAt(staging);
    makeDirectory(staging);
    const meta = files.meta instanceof Uint8Array
      ? files.meta
      : JSON.stringify({ ...placeOf(staging), ...files.meta }, null, 2);
    writeNewFile(staged.meta, meta);
    if (typeof files.log === "string") writeNewFile(staged.log, files.log);
    else copyToNew(files.log.copyOf, staged.log);
    writeNewFile(staged.state, files.state);
  } catch (error) {
    discard(staging);
    throw storeFailure(error, layout, directory);
  }
  publishDirectory(layout, id, staging);
}

/** Publishes the directory of a session that was built aside; its files are durable, it is not yet. */
export function publishDirectory(
  layout: RepositoryLayout,
  id: string,
  staging: string,
): void {
  const { directory } = sessionLayout(layout.root, id);
  try {
    syncDirectory(staging);
    publish(staging, directory);
  } catch (error) {
    discard(staging);
    throw storeFailure(error, layout, directory);
  }
  try {
    syncDirectory(layout.sessions);
  } catch (cause) {
    // The session is there, but nobody may be told that it will survive a power cut.
    throw external(
      "unconfirmed",
      `Session "${id}" is stored, but the disk did not confirm it`,
      {
        path: directory,
        hint: "check the disk; the session is in: orc session list",
        cause,
      },
    );
  }
}

/** That what was staged is gone, or the name taken, is the work of whoever took the lock over. */
function storeFailure(
  error: unknown,
  layout: RepositoryLayout,
  directory: string,
): unknown {
  const isSwept = isAbsent(error) && fileKind(layout.sessions) === "directory";
  const isStored = isTaken(error) || codeOf(error) === "ENOTEMPTY";
  return isSwept || isStored
    ? new StagedFileLost(directory, error)
    : asOrcError(error, "store the session", directory);
}

/** What a store says of a session, for itself too. */
export type Remark =
  & Omit<SessionNaming, "said">
  & { readonly said: Readonly<Record<string, JsonValue>> };

/**
 * Gives a session a name or an owner, in `meta.json`, whose other keys stay as they are. It is no fact of the
 * work: in the state it would need an event, and a closed session could not get one. Returns
 * warnings.
 */
export async function writeSessionMeta(
  layout: RepositoryLayout,
  context: LockContext,
  { id, said, startedAtLocal }: Remark,
): Promise<readonly string[]> {
  const { directory, meta } = sessionLayout(layout.root, id);
  const act = {
    id,
    guarded: directory,
    doing: "name the session or its owner",
  };
  return await withSessionLock(layout, context, act, (lock) => {
    const known = readSessionMeta(meta) ??
      jsonObject(sessionMeta(id, startedAtLocal));
    const text = printJson(withFields(known, said), 2);
    return writeAtomic(meta, text, {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
  });
}

/** What is done to a session besides its updates. */
interface SessionAct {
  readonly id: string;
  /** A directory of the session, to which no link may lead. */
  readonly guarded: string;
  /** Follows "Cannot": what is done. */
  readonly doing: string;
  /** What the error names; the directory of the session without it. */
  readonly about?: string;
  /** Whether a packed session stays as it is: it is not changed, or not in its files. */
  readonly leavesPack?: boolean;
}

/** Runs work under the lock of a session that has to be there, and still be there. */
export async function withSessionLock<Result>(
  { root }: RepositoryLayout,
  context: LockContext,
  { id, guarded, doing, about, leavesPack = false }: SessionAct,
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  const { directory } = sessionLayout(root, id);
  guardDirectory(root, guarded);
  if (!isThere(directory)) throw noSuchSession(id, directory);
  try {
    return await withLock(directory, context, async (lock) => {
      if (!leavesPack) await settlePack(root, id, lock, context.now);
      return await work(lock);
    });
  } catch (error) {
    if (isAbsent(error)) throw noSuchSession(id, directory);
    throw asOrcError(error, doing, about ?? directory);
  }
}

/**
 * Removes a session; false when it may not go, or is gone already. `mayRemove` decides on the state
 * as it is under the lock. There its directory gets a name that nobody reads, and only then is
 * deleted: whoever waits for the lock finds no session instead of half of one, and a crash leaves
 * nothing but litter, which {@linkcode findRemoved} finds.
 */
export async function removeSession(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
  mayRemove: MayRemove,
): Promise<boolean> {
  const paths = sessionLayout(layout.root, id);
  const { directory, state } = paths;
  if (guardDirectory(layout.root, directory) === "absent") return false;
  const aside = `${layout.sessions}/${REMOVED_PREFIX}${context.newToken()}`;
  try {
    const isAside = await withLock(directory, context, async (lock) => {
      const session = await readSession(layout, id);
      // What nobody vouches for may say "completed" by mistake.
      assertWritable(session, state);
      if (!await mayRemove(session, () => besideOf(layout.root, paths))) {
        return false;
      }
      lock.assertHeld();
      renameOver(directory, aside);
      syncDirectory(layout.sessions);
      return true;
    });
    if (!isAside) return false;
  } catch (error) {
    // Another cleanup was faster.
    if (isAbsent(error)) return false;
    throw asOrcError(error, "remove the session", directory);
  }
  deleteRemoved(aside);
  removeSpare(layout.root, id);
  return true;
}

async function besideOf(
  root: string,
  { checkpoints, toolFeedback }: SessionLayout,
): Promise<KeptBeside> {
  const { checkpointIds } = await import("./kept/checkpoints.ts");
  const { feedbackLines } = await import("./kept/feedback.ts");
  let feedback = 0;
  for await (const _ of feedbackLines(root, toolFeedback)) feedback++;
  return { checkpoints: checkpointIds(root, checkpoints), feedback };
}

/** Directories of sessions whose removal was cut short. */
export function findRemoved(layout: RepositoryLayout): readonly string[] {
  guardPath(layout.root, layout.sessions);
  return entriesIn(layout.sessions, "list the sessions")
    .filter(({ name, isDirectory }) => isDirectory && isRemovedSession(name))
    .map(({ name }) => `${layout.sessions}/${name}`)
    .sort();
}

const REMOVED = new RegExp(
  `^${REMOVED_PREFIX.replaceAll(".", "\\.")}[0-9a-f]{32}$`,
);

/** Whether a directory of this name is what is left of a session. */
export function isRemovedSession(name: string): boolean {
  return REMOVED.test(name);
}

/** Deletes the directory of a removed session. Links in it are deleted and not followed. */
export function deleteRemoved(path: string): void {
  try {
    // Another cleanup may delete the same litter.
    removeIfThere(path, true);
  } catch (error) {
    throw asOrcError(error, "delete", path);
  }
}

/** Binds an owner to a session. Returns warnings as {@linkcode writeAtomic} does. */
export async function writeBinding(
  layout: RepositoryLayout,
  owner: Owner,
  binding: { readonly session: string; readonly at: string },
  token: string,
): Promise<readonly string[]> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  try {
    makeDirectory(layout.bindings);
    syncDirectory(layout.directory);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
  const text = JSON.stringify({ ...owner, ...binding }, null, 2);
  return writeAtomic(path, `${text}\n`, { token });
}

/**
 * Points `current` at a session; no final newline, as the Python tool writes it. What is not orc's
 * there is left, or put aside by who was asked for just that, at an instant. Returns warnings.
 */
export function writeCurrent(
  layout: RepositoryLayout,
  session: string,
  { token, asideAt }: { readonly token: string; readonly asideAt?: string },
): readonly string[] {
  const { current } = layout;
  if (!isForeignCurrent(layout)) {
    return writeAtomic(current, session, { token });
  }
  if (asideAt === undefined) {
    return [
      `"${current}" is not orc's and was left as it is, so the session is found only while no other is active; to put the file aside: orc session switch ${session}`,
    ];
  }
  const aside = putAside(current, asideAt);
  return [
    `"${current}" was not orc's, and is "${aside}" now`,
    ...writeAtomic(current, session, { token }),
  ];
}

/** The session counts already: whoever is told nothing would make it, or bring it back, again. */
export function notChosen(
  { current }: RepositoryLayout,
  session: string,
  error: unknown,
): unknown {
  const reason = asOrcError(error, "choose it in", current);
  if (!(reason instanceof OrcError)) return reason;
  return new OrcError(
    reason.kind,
    "session_not_chosen",
    `Session "${session}" is stored, but not chosen: ${
      uncapitalised(reasonOf(reason))
    }`,
    {
      path: reason.path,
      hint: `orc session switch ${session}`,
      details: { session },
      cause: error,
    },
  );
}

/** Removes `current` and the bindings that name these sessions; who was in one chooses anew. */
export async function unbindSessions(
  layout: RepositoryLayout,
  context: LockContext,
  ids: ReadonlySet<string>,
): Promise<void> {
  // Most cleanups concern sessions that nobody is in any more: then nothing is locked.
  if (pointersTo(layout, ids).length === 0) return;
  try {
    await withLock(layout.lockDirectory, context, () => {
      // Once the sessions are gone, a name that came back would lead nowhere.
      for (const path of pointersTo(layout, ids)) removeDurably(path);
    });
  } catch (error) {
    throw asOrcError(error, "unbind sessions", layout.directory);
  }
}

function pointersTo(
  layout: RepositoryLayout,
  ids: ReadonlySet<string>,
): readonly string[] {
  guardPath(layout.root, layout.bindings);
  // What is damaged names nobody, and is not for a cleanup to remove.
  const isAmong = (read: () => string | undefined): boolean =>
    ids.has(unlessCorrupt(read) ?? "");
  const paths = entriesIn(layout.bindings, "list the bindings")
    .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
    .map(({ name }) => `${layout.bindings}/${name}`)
    .filter((path) => isAmong(() => readBindingFile(path)));
  return isAmong(() => readCurrent(layout))
    ? [...paths, layout.current]
    : paths;
}
