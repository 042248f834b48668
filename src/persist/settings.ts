/** What the settings say of what leaves the machine. */
import type { Host } from "../host/host.ts";
import { type ConfigSite, readValue } from "../settings/files.ts";
import { isList } from "../settings/settings.ts";

export interface PersistSettings {
  /** Where copies go, in this order. */
  readonly to: readonly ("git" | "s3")[];
  /** Where the bucket lies; null without one. */
  readonly s3Url: string | null;
  /** Null to tell it by the host. */
  readonly s3Region: string | null;
  readonly after: "update" | "phase" | "finish" | "never";
  readonly intervalMs: number;
  readonly maxSessionBytes: number;
  readonly maxTotalBytes: number;
  /** Null where what leaves can be read by all who see it. */
  readonly recipient: string | null;
  /** Null for a private reference of each session. */
  readonly branch: string | null;
}

const MEGABYTE = 1_000_000;

/** @throws {OrcError} usage or config `invalid_setting` */
export async function readPersistSettings(
  host: Host,
  site: ConfigSite,
): Promise<PersistSettings> {
  const number = async (name: Parameters<typeof readValue>[2]) =>
    Number(await readValue(host, site, name));
  const text = async (name: Parameters<typeof readValue>[2]) => {
    const value = await readValue(host, site, name);
    return typeof value === "string" ? value : null;
  };
  const to = await readValue(host, site, "persist_to");
  return {
    to: (["git", "s3"] as const)
      .filter((each) => isList(to) && to.includes(each)),
    s3Url: await text("persist_s3_url"),
    s3Region: await text("persist_s3_region"),
    after: await text("persist_after") as PersistSettings["after"],
    intervalMs: await number("persist_interval_seconds") * 1000,
    maxSessionBytes: await number("persist_max_session_mb") * MEGABYTE,
    maxTotalBytes: await number("persist_max_total_mb") * MEGABYTE,
    recipient: await text("persist_recipient"),
    branch: await text("state_branch"),
  };
}
