import { decide } from "../../src/engine/decide.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";

/** Updates a session a number of times; every update is one event and changes nothing else. */
const [root = "", id = "", count = "0"] = Deno.args;
const host = denoHost();
const { store } = openRepository(host, { root, lockTimeout: "120" });
// All begin at once, when each has started: what a start takes is measured elsewhere.
await Deno.stdout.write(new Uint8Array(1));
await Deno.stdin.read(new Uint8Array(1));
const waits: number[] = [];
for (let done = 0; done < Number(count); done++) {
  const startedAtMs = performance.now();
  await store.update(
    id,
    ({ state }) =>
      decide(decodeDefinition(state.definition), state, {
        type: "refuse_approval",
        request: `update ${done}`,
        itemId: null,
      }, { at: host.now(), caller: { agent: null, approval: null } }),
  );
  waits.push(performance.now() - startedAtMs);
}
console.log(waits.join(" "));
