/** How sessions among documents come, change and go: each by replacing one document. */
import { onRefusal } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import { isSessionId } from "../base/ids.ts";
import { jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { encodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { metaIn, type Remark, sessionMeta } from "../session/create.ts";
import { encodeSession } from "../session/encode.ts";
import type {
  MayRemove,
  NewSession,
  Session,
  SessionChange,
  Updated,
} from "../session/store.ts";
import { notNew, stamp, stampNew } from "../session/update.ts";
import { type Head, logBytesOf } from "./head.ts";
import { besideOf } from "./kept.ts";
import type { SessionDocuments } from "./sessions.ts";

export async function createSession(
  documents: SessionDocuments,
  { id, decision, localTime, owner }: NewSession,
): Promise<Session> {
  if (!isSessionId(id)) throw notNew(id);
  const { context } = documents;
  const session = stampNew(id, decision, await context.idSource());
  const { serial, state, lastEvents } = session;
  const meta = withFields(
    jsonObject(sessionMeta(id, handed("localNow()", localTime))),
    { ...documents.origin(), ...owner === undefined ? {} : { owner } },
  );
  const head: Head = {
    ...{ life: context.newToken(), serial, pagedBytes: 0 },
    ...{ meta: printJson(meta), tail: linesOf(lastEvents) },
    state: await encodeSession(session, state.updatedAt),
  };
  // deno-lint-ignore require-await
  return await documents.change(id, async (found, isUnsure) => {
    if (found === undefined) return { head, result: session };
    // By its name it is known who made it, even if others went on with it.
    if (isUnsure && found.head.life === head.life) return { result: session };
    throw notNew(id);
  });
}

function linesOf(events: readonly RecordedEvent[]): readonly Uint8Array[] {
  return events.map((event) =>
    new TextEncoder().encode(encodeLogLine(event).trimEnd())
  );
}

/** What a try stores. */
interface Made {
  readonly updated: Updated;
  readonly state: string;
  readonly life: string;
  /** Where its events begin in the log. */
  readonly place: number;
}

export async function updateSession(
  documents: SessionDocuments,
  id: string,
  change: SessionChange,
  signal?: AbortSignal,
): Promise<Updated> {
  const { context, memory } = documents;
  const newId = await context.idSource();
  let last: Made | undefined;
  const updated = await documents.change(id, async (found, isUnsure) => {
    const { head } = found ?? await documents.hold(id);
    if (isUnsure && last && await isStored(documents, head, last)) {
      return { result: last.updated };
    }
    last = undefined;
    const session = await documents.writable(head, id);
    const at = handed("now()", context.now());
    const decision = change(session, at, () => undefined);
    if (decision.events.length === 0) {
      return { result: { session, events: [], warnings: [] } };
    }
    const next = stamp({ ...session, lastEvents: [] }, decision, at, newId);
    const result = { ...next, warnings: [] };
    const state = await encodeSession(next.session, at);
    const { life } = head;
    last = { updated: result, state, life, place: logBytesOf(head) };
    const { serial, lastEvents } = next.session;
    const tail = [...head.tail, ...linesOf(lastEvents)];
    return { head: { ...head, serial, state, tail }, result };
  }, signal);
  if (last !== undefined) {
    const { state: text } = last as Made;
    const session = Promise.resolve(updated.session);
    memory.last = { id, text, session };
  }
  return updated;
}

/** Whether the events that were made for a try are in the log. */
async function isStored(
  documents: SessionDocuments,
  head: Head,
  { updated: { session, events }, life, place }: Made,
): Promise<boolean> {
  const eventId = session.lastEvents[0]?.id ?? "";
  return life === head.life && events.length > 0 &&
    await documents.isLogged(session.id, head, { place, eventId });
}

/** @throws {OrcError} `no_such_session` (not_found), `store_busy` (conflict); `invalid_meta` (corrupt) */
export async function nameSession(
  documents: SessionDocuments,
  { id, said }: Remark,
): Promise<readonly string[]> {
  return await documents.change(id, async (found) => {
    const { head } = found ?? await documents.hold(id);
    const known = metaIn(head.meta, documents.labelOf(id));
    const meta = printJson(withFields(known, said));
    return { head: { ...head, meta }, result: [] };
  });
}

export async function removeSession(
  documents: SessionDocuments,
  id: string,
  mayRemove: MayRemove,
): Promise<boolean> {
  let removed: Head | undefined;
  const mayGo = async (head: Head) => {
    const session = await documents.writable(head, id);
    return await mayRemove(session, () => besideOf(documents, id, head));
  };
  const isGone = await documents.change<boolean>(
    id,
    async (found, isUnsure) => {
      if (found === undefined) return { result: isUnsure };
      const { head } = found;
      if (!await mayGo(head)) return { result: false };
      removed = head;
      return { isRemoved: true, result: true };
    },
  );
  if (!isGone || removed === undefined) return isGone;
  const head = removed;
  // What was kept beside it meanwhile was acknowledged: with that, it may have to stay.
  if (!await mayGo(head)) {
    return await documents.change<boolean>(
      id,
      // deno-lint-ignore require-await
      async (found) => found ? { result: true } : { head, result: false },
    );
  }
  await sweep(documents, id, head);
  return true;
}

/** Removes what belonged to a session that is gone. What is left of it after a crash, nobody finds. */
export async function sweep(
  documents: SessionDocuments,
  id: string,
  head: Head,
): Promise<void> {
  const sweeping = async () => {
    for (const part of await documents.partsOf(id, head, "")) {
      const key = await documents.partOf(id, head, part);
      await documents.ask((all) => all.delete(key));
    }
  };
  await sweeping().catch(onRefusal(() => {}));
}
