/** Sessions as a list shows them: the ones changed last, and damaged ones with what is wrong. */
import { onRefusal } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { asOrcError, ifThere } from "../files/errors.ts";
import { entriesIn, guardDirectory, guardPath } from "../files/read.ts";
import { readState } from "./pack/door.ts";
import { decodeState, isForeignSession, metaOf } from "./read.ts";
import type {
  Session,
  SessionEntry,
  SessionStore,
  StoreListOptions,
} from "./store.ts";

/** The ids of all sessions; what another program keeps beside them is none. */
export function sessionIds(layout: RepositoryLayout): readonly string[] {
  guardPath(layout.root, layout.sessions);
  return entriesIn(layout.sessions, "list the sessions")
    .filter(({ name, isFile }) => !isFile && isSessionId(name))
    .map(({ name }) => name)
    .filter((name) => !isForeignSession(layout, name))
    .sort();
}

/** Reads all sessions, or those that are asked for. */
export async function listEntries(
  layout: RepositoryLayout,
  { limit = Infinity, status }: StoreListOptions = {},
): Promise<readonly SessionEntry[]> {
  const entries: SessionEntry[] = [];
  const ids = sessionIds(layout);
  for (const id of changedLast(layout, ids, limit)) {
    const entry = await readIf(layout, id, status)
      .then((session) => session && entryOf(session), unreadable(id));
    const isWanted = !status || entry?.state?.status === status;
    if (entry && isWanted) entries.push(entry);
  }
  return entries;
}

/** Undefined for one that cannot be of the status: to decode a state takes ten times as long as to read it. */
async function readIf(
  layout: RepositoryLayout,
  id: string,
  status: string | undefined,
): Promise<Session | undefined> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  const text = readState(layout.root, paths, id);
  // With a backslash a word may be spelled in many ways.
  const mayBe = !status || text.includes(`"${status}"`) ||
    text.includes("\\u");
  return mayBe ? await decodeState(text, paths, id) : undefined;
}

/** Each update replaces a file in the session's directory. */
function changedLast(
  layout: RepositoryLayout,
  ids: readonly string[],
  limit: number,
): readonly string[] {
  if (ids.length <= limit) return ids;
  const changes = ids.map((id) => {
    const { directory } = sessionLayout(layout.root, id);
    return { id, atMs: changedAtMs(directory) };
  });
  return changes.sort((a, b) => b.atMs - a.atMs).slice(0, limit)
    .map(({ id }) => id);
}

function changedAtMs(directory: string): number {
  try {
    const info = ifThere(() => Deno.lstatSync(directory));
    return info?.mtime?.getTime() ?? 0;
  } catch (error) {
    throw asOrcError(error, "read", directory);
  }
}

/** Reads a session for a list: what is wrong with it is an answer too. */
export async function readEntry(
  store: SessionStore,
  id: string,
): Promise<SessionEntry> {
  return await store.read(id).then(entryOf, unreadable(id));
}

function entryOf({ id, state }: Session): SessionEntry {
  return { id, state, problem: null };
}

function unreadable(id: string): (error: unknown) => SessionEntry {
  return onRefusal(({ code, message }) => {
    const isUnfinished = code === "no_such_session";
    const problem = isUnfinished ? "unfinished: no state.json" : message;
    return { id, state: null, problem };
  });
}

/** Reads what may be damaged, which must not hide what is not: why it cannot be read becomes a warning. */
export async function unlessDamaged<Value>(
  read: () => Value | Promise<Value>,
  warnings: string[],
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    onRefusal(({ message }) => warnings.push(message))(error);
    return undefined;
  }
}

/** What is said of several sessions, as far as anything is. */
export async function sessionMetas(
  layout: RepositoryLayout,
  ids: readonly string[],
  problems: string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const metas = new Map<string, JsonObject>();
  for (const id of ids) {
    const meta = await unlessDamaged(() => metaOf(layout, id), problems);
    if (meta !== undefined) metas.set(id, meta);
  }
  return metas;
}
