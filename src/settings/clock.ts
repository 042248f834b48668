import type { Clock } from "../base/local_time.ts";
import type { Host } from "../host/host.ts";

/** What the host's clock shows, in UTC and on the wall. */
export function clockOf(host: Host): Clock {
  return { now: host.now(), localNow: host.localNow() };
}
