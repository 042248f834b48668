import type { RequiredCheck } from "../engine/check.ts";
import type { Host } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { readValue } from "../settings/read_config.ts";
import type { Item } from "../workflow/types.ts";

/** A check, and the item it is for. */
export interface CheckOfItem {
  readonly check: RequiredCheck;
  readonly item: Pick<Item, "timeoutSeconds"> | undefined;
}

/** Lets the settings say how long a check may run, where its item does not. */
export async function withTimeLimit(
  host: Host,
  site: ConfigSite,
  { check, item }: CheckOfItem,
): Promise<RequiredCheck> {
  if (check.type !== "command" || item?.timeoutSeconds !== undefined) {
    return check;
  }
  const seconds = await readValue(host, site, "check_timeout_seconds");
  return { ...check, timeoutMs: Number(seconds) * 1000 };
}
