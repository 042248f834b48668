/** Which sessions of a repository are kept among documents, and what is said of them. */
import { onRefusal } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { metaIn } from "../session/create.ts";
import type { SessionEntry, StoreListOptions } from "../session/store.ts";
import type { Head } from "./head.ts";
import type { SessionDocuments } from "./sessions.ts";

/** So many are asked for at once. */
const AT_ONCE = 16;

export async function listEntries(
  documents: SessionDocuments,
  { limit = Infinity, status }: StoreListOptions = {},
): Promise<readonly SessionEntry[]> {
  const entries: SessionEntry[] = [];
  const ids = await documents.ids();
  await eachOf(documents, ids, async (id, find) => {
    const entry = await find()
      .then(async (head) => head && await documents.session(head, id))
      .then(
        (session) => session && { id, state: session.state, problem: null },
        onRefusal(({ message }) => ({ id, state: null, problem: message })),
      );
    if (entry !== undefined) entries.push(entry);
  });
  return lastChanged(entries, limit)
    .filter(({ state }) => !status || state?.status === status);
}

/** All by their ids, or so many of those changed last; what cannot be read may have been changed just now. */
function lastChanged(
  entries: readonly SessionEntry[],
  limit: number,
): readonly SessionEntry[] {
  const byId = entries.toSorted((one, other) => one.id < other.id ? -1 : 1);
  if (byId.length <= limit) return byId;
  const changedAt = ({ state }: SessionEntry) => state?.updatedAt ?? "~";
  return byId.sort((one, other) => changedAt(one) < changedAt(other) ? 1 : -1)
    .slice(0, limit);
}

export async function readMetas(
  documents: SessionDocuments,
  ids: readonly string[],
  problems: string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const metas = new Map<string, JsonObject>();
  await eachOf(documents, ids, async (id, find) => {
    const meta = await find().then((head) =>
      metaOf(head, documents.labelOf(id))
    ).catch(onRefusal(({ message }) => void problems.push(message)));
    if (meta) metas.set(id, meta);
  });
  return metas;
}

/** Looks at many, some at once. */
async function eachOf(
  documents: SessionDocuments,
  ids: readonly string[],
  look: (
    id: string,
    find: () => Promise<Head | undefined>,
  ) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    await Promise.all(
      ids.slice(at, at + AT_ONCE).map((id) =>
        look(id, async () => (await documents.find(id))?.head)
      ),
    );
  }
}

/** @throws {OrcError} `invalid_json` or `invalid_meta` (corrupt) */
export function metaOf(
  head: Head | undefined,
  label: string,
): JsonObject | undefined {
  return head && metaIn(head.meta, label);
}
