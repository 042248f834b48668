import { LOCK_TIMEOUT_MS } from "../base/limits.ts";
import type { Host } from "../host/host.ts";
import { configFiles, type ConfigSite, existing } from "./files.ts";

/** How long to wait for a lock where neither flag nor environment says so. */
export async function readLockTimeoutMs(
  host: Host,
  site: ConfigSite,
): Promise<number> {
  if (existing(configFiles(host, site)).length === 0) return LOCK_TIMEOUT_MS;
  const { readValue } = await import("./read_config.ts");
  return Number(await readValue(host, site, "lock_timeout_seconds")) * 1000;
}
