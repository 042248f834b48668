/** Whether it is worth asking the settings if this machine vanishes: every change asks, so nothing is loaded for it. */
import { detectMachine } from "../host/ephemeral.ts";
import { type Host, variableOf } from "../host/host.ts";
import { mayHoldSettings } from "../repository/open.ts";

/** Whether the environment or a file may say that this machine vanishes. */
export function mayVanish(host: Host, root: string): boolean {
  const env = (name: string) => variableOf(host, name);
  if (env("ORCHESTRATOR_EPHEMERAL") === "0") return false;
  return detectMachine(env).vanishes !== "no" ||
    env("ORCHESTRATOR_WEB_MODE") !== undefined || mayHoldSettings(host, root);
}
