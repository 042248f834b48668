/** What orc packs by itself, where the setting `store` says so. */
import { OrcError } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import { countOf, sizeText } from "../base/text.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { isClosed } from "../engine/state.ts";
import { ifThere } from "../files/errors.ts";
import { clockOf, type Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import { packSession } from "../session/pack/pack.ts";
import type { Session } from "../session/store.ts";
import { type ConfigSite, readValue, siteAt } from "../settings/files.ts";
import { restingDays } from "./cleanup.ts";

/** Nobody waits longer for what is only an addition. */
const MAX_PACKING_MS = 1_000;

/** What is larger takes longer than that, and is for somebody who asks for it. */
const MAX_AUTO_BYTES = 64_000_000;

/** Right after its end a session gets feedback and a name. */
const MIN_REST_DAYS = 1;

const MEGABYTE = 1_000_000;

interface PackRule {
  readonly afterDays: number;
  readonly overBytes: number;
}

/** What the settings say; undefined where sessions stay as they are. */
async function ruleIn(
  host: Host,
  site: ConfigSite,
): Promise<PackRule | undefined> {
  if (await readValue(host, site, "store") !== "auto") return undefined;
  return {
    afterDays: Number(await readValue(host, site, "store_pack_after_days")),
    overBytes: Number(await readValue(host, site, "store_pack_over_mb")) *
      MEGABYTE,
  };
}

/** What was packed, as a sentence for people, and what kept more from it. */
export interface AutoPacked {
  /** Null where there was nothing to pack. */
  readonly message: string | null;
  readonly warnings: readonly string[];
}

const NOTHING: AutoPacked = { message: null, warnings: [] };

/**
 * Packs closed sessions that rested long enough, or a day where they are large, the newest first: for a
 * second at most, and the next time goes on. Whatever keeps it from that changes nothing.
 */
export async function packAfterwards(
  host: Host,
  root: string,
): Promise<AutoPacked> {
  try {
    const rule = await ruleIn(host, siteAt(root));
    return rule === undefined ? NOTHING : await packResting(host, root, rule);
  } catch (error) {
    // What is wrong with settings or sessions is said by whatever needs them.
    if (error instanceof OrcError) return NOTHING;
    throw error;
  }
}

async function packResting(
  host: Host,
  root: string,
  rule: PackRule,
): Promise<AutoPacked> {
  const { layout, store, context } = openRepository(host, { root });
  const clock = clockOf(host);
  const endMs = performance.now() + MAX_PACKING_MS;
  const sizes = { count: 0, before: 0, after: 0 };
  const warnings: string[] = [];
  for (const id of (await store.ids()).toReversed()) {
    const leastDays = restWanted(root, id, rule, clock.now);
    if (leastDays === undefined) continue;
    if (performance.now() > endMs) break;
    const mayPack = ({ state }: Session): boolean =>
      isClosed(state.status) && (restingDays(state, clock) ?? -1) >= leastDays;
    try {
      if (!mayPack(await store.read(id))) continue;
      const packed = await packSession(layout, context, id, { mayPack });
      if (packed === null) continue;
      sizes.count++;
      sizes.before += packed.sizeBytes;
      sizes.after += packed.packedBytes;
      warnings.push(...packed.warnings);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      // What cannot be packed stays as it is; a full disk is the same for all.
      if (error.kind !== "external") continue;
      warnings.push(error.message);
      break;
    }
  }
  const { count, before, after } = sizes;
  const message = count === 0
    ? null
    : `Packed ${countOf(count, "closed session")}: ${sizeText(before)} became ${
      sizeText(after)
    }`;
  return { message, warnings };
}

/** How long a session has to have rested, as far as its files tell; undefined where it may not be packed. */
function restWanted(
  root: string,
  id: string,
  { afterDays, overBytes }: PackRule,
  now: string,
): number | undefined {
  const paths = sessionLayout(root, id);
  const [state, log] = [paths.state, paths.log].map((path) =>
    ifThere(() => Deno.lstatSync(path))
  );
  if (!state?.mtime) return undefined;
  const sizeBytes = state.size + (log?.size ?? 0);
  if (sizeBytes > MAX_AUTO_BYTES) return undefined;
  const wanted = sizeBytes > overBytes
    ? Math.min(MIN_REST_DAYS, afterDays)
    : afterDays;
  // Most sessions are younger, and their states need not be read for that.
  const restedMs = (epochMsOf(now) ?? 0) - state.mtime.getTime();
  return restedMs >= wanted * DAY_MS ? wanted : undefined;
}
