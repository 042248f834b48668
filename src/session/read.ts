import { type Digest, sha256Hex } from "../base/checksum.ts";
import {
  corrupt,
  notFound,
  onRefusal,
  type OrcError,
  unlessCorrupt,
} from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { asObject, type JsonObject } from "../base/json.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  guardPath,
  readBeginning,
  readJson,
  readText,
  sizeOf,
} from "../files/read.ts";
import { DAMAGED_STATE_HINT, decodeSession } from "./codec.ts";
import type {
  Memory,
  Owner,
  Remembered,
  Session,
  SessionStore,
  StoreContext,
} from "./store.ts";

/** Reads a session without locking or changing anything. */
export async function readSession(
  layout: RepositoryLayout,
  id: string,
  memory: Memory = {},
): Promise<Session> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  const text = looseState(paths) ??
    (await import("./pack/door.ts")).stateText(layout.root, paths, id);
  return await recall(memory, text, paths, id).session;
}

/** What is remembered of this text, which is decoded if nothing is; many may ask at once. */
export function recall(
  memory: Memory,
  text: string,
  paths: Pick<SessionLayout, "state">,
  id: string,
  digest?: Digest,
): Remembered {
  const { last } = memory;
  if (last?.id === id && last.text === text) return last;
  const own = { id, text, session: decodeState(text, paths, id, digest) };
  memory.last = own;
  own.session.catch(() => {
    if (memory.last === own) memory.last = undefined;
  });
  return own;
}

/** Undefined where it is packed, or gone. Its directory must have been guarded. */
export function looseState({ state }: SessionLayout): string | undefined {
  return readText(state, MAX_STATE_BYTES, DAMAGED_STATE_HINT);
}

export async function decodeState(
  text: string,
  paths: Pick<SessionLayout, "state">,
  id: string,
  digest?: Digest,
): Promise<Session> {
  const stored = await decodeSession(text, paths.state, digest);
  if (stored.sessionId !== null && stored.sessionId !== id) {
    throw corrupt(
      "foreign_state",
      `"${paths.state}" belongs to session "${stored.sessionId}"`,
      { path: paths.state, hint: "orc session list" },
    );
  }
  return { ...stored, id, legacyPath: null };
}

export function noSuchSession(id: string, path?: string): OrcError {
  return notFound("no_such_session", `No session "${id}"`, {
    path,
    hint: "orc session list",
  });
}

const RESTORE_HINT = "put back a good copy of the file, or move it away";

/** The name people gave a session, or the agent it belongs to; damage becomes a warning, and hides nothing. */
export async function saidOf(
  store: SessionStore,
  id: string,
  key: "name" | "owner",
  warnings: string[] = [],
): Promise<string | null> {
  const meta = await store.meta(id)
    .catch(onRefusal(({ message }) => void warnings.push(message)));
  return saidIn(key, meta);
}

export function saidIn(key: string, meta?: JsonObject): string | null {
  const text = meta?.get(key);
  return typeof text === "string" && text !== "" ? text : null;
}

export function readSessionMeta(path: string): JsonObject | undefined {
  const value = readJson(path, MAX_SMALL_FILE_BYTES, RESTORE_HINT);
  if (value === undefined) return undefined;
  const meta = asObject(value);
  if (meta !== undefined) return meta;
  throw corrupt("invalid_meta", `Cannot use "${path}": it holds no object`, {
    path,
    hint: RESTORE_HINT,
  });
}

/** The sessions of one repository. Most commands need no more than stands here; the rest is loaded when it is asked for. */
export function fileStore(
  layout: RepositoryLayout,
  context: StoreContext,
): SessionStore {
  const { memory = {} } = context;
  let update: SessionStore["update"] | undefined;
  const writing = () => import("./create.ts");
  const listing = () => import("./entries.ts");
  const logs = () => import("./kept/events.ts");
  const kept = () => import("./kept/checkpoints.ts");
  const printed = () => import("./kept/outputs.ts");
  const said = () => import("./kept/feedback.ts");
  return {
    capabilities: () => Promise.resolve({ files: true }),
    create: async (session) =>
      (await writing()).createSession(layout, context, session),
    read: (id) => readSession(layout, id, memory),
    update: async (...request) => {
      const { sessionUpdater } = await import("./update.ts");
      update ??= sessionUpdater(layout, context, memory);
      return await update(...request);
    },
    ids: async () => (await listing()).sessionIds(layout),
    count: async () => (await listing()).sessionIds(layout).length,
    list: async (options) => (await listing()).listEntries(layout, options),
    async *events(...request) {
      yield* (await logs()).sessionEvents(layout, ...request);
    },
    async *log(...request) {
      yield* (await logs()).loggedLines(layout, ...request);
    },
    logBytes: async (id) =>
      sizeOf(sessionLayout(layout.root, id).log) ||
      (await import("./pack/door.ts")).packedLogBytes(layout.root, id),
    version: async (id) =>
      (await logs()).versionOf(sessionLayout(layout.root, id)),
    meta: (id) => metaOf(layout, id),
    metas: async (...request) =>
      (await listing()).sessionMetas(layout, ...request),
    nameSession: async (naming) =>
      (await writing()).writeSessionMeta(layout, context, naming),
    checkpoints: async (id) =>
      (await kept()).sessionCheckpoints(layout, context, id),
    outputs: async (session) =>
      (await printed()).sessionOutputs(layout, context, session),
    feedback: async (id) => (await said()).sessionFeedback(layout, context, id),
    remove: async (...request) =>
      (await writing()).removeSession(layout, context, ...request),
  };
}

