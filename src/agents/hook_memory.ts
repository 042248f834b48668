/** What hooks remember from one call to the next, in `.orchestrator/cache/hooks`; may be lost at any time. */
import { unlessCorrupt } from "../base/error.ts";
import { asObject, type JsonObject, numberOf } from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { plainOf } from "../base/plain.ts";
import { makeCache } from "../checks/tree_cache.ts";
import { asOrcError } from "../files/errors.ts";
import { entriesIn, fileKind, guardPath, readJson } from "../files/read.ts";
import { removeIfThere, writeAtomic } from "../files/write.ts";

/** More sessions than anybody works in at a time. */
const MAX_FILES = 200;

function directoryOf({ cache }: RepositoryLayout): string {
  return `${cache}/hooks`;
}

/** How often an agent was sent back since it last got anything done, and what was kept for it. */
export interface Sent {
  /** Names how far the session was. */
  readonly progress: string;
  readonly times: number;
  /** Number of the session's update at which a hook made a checkpoint; -1 for none. */
  readonly kept: number;
}

export const NEVER_SENT: Sent = { progress: "", times: 0, kept: -1 };

export function readSent(
  layout: RepositoryLayout,
  session: string,
  agent: string,
): Sent {
  const entry = asObject(read(layout, session)?.get(agent));
  const progress = entry?.get("progress");
  return {
    progress: typeof progress === "string" ? progress : "",
    times: numberOf(entry?.get("times")) ?? 0,
    kept: numberOf(entry?.get("kept")) ?? -1,
  };
}

export function rememberSent(
  layout: RepositoryLayout,
  session: string,
  { agent, sent, token }: {
    readonly agent: string;
    readonly sent: Sent;
    readonly token: string;
  },
): void {
  const known = read(layout, session) ?? new Map();
  const entry = new Map(Object.entries(sent));
  write(layout, session, new Map([...known, [agent, entry]]), token);
}

/** When each event of a host last came for real, by the event's name. */
export function readFired(
  layout: RepositoryLayout,
  host: string,
): Readonly<Record<string, string>> {
  const fired = read(layout, host) ?? new Map();
  return Object.fromEntries(
    Array.from(fired, ([event, at]) => [event, String(at)]),
  );
}

export function rememberFired(
  layout: RepositoryLayout,
  host: string,
  { event, at, token }: {
    readonly event: string;
    readonly at: string;
    readonly token: string;
  },
): void {
  const known = read(layout, host) ?? new Map();
  // To the minute is exact enough, and an agent may change many files in one.
  const last = known.get(event);
  if (typeof last === "string" && last.slice(0, 16) === at.slice(0, 16)) return;
  write(layout, host, new Map([...known, [event, at]]), token);
}

function pathOf(layout: RepositoryLayout, name: string): string {
  return `${directoryOf(layout)}/${name}.json`;
}

function read(layout: RepositoryLayout, name: string): JsonObject | undefined {
  const path = pathOf(layout, name);
  return unlessCorrupt(() => {
    guardPath(layout.root, path);
    return asObject(readJson(path, MAX_SMALL_FILE_BYTES, "remove it"));
  });
}

function write(
  layout: RepositoryLayout,
  name: string,
  value: JsonObject,
  token: string,
): void {
  const path = pathOf(layout, name);
  const directory = directoryOf(layout);
  guardPath(layout.root, path);
  try {
    makeCache(layout.cache, directory);
    if (fileKind(path) === "absent") forgetOldest(directory);
    writeAtomic(path, `${JSON.stringify(plainOf(value))}\n`, { token });
  } catch (error) {
    throw asOrcError(error, "write", path);
  }
}

/** Ids of sessions begin with their time, so that the first in order are the oldest. */
function forgetOldest(directory: string): void {
  const names = entriesIn(directory, "list").map(({ name }) => name).sort();
  for (const name of names.slice(0, -MAX_FILES)) {
    removeIfThere(`${directory}/${name}`);
  }
}
