import { OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { guardPath } from "../files/path_guard.ts";
import { readSession } from "./read.ts";
import type { SessionEntry, SessionStore } from "./session_store.ts";
import type { StoreContext } from "./update.ts";

/**
 * The sessions below `.orchestrator/` of one repository. What writes is loaded by the first
 * write: most commands only read.
 */
export function fileStore(
  layout: RepositoryLayout,
  context: StoreContext,
): SessionStore {
  let update: SessionStore["update"] | undefined;
  return {
    create: async (session) => {
      const { createSession } = await import("./create.ts");
      return createSession(layout, context, session);
    },
    read: (id) => readSession(layout, id),
    update: async (id, change) => {
      const { sessionUpdater } = await import("./update.ts");
      update ??= sessionUpdater(layout, context);
      return update(id, change);
    },
    ids: () => sessionIds(layout),
    list: (limit) => listSessions(layout, limit),
  };
}

function sessionIds(layout: RepositoryLayout): readonly string[] {
  guardPath(layout.root, layout.sessions);
  try {
    return [...Deno.readDirSync(layout.sessions)]
      .filter(({ name, isFile }) => !isFile && isSessionId(name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list the sessions", layout.sessions);
  }
}

async function listSessions(
  layout: RepositoryLayout,
  limit = Infinity,
): Promise<readonly SessionEntry[]> {
  const entries: SessionEntry[] = [];
  for (const id of changedLast(layout, sessionIds(layout), limit)) {
    entries.push(await readEntry(layout, id));
  }
  return entries;
}

/** Each update replaces a file in the session's directory. */
function changedLast(
  layout: RepositoryLayout,
  ids: readonly string[],
  limit: number,
): readonly string[] {
  if (ids.length <= limit) return ids;
  const changedAtMs = new Map(ids.map((id) => [
    id,
    changeOf(sessionLayout(layout.root, id).directory),
  ]));
  return ids
    .toSorted((a, b) => (changedAtMs.get(b) ?? 0) - (changedAtMs.get(a) ?? 0))
    .slice(0, limit);
}

function changeOf(directory: string): number {
  try {
    return Deno.lstatSync(directory).mtime?.getTime() ?? 0;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw asOrcError(error, "read", directory);
  }
}

/** Reads a session for a list: what is wrong with it is an answer too. */
export async function readEntry(
  layout: RepositoryLayout,
  id: string,
): Promise<SessionEntry> {
  try {
    const { state } = await readSession(layout, id);
    return { id, state, problem: null };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const isUnfinished = error.code === "no_such_session";
    const problem = isUnfinished ? "unfinished: no state.json" : error.message;
    return { id, state: null, problem };
  }
}
