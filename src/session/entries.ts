/** Sessions as a list shows them: the ones changed last, and damaged ones with what is wrong. */
import { onRefusal } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { asOrcError, ifThere } from "../files/errors.ts";
import { readSession } from "./read.ts";
import type { SessionEntry } from "./store.ts";

/** Reads these sessions, or so many of those changed last. */
export async function listEntries(
  layout: RepositoryLayout,
  ids: readonly string[],
  limit = Infinity,
): Promise<readonly SessionEntry[]> {
  const entries: SessionEntry[] = [];
  for (const id of changedLast(layout, ids, limit)) {
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
  layout: RepositoryLayout,
  id: string,
): Promise<SessionEntry> {
  return await readSession(layout, id).then(
    ({ state }) => ({ id, state, problem: null }),
    onRefusal(({ code, message }) => {
      const isUnfinished = code === "no_such_session";
      const problem = isUnfinished ? "unfinished: no state.json" : message;
      return { id, state: null, problem };
    }),
  );
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
