/**
 * Completes items of a session, as one of many processes: `worker.ts ROOT SESSION ITEM…`.
 *
 * Says `ready` when it has loaded everything, begins when it is told to, and names each item
 * that the store has acknowledged. A worker whose first item begins with `fool` often takes
 * the living for dead.
 */
import { repositoryLayout } from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { fileStore } from "../../src/session/read.ts";
import { complete } from "../session/fixtures.ts";

const [root = "", session = "", ...items] = Deno.args;
const host = denoHost();
const isFool = items[0]?.startsWith("fool") ?? false;
const store = fileStore(repositoryLayout(root), {
  timeoutMs: 30_000,
  purpose: "parallel test",
  now: host.now,
  newToken: host.newToken,
  identity: host.identity,
  livenessOf: (holder, lockedAt) =>
    isFool && Math.random() < 0.3 ? "dead" : host.livenessOf(holder, lockedAt),
  idSource: host.idSource,
});

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

await host.idSource();
host.identity();
say("ready");
await Deno.stdin.read(new Uint8Array(1));
for (const item of items) {
  const { warnings } = await store.update(session, complete(item));
  for (const warning of warnings) say(`warning: ${warning}`);
  say(item);
}
