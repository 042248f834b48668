/** Pushes or pulls, and is killed before it runs git for the nth time, or right after. */
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { sameMachine } from "./clones.ts";

const [root = "", act = "", count = "", when = "", branch = ""] = Deno.args;
let left = Number(count);
const host = sameMachine(
  root,
  branch ? { ORCHESTRATOR_STATE_BRANCH: branch } : {},
);
const killed = {
  ...host,
  runProgram: async (request: Parameters<typeof host.runProgram>[0]) => {
    left--;
    if (left === 0 && when === "before") die();
    const result = await host.runProgram(request);
    if (left === 0 && when === "after") die();
    return result;
  },
};

function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  for (;;);
}

await (act === "push" ? pushSessions : pullSessions)(killed, { root });
