/** What orc does by itself where a machine vanishes: sessions are sent away, or it is said that none leaves. */
import { OrcError, orElse } from "../base/error.ts";
import { asObject, parseJson } from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { keep, readCached, stage } from "../checks/tree_cache.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { isDue, type LastSending, type Sight } from "./due_rules.ts";
import { mayVanish } from "./vanishing.ts";

/** Nobody waits longer for what is only an addition. */
const MAX_SENDING_MS = 10_000;

/** What is said once for each session; undefined where it leaves by itself, or the machine stays. */
export async function vanishingWarning(
  host: Host,
  root: string,
): Promise<string | undefined> {
  if (!mayVanish(host, root)) return undefined;
  const { store } = openRepository(host, { root });
  if (!(await store.capabilities()).files) return undefined;
  const { vanishes, after, ...settings } = await readBoth(host, root);
  const hasPlace = "to" in settings &&
    settings.to.some((to) =>
      to === "git" ? readRemoteUrl(root) !== undefined : settings.s3Url !== null
    );
  const leaves = vanishes === "yes" && after !== "never" && hasPlace;
  return vanishes === "no" || leaves
    ? undefined
    : "This machine may vanish: orc persist probe";
}

async function readBoth(host: Host, root: string) {
  const { siteAt } = await import("../settings/files.ts");
  const { readMachine } = await import("../settings/machine.ts");
  const { readPersistSettings } = await import("./settings.ts");
  const site = siteAt(root);
  try {
    const { vanishes } = await readMachine(host, site);
    if (vanishes === "no") return { vanishes, after: "never" as const };
    return { vanishes, ...await readPersistSettings(host, site) };
  } catch (error) {
    // What is wrong with the settings is said by whatever needs them.
    if (!(error instanceof OrcError)) throw error;
    return { vanishes: "no" as const, after: "never" as const };
  }
}

/**
 * Sends a session away after it changed, where its machine vanishes and the settings say so. Whatever
 * keeps it from that is a warning: the change counts all the same.
 */
export async function sendAfterwards(
  host: Host,
  { root, session }: { readonly root: string; readonly session: string },
  options: Pick<RepositoryOptions, "signal"> = {},
): Promise<readonly string[]> {
  if (!mayVanish(host, root)) return [];
  const settings = await readBoth(host, root);
  if (settings.vanishes !== "yes" || !("intervalMs" in settings)) return [];
  const repository = openRepository(host, { root });
  const { layout, store } = repository;
  // What is in a database has left already.
  if (!(await store.capabilities()).files) return [];
  try {
    const { state } = await repository.store.read(session);
    const current = { phase: state.currentPhaseId, status: state.status };
    const last = readLast(layout, session);
    if (!isDue(settings, last, current, host.now())) return [];
    const note = (sent: Sight | null) =>
      writeLast(host, layout, session, {
        ...{ sent, tried: current, triedAt: host.now() },
      });
    note(last?.sent ?? null);
    const timely = AbortSignal.timeout(MAX_SENDING_MS);
    const signal = options.signal === undefined
      ? timely
      : AbortSignal.any([options.signal, timely]);
    const { pushSessions } = await import("./push.ts");
    const named = { root, sessions: [session], signal };
    const { warnings, sessions: sent } = await pushSessions(host, named);
    if (sent.some(({ result }) => result === "behind")) {
      return [
        `Another machine went on with this session: orc persist pull ${session}`,
      ];
    }
    note(current);
    return warnings;
  } catch (error) {
    const isSlow = error instanceof Error && error.name === "TimeoutError";
    if (isSlow) {
      return [
        `The session has not left this machine within ${
          MAX_SENDING_MS / 1000
        } s: orc persist push`,
      ];
    }
    if (!(error instanceof OrcError)) throw error;
    return [`The session has not left this machine: ${error.message}`];
  }
}

function lastPath({ cache }: RepositoryLayout, session: string): string {
  return `${cache}/sent/${session}.json`;
}

function readLast(
  layout: RepositoryLayout,
  session: string,
): LastSending | undefined {
  const path = lastPath(layout, session);
  const text = readCached(layout, path);
  if (text === undefined) return undefined;
  const object = orElse(() => asObject(parseJson(text, path)), () => undefined);
  const sightAt = (key: string): Sight | null => {
    const member = asObject(object?.get(key));
    const [phase, status] = [member?.get("phase"), member?.get("status")];
    return typeof phase === "string" && typeof status === "string"
      ? { phase, status }
      : null;
  };
  const [tried, triedAt] = [sightAt("tried"), object?.get("tried_at")];
  if (tried === null || typeof triedAt !== "string") return undefined;
  return { sent: sightAt("sent"), tried, triedAt };
}

/** Nothing rests on it but how often a session is sent. */
function writeLast(
  host: Host,
  layout: RepositoryLayout,
  session: string,
  { sent, tried, triedAt }: LastSending,
): void {
  const staged = stage(layout, lastPath(layout, session), host.newToken());
  if (staged === undefined) return;
  keep(layout, staged, JSON.stringify({ sent, tried, tried_at: triedAt }));
}
