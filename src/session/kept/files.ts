/** What a store of files can do besides reading states; each part is loaded by its first use. */
import { type RepositoryLayout, sessionLayout } from "../../base/layout.ts";
import type { JsonObject } from "../../base/json.ts";
import { sizeOf } from "../../files/read.ts";
import { metaOf } from "../read.ts";
import type { Memory, SessionStore, StoreContext } from "../store.ts";

export function restOfFiles(
  layout: RepositoryLayout,
  context: StoreContext,
  memory: Memory,
): Omit<SessionStore, "capabilities" | "read" | "meta"> {
  let update: SessionStore["update"] | undefined;
  const writing = () => import("../create.ts");
  const listing = () => import("../entries.ts");
  const logs = () => import("./events.ts");
  const kept = () => import("./checkpoints.ts");
  const printed = () => import("./outputs.ts");
  const said = () => import("./feedback.ts");
  return {
    create: async (session) =>
      (await writing()).createSession(layout, context, session),
    update: async (...request) => {
      const { sessionUpdater } = await import("../update.ts");
      update ??= sessionUpdater(layout, context, memory);
      return await update(...request);
    },
    ids: async () => (await listing()).sessionIds(layout),
    count: async () => (await (await listing()).sessionIds(layout)).length,
    list: async (options) => (await listing()).listEntries(layout, options),
    async *events(...request) {
      yield* (await logs()).sessionEvents(layout, ...request);
    },
    async *log(...request) {
      yield* (await logs()).loggedLines(layout, ...request);
    },
    logBytes: async (id) =>
      sizeOf(sessionLayout(layout.root, id).log) ||
      (await import("../pack/door.ts")).packedLogBytes(layout.root, id),
    version: async (id) =>
      (await logs()).versionOf(sessionLayout(layout.root, id)),
    metas: async (ids, problems) => {
      const { unlessDamaged } = await listing();
      const metas = new Map<string, JsonObject>();
      for (const id of ids) {
        const meta = await unlessDamaged(() => metaOf(layout, id), problems);
        if (meta !== undefined) metas.set(id, meta);
      }
      return metas;
    },
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
