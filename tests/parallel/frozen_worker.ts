/** Adds a note to the only session below a root, and stops itself while it holds the lock. */

import { openRepository } from "../../src/app/open_repository.ts";
import { decide } from "../../src/core/decide.ts";
import { decodeDefinition } from "../../src/core/definition.ts";
import { denoHost } from "../../src/host/deno_host.ts";

const [root = ""] = Deno.args;
const host = denoHost();
const { store } = openRepository(host, {
  root,
  purpose: "frozen",
});
const [id = ""] = store.ids();
let wasStopped = false;
await store.update(id, ({ state }) => {
  if (!wasStopped) Deno.kill(Deno.pid, "SIGSTOP");
  wasStopped = true;
  return decide(
    decodeDefinition(state.definition),
    state,
    { type: "note", text: "frozen", itemId: null },
    { at: host.now(), caller: { agent: null, approval: null } },
  );
});
