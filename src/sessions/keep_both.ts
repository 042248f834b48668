/** A session under another id than the one it was made with. */
import { asObject, type JsonObject, withFields } from "../base/json.ts";
import { linkedLine } from "../replay/chain.ts";
import { type SessionLayout, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { encodeLogLine } from "../engine/event.ts";
import {
  discard,
  renameOver,
  writeNewFile,
  writeNewPieces,
} from "../files/write.ts";
import { encodeSession } from "../session/encode.ts";
import { linesFrom } from "../session/log.ts";
import { openForReading } from "../session/log_read.ts";
import type { Session } from "../session/store.ts";

/**
 * Gives a staged session a new id. The chain of its events began with the old one and would meet
 * nowhere: its lines lose their places in it, and a new chain begins with the next update, which says
 * of what was done before that orc did not see it.
 */
export async function stageRenamed(
  root: string,
  session: Session,
  { staged, newId }: {
    readonly staged: SessionLayout;
    readonly newId: string;
  },
): Promise<Session> {
  const renamed: Session = {
    ...session,
    state: { ...session.state, source: unchainedSource(session) },
    id: newId,
    sessionId: session.serial > 0 ? newId : null,
    lastEvents: [],
    chain: null,
  };
  const log = `${staged.log}${TEMPORARY_SUFFIX}`;
  await writeNewPieces(log, unchained(root, staged.log, session));
  renameOver(log, staged.log);
  const state = await encodeSession(renamed, session.state.updatedAt);
  discard(staged.state);
  writeNewFile(staged.state, state);
  return renamed;
}

/** What was read stays in what is written, unless it is taken out. */
function unchainedSource({ state: { source } }: Session): JsonObject {
  const metadata = asObject(source.get("metadata"));
  const orc = asObject(metadata?.get("orc"));
  if (metadata === undefined || orc === undefined) return source;
  const ours = new Map(orc);
  ours.delete("chain");
  return withFields(source, {
    metadata: withFields(metadata, { orc: ours }),
  });
}

const BATCH_LENGTH = 256 * 1024;

async function* unchained(
  root: string,
  path: string,
  { lastEvents }: Session,
): AsyncGenerator<Uint8Array> {
  const ids = new Set(lastEvents.map(({ id }) => id));
  const encoder = new TextEncoder();
  let batch = "";
  const file = openForReading({ root, path });
  try {
    for (const { text, isEnded } of file ? linesFrom(file, 0) : []) {
      if (text === undefined || !isEnded) continue;
      for (const id of ids) if (text.includes(id)) ids.delete(id);
      batch += `${linkedLine(text)?.line ?? text}\n`;
      if (batch.length < BATCH_LENGTH) continue;
      yield encoder.encode(batch);
      batch = "";
    }
  } finally {
    file?.close();
  }
  const missing = lastEvents.filter(({ id }) => ids.has(id))
    .map(({ link: _link, ...event }) => encodeLogLine(event));
  yield encoder.encode(batch + missing.join(""));
}
