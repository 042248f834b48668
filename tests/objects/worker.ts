/** Pushes or pulls in a process of its own, which a test may kill. */
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { sameMachine } from "../persist/clones.ts";
import { settingsFor } from "./clones.ts";

const [root = "", act = "", url = ""] = Deno.args;
const host = sameMachine(root, settingsFor(url));
await (act === "push" ? pushSessions : pullSessions)(host, { root });
