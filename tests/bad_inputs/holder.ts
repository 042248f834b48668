/**
 * Completes an item of a session and holds its lock meanwhile: `holder.ts ROOT SESSION ITEM`.
 *
 * Says `holding` when it has decided for the first time, goes on when it is told to, and says
 * `done` when the store has acknowledged.
 */
import { repositoryLayout } from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { fileStore } from "../../src/session/read.ts";
import { complete } from "../session/fixtures.ts";

const [root = "", session = "", item = ""] = Deno.args;
const host = denoHost();
const store = fileStore(repositoryLayout(root), {
  ...host,
  timeoutMs: 5_000,
  purpose: "holder",
});

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

let decisions = 0;
await store.update(session, (found) => {
  if (decisions++ === 0) {
    say("holding");
    Deno.stdin.readSync(new Uint8Array(1));
  }
  return complete(item)(found);
});
say(`done after ${decisions} decisions`);
