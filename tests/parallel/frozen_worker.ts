/** Adds a note to the only session below a root, and stops itself while it holds the lock. */
import { decide } from "../../src/engine/decide.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";

const [root = ""] = Deno.args;
const host = denoHost();
const { store } = openRepository(host, {
  root,
  purpose: "frozen",
});
const [id = ""] = await store.ids();
let wasStopped = false;
await store.update(id, ({ state }, at) => {
  if (!wasStopped) Deno.kill(Deno.pid, "SIGSTOP");
  wasStopped = true;
  return decide(
    decodeDefinition(state.definition),
    state,
    { type: "note", text: "frozen", itemId: null },
    { at, caller: { agent: null, approval: null } },
  );
});