/** What is said of a session besides its work. */
export async function metaOf(
  { root }: RepositoryLayout,
  id: string,
): Promise<JsonObject | undefined> {
  return readSessionMeta(sessionLayout(root, id).meta) ??
    (await import("./pack/door.ts")).packedMeta(root, id);
}

/** A store that is found when something is asked of it. */
export function deferredStore(find: () => Promise<SessionStore>): SessionStore {
  let found: Promise<SessionStore> | undefined;
  const store = () => found ??= find();
  return {
    capabilities: async () => (await store()).capabilities(),
    create: async (session) => (await store()).create(session),
    read: async (id) => (await store()).read(id),
    update: async (...request) => (await store()).update(...request),
    ids: async () => (await store()).ids(),
    count: async () => (await store()).count(),
    list: async (options) => (await store()).list(options),
    async *events(...request) {
      yield* (await store()).events(...request);
    },
    async *log(...request) {
      yield* (await store()).log(...request);
    },
    logBytes: async (id) => (await store()).logBytes(id),
    version: async (id) => (await store()).version(id),
    meta: async (id) => (await store()).meta(id),
    metas: async (...request) => (await store()).metas(...request),
    nameSession: async (naming) => (await store()).nameSession(naming),
    checkpoints: async (id) => (await store()).checkpoints(id),
    outputs: async (session) => (await store()).outputs(session),
    feedback: async (id) => (await store()).feedback(id),
    remove: async (...request) => (await store()).remove(...request),
  };
}

/** Ids as orc makes them, and as the older tool did: nobody else's directory is called so by accident. */
const MADE_ID = /^[0-9a-z]{26}$/;
const OLDER_ID = /^[0-9a-f]{8}$/;

/** What each file of a session says somewhere at its beginning. */
const MARKS = {
  state: '"workflow_id"',
  log: '"event_type"',
  meta: '"session_id"',
} as const;

/** Whether another program keeps something under the name of a session; an empty directory is none's. */
export function isForeignSession(
  { root }: RepositoryLayout,
  name: string,
): boolean {
  if (MADE_ID.test(name) || OLDER_ID.test(name)) return false;
  const paths = sessionLayout(root, name);
  if (fileKind(paths.directory) !== "directory") return false;
  const entries = entriesIn(paths.directory, "list");
  const own = [paths.checkpoints, paths.feedback, paths.packed].map(nameOf);
  const isMarked = entries.some(({ name }) => own.includes(name)) ||
    (["state", "log", "meta"] as const).some((file) => {
      const bytes = readBeginning(paths[file], MAX_SMALL_FILE_BYTES);
      const text = new TextDecoder().decode(bytes);
      // A damaged one may say nothing any more.
      return bytes && (text.includes(MARKS[file]) || !/[^\s\0{]/.test(text));
    });
  return entries.length > 0 && !isMarked;
}

/** It writes a new file in the place of the broken one. */
const CHOOSE_HINT = "choose a session: orc session switch ID";

export async function readBinding(
  layout: RepositoryLayout,
  owner: Owner,
): Promise<string | undefined> {
  const path = await bindingPath(layout, owner);
  guardPath(layout.root, layout.bindings);
  return readBindingFile(path);
}

export function readBindingFile(path: string): string | undefined {
  const binding = readJson(path, MAX_SMALL_FILE_BYTES, CHOOSE_HINT);
  if (binding === undefined) return undefined;
  const session = asObject(binding)?.get("session");
  if (typeof session === "string" && isSessionId(session)) return session;
  throw corrupt("invalid_binding", `"${path}" names no session`, {
    path,
    hint: CHOOSE_HINT,
  });
}

/** Reads the session that everybody without one of their own is in. */
export function readCurrent(layout: RepositoryLayout): string | undefined {
  const text = textOfCurrent(layout);
  return text && isOwnId(layout, text) ? text : undefined;
}

/** A word such as `main`, or a short hash of git, is an id only where a session is called so. */
export function isOwnId(layout: RepositoryLayout, text: string): boolean {
  return MADE_ID.test(text) ||
    isSessionId(text) && !isForeignSession(layout, text) &&
      fileKind(sessionLayout(layout.root, text).directory) === "directory";
}

/** Empty where there is none, or a power cut left nothing of it; undefined for what is no text of such a size. */
export function textOfCurrent(
  { root, current }: RepositoryLayout,
): string | undefined {
  if (guardPath(root, current) === "absent") return "";
  const text = unlessCorrupt(() =>
    readText(current, MAX_SMALL_FILE_BYTES) ?? ""
  );
  return text?.replace(/^\ufeff/, "").replace(/^\0+$/, "").trim();
}

/** An owner's name may hold anything; its hash is a safe file name on every system. */
export async function bindingPath(
  layout: RepositoryLayout,
  { kind, name }: Owner,
): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(`${kind}\0${name}`));
  return `${layout.bindings}/${hex.slice(0, 32)}.json`;
}
