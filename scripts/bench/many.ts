import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { encodeLogLine } from "../../src/engine/event.ts";
import { linkEvents, newChain } from "../../src/replay/chain.ts";
import { decodeSession } from "../../src/session/codec.ts";
import { encodeSession } from "../../src/session/encode.ts";
import { readCurrent } from "../../src/session/read.ts";

/** Makes copies of the one session there is, each as sound as it, so that there are so many. */
export async function multiplySessions(
  root: string,
  sessions: number,
): Promise<void> {
  const own = readCurrent(repositoryLayout(root)) ?? "";
  const { state, meta } = sessionLayout(root, own);
  const session = await decodeSession(Deno.readTextFileSync(state), state);
  const metaText = Deno.readTextFileSync(meta);
  for (let count = 1; count < sessions; count++) {
    const id = `copy${String(count).padStart(22, "0")}`;
    const paths = sessionLayout(root, id);
    Deno.mkdirSync(paths.directory);
    const { chain, events } = linkEvents(
      newChain(id),
      session.lastEvents,
      session.state,
    );
    const copy = { ...session, sessionId: id, chain, lastEvents: events };
    const text = await encodeSession(copy, session.state.updatedAt);
    Deno.writeTextFileSync(paths.state, text);
    Deno.writeTextFileSync(paths.log, events.map(encodeLogLine).join(""));
    Deno.writeTextFileSync(paths.meta, metaText.replaceAll(own, id));
  }
}
