/**
 * Counts in a session, as one of many processes: `worker.ts ROOT SESSION PROCESS UPDATES`.
 *
 * Says `+` for each update that the store has acknowledged, and `dead PID INSTANT` when it
 * finds a lock or claim of a process that has ended.
 */
import { repositoryLayout } from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { fileStore } from "../../src/session/read.ts";
import { countFurther, itemOf } from "./session.ts";

/** Longer than a torture takes: nobody is to give up. */
const TIMEOUT_MS = 3_600_000;

const [root = "", id = "", process = "", updates = ""] = Deno.args;
const host = denoHost();
const store = fileStore(repositoryLayout(root), {
  timeoutMs: TIMEOUT_MS,
  purpose: "torture",
  now: host.now,
  newToken: host.newToken,
  identity: host.identity,
  livenessOf(holder, lockedAt) {
    const liveness = host.livenessOf(holder, lockedAt);
    if (liveness === "dead") say(`dead ${holder.pid} ${lockedAt}`);
    return liveness;
  },
  idSource: host.idSource,
});

/** One write for a line: a kill must not leave half of it. */
function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const itemId = itemOf(Number(process));
for (let count = 0; count < Number(updates); count++) {
  const { warnings } = await store.update(
    id,
    (session) => countFurther(session, itemId),
  );
  for (const warning of warnings) say(`warning ${warning}`);
  say("+");
}
