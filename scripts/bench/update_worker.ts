import { decide } from "../../src/engine/decide.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";

/** Updates a session a number of times; every update is one event and changes nothing else. */
const [root = "", id = "", count = "0"] = Deno.args;
const host = denoHost();
const { store } = openRepository(host, { root, lockTimeout: "120" });
// All begin at once, when each has started: what a start takes is measured elsewhere, and the first
// update of a process takes many times as long as the others.
await update(0);
await Deno.stdout.write(new Uint8Array(1));
await Deno.stdin.read(new Uint8Array(1));
const waits: number[] = [];
for (let done = 1; done <= Number(count); done++) {
  const startedAtMs = performance.now();
  await update(done);
  waits.push(performance.now() - startedAtMs);
}
console.log(waits.join(" "));

async function update(number: number): Promise<void> {
  await store.update(
    id,
    ({ state }, at) =>
      decide(decodeDefinition(state.definition), state, {
        type: "refuse_approval",
        request: `update ${number}`,
        itemId: null,
      }, { at, caller: { agent: null, approval: null } }),
  );
}
