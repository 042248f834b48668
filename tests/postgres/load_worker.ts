/**
 * Updates a session as one of many processes: `load_worker.ts ROOT SESSION NAME COUNT`, with the variables that
 * choose a database.
 *
 * Says `ready` once it is connected, begins when it is told to, and names each update that the store has
 * acknowledged.
 */
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { closeStores } from "../../src/repository/store.ts";
import { refusing } from "./load.ts";

const [root = "", session = "", name = "", count = "0"] = Deno.args;
const host = denoHost();
const { store } = openRepository(host, { root, lockTimeout: "120" });

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

await store.read(session);
say("ready");
await Deno.stdin.read(new Uint8Array(1));
for (let number = 0; number < Number(count); number++) {
  const request = `${name} ${number}`;
  await store.update(session, refusing(request));
  say(request);
}
await closeStores(host);
