/** The sessions of a repository among documents. */
import { pagedEvents, pagedLines } from "../session/kept/paged.ts";
import type { SessionStore } from "../session/store.ts";
import {
  createSession,
  nameSession,
  removeSession,
  updateSession,
} from "./change.ts";
import type { Documents } from "./documents.ts";
import { logBytesOf } from "./head.ts";
import { checkpointsIn, feedbackIn, outputsIn } from "./kept.ts";
import { listEntries, metaOf, readMetas } from "./list.ts";
import { type DocumentStoreOptions, SessionDocuments } from "./sessions.ts";

export type { DocumentStoreOptions } from "./sessions.ts";

/** Opens the sessions of a repository that are kept among documents. */
export function documentStore(
  documents: Documents,
  options: DocumentStoreOptions,
): SessionStore {
  return storeOf(new SessionDocuments(documents, options));
}

export function storeOf(all: SessionDocuments): SessionStore {
  const headOf = async (id: string) => (await all.find(id))?.head;
  return {
    capabilities: () => Promise.resolve({ files: false }),
    create: (session) => createSession(all, session),
    read: async (id) => await all.session((await all.hold(id)).head, id),
    update: (...request) => updateSession(all, ...request),
    ids: () => all.ids(),
    count: async () => (await all.ids()).length,
    list: (wanted) => listEntries(all, wanted),
    async *events(session, wanted) {
      yield* pagedEvents(all.logOf(session.id), session, wanted);
    },
    async *log(id, startBytes) {
      yield* pagedLines(all.logOf(id), startBytes);
    },
    logBytes: async (id) => {
      const head = await headOf(id);
      return head === undefined ? 0 : logBytesOf(head);
    },
    version: async (id) => (await headOf(id))?.serial.toString(),
    meta: async (id) => metaOf(await headOf(id), all.labelOf(id)),
    metas: (...request) => readMetas(all, ...request),
    nameSession: (naming) => nameSession(all, naming),
    checkpoints: (id) => Promise.resolve(checkpointsIn(all, id)),
    outputs: ({ id }) => Promise.resolve(outputsIn(all, id)),
    feedback: (id) => Promise.resolve(feedbackIn(all, id)),
    remove: (...request) => removeSession(all, ...request),
  };
}
