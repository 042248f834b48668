/** Sessions that come among documents, or leave them, as they are. */
import { decodeUtf8 } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { assertWritable } from "../session/encode.ts";
import { joinedBytes } from "../files/write.ts";
import {
  type Carried,
  carriedMeta,
  type CarriedOutput,
  type CarryingStore,
  changedMeanwhile,
} from "../session/kept/carried.ts";
import { pagedLines } from "../session/kept/paged.ts";
import { nameSession, sweep } from "./change.ts";
import { encodeLines, type Head, isTailFull, logBytesOf } from "./head.ts";
import { CHECKPOINTS, checkpointsIn, OUTPUTS } from "./kept.ts";
import { metaIn } from "../session/create.ts";
import { LOG, nameOfPage, type SessionDocuments } from "./sessions.ts";
import { storeOf } from "./store.ts";

export function carryingDocuments(all: SessionDocuments): CarryingStore {
  return {
    store: storeOf(all),
    address: all.documents.shown,
    carriedOf: (id) => carriedOf(all, id),
    keepCarried: (carried, before) => keepCarried(all, carried, before),
    keepBeside: (carried) => keepBeside(all, carried),
    remark: async (remark) => void await nameSession(all, remark),
  };
}

async function carriedOf(
  all: SessionDocuments,
  id: string,
): Promise<Carried | undefined> {
  const found = await all.find(id);
  if (found === undefined) return undefined;
  const { head } = found;
  const session = await all.session(head, id);
  assertWritable(session, all.labelOf(id));
  return {
    session,
    state: head.state,
    meta: carriedMeta(metaIn(head.meta, all.labelOf(id))),
    async *log() {
      for await (const lines of pagedLines(all.logOf(id))) {
        for (const { startBytes, bytes } of lines) {
          if (startBytes >= logBytesOf(head)) return;
          yield joinedBytes([...bytes()]);
        }
      }
    },
    checkpoints: () => checkpointsIn(all, id).all([]),
    outputs: () => outputsOf(all, id, head),
  };
}

async function* outputsOf(
  all: SessionDocuments,
  id: string,
  head: Head,
): AsyncGenerator<CarriedOutput> {
  for (const name of await all.partsOf(id, head, OUTPUTS)) {
    const key = await all.partOf(id, head, name);
    const document = await all.ask((documents) => documents.get(key));
    if (document === undefined) continue;
    const content = new TextEncoder().encode(JSON.parse(document.text));
    yield { name, content };
  }
}

/** All of it is there before the session counts; what a try left that did not come so far, nobody finds. */
async function keepCarried(
  all: SessionDocuments,
  carried: Carried,
  before: string | undefined,
): Promise<void> {
  const { session: { id, serial }, state, meta } = carried;
  const life = all.context.newToken();
  const replaced = await all.change(id, async (found) => {
    const present = found?.head.state;
    // An answer that got lost leaves it as it was to be.
    if (present === state) return { result: undefined };
    if (present !== before) throw changedMeanwhile(all.labelOf(id));
    const empty: Head = {
      ...{ life, serial, state, pagedBytes: 0, tail: [] },
      meta: found?.head.meta ?? printJson(meta),
    };
    const head = await withLog(all, id, empty, carried.log());
    if (found) await copyParts(all, id, found.head, head);
    return { head, result: found?.head };
  });
  await keepBeside(all, carried);
  if (replaced !== undefined) await sweep(all, id, replaced);
}

async function withLog(
  all: SessionDocuments,
  id: string,
  empty: Head,
  lines: AsyncIterable<Uint8Array>,
): Promise<Head> {
  let head = empty;
  for await (const line of lines) {
    if (isTailFull(head)) {
      const { pagedBytes: startBytes, tail } = head;
      const endBytes = logBytesOf(head);
      const page = nameOfPage({ startBytes, endBytes });
      await putPart(all, await all.partOf(id, head, page), encodeLines(tail));
      head = { ...head, pagedBytes: endBytes, tail: [] };
    }
    head = { ...head, tail: [...head.tail, line] };
  }
  return head;
}

/** What is kept beside the session that it replaces belongs to it too. */
async function copyParts(
  all: SessionDocuments,
  id: string,
  from: Head,
  to: Head,
): Promise<void> {
  for (const part of await all.partsOf(id, from, "")) {
    if (part.startsWith(LOG)) continue;
    const key = await all.partOf(id, from, part);
    const document = await all.ask((documents) => documents.get(key));
    if (document === undefined) continue;
    await putPart(all, await all.partOf(id, to, part), document.text);
  }
}

/** Adds what a session has beside its state and log, where it is not there yet. */
async function keepBeside(
  all: SessionDocuments,
  { session: { id }, checkpoints, outputs }: Carried,
): Promise<void> {
  const { head } = await all.hold(id);
  for await (const { id: name, text } of checkpoints()) {
    const key = await all.partOf(id, head, `${CHECKPOINTS}${name}`);
    await putPart(all, key, JSON.stringify(text));
  }
  for await (const { name, content } of outputs()) {
    const key = await all.partOf(id, head, name);
    await putPart(all, key, JSON.stringify(decodeUtf8(content, name)));
  }
}

async function putPart(
  all: SessionDocuments,
  key: string,
  text: string,
): Promise<void> {
  await all.ask((documents) => documents.put(key, text, undefined));
}
