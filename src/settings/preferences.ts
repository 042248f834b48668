import { OrcError } from "../base/error.ts";
import type { Clock } from "../base/time.ts";
import type { Host } from "../host/host.ts";
import { type ConfigSite, existing, ownConfigFiles, siteAt } from "./files.ts";

/** How answers are to look where the command line does not say. */
interface Preferences {
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  /** What of the settings could not be used; the defaults stand in for it. */
  readonly warnings: readonly string[];
}

const DEFAULTS: Preferences = { output: "text", color: "auto", warnings: [] };

/** Without these and without files, nothing says anything. */
const VARIABLES = ["ORCHESTRATOR_OUTPUT", "ORCHESTRATOR_COLOR"] as const;

/**
 * Reads how answers are to look; for what is about no repository, the user says it. No command
 * fails over it: the next one may be what puts the settings right.
 */
export async function readPreferences(
  host: Host,
  site: ConfigSite | undefined,
): Promise<Preferences> {
  try {
    return isSilent(host, site) ? DEFAULTS : await readBoth(host, site);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return {
      ...DEFAULTS,
      warnings: [`${error.message}; output and color are as without settings`],
    };
  }
}

function isSilent(host: Host, site: ConfigSite | undefined): boolean {
  return VARIABLES.every((name) => !host.env(name)) &&
    existing(ownConfigFiles(host, site)).length === 0;
}

async function readBoth(
  host: Host,
  site: ConfigSite | undefined,
): Promise<Preferences> {
  const { readValue } = await import("./files.ts");
  const output = await readValue(host, site, "output");
  const color = await readValue(host, site, "color");
  return {
    output: output === "json" ? output : DEFAULTS.output,
    color: color === "always" || color === "never" ? color : DEFAULTS.color,
    warnings: [],
  };
}

/** Whether people want to be told about legacy files; for what is told in passing, no file fails. */
export async function isNoticeWanted(
  host: Host,
  root: string,
): Promise<boolean> {
  const { readValue } = await import("./files.ts");
  const site = siteAt(root);
  try {
    return await readValue(host, site, "notice") === true;
  } catch (error) {
    if (error instanceof OrcError) return true;
    throw error;
  }
}

/** What the host's clock shows, in UTC and on the wall. */
export function clockOf(host: Host): Clock {
  return { now: host.now(), localNow: host.localNow() };
}
