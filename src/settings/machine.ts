/** What is known of this machine, and what the settings say of it. */
import { detectMachine, type Machine } from "../host/ephemeral.ts";
import { type Host, variableOf } from "../host/host.ts";
import { type ConfigSite, readValue } from "./files.ts";

/**
 * Says whether this machine vanishes: `ORCHESTRATOR_EPHEMERAL` first, then the setting `web_mode`,
 * then what gives the place away.
 *
 * @throws {OrcError} usage or config `invalid_setting`
 */
export async function readMachine(
  host: Host,
  site: ConfigSite | undefined,
): Promise<Machine> {
  const machine = detectMachine((name) => variableOf(host, name));
  if (/^(?:[01]|true|false)$/i.test(variableOf(host, SAID) ?? "")) {
    return machine;
  }
  const mode = await readValue(host, site, "web_mode");
  if (typeof mode !== "boolean") return machine;
  return { ...machine, vanishes: mode ? "yes" : "no" };
}

const SAID = "ORCHESTRATOR_EPHEMERAL";
