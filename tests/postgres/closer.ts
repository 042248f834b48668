/** Asks a database once, and closes the store: the process ends by itself. */
import { storeContext } from "../session/fixtures.ts";
import { accessTo, openStore } from "./database.ts";

const store = openStore({
  access: accessTo(Number(Deno.args[0])),
  repo: "closing",
  context: storeContext(),
});
await store.upgrade();
console.log((await store.ids()).length);
if (Deno.args[1] === "close") {
  await store.close();
  console.log("closed");
}
