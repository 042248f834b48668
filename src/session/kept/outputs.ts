/*
 * What checks printed, kept beside the session as long as that is. It is written before the update
 * whose receipt names it, so that no receipt names what is not there. A marker lies beside it until
 * that update is made: what a crash leaves between the two is found by it, and removed.
 */
import { asObject, textAt } from "../../base/json.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../../base/layout.ts";
import { nameOf } from "../../base/path.ts";
import { DAY_MS, epochMsOf } from "../../base/time.ts";
import type { RecordedEvent } from "../../engine/event.ts";
import { asOrcError, ifThere } from "../../files/errors.ts";
import { entriesIn, fileKind, guardDirectory } from "../../files/read.ts";
import {
  discard,
  ensureDirectories,
  removeIfThere,
  syncDirectory,
  writeNewFile,
} from "../../files/write.ts";
import { readLog } from "../log_read.ts";
import { bytesOf } from "../pack/door.ts";
import type { Outputs, Session, StoreContext } from "../store.ts";

const TEXT_SUFFIX = ".txt";
const MARKER_SUFFIX = ".pending";

/** How receipts name an output: nothing else is read. */
export const OUTPUT_NAME = /^outputs\/[\w-]+\.txt$/;

/** The update follows at once; for a lock it waits no longer than this. */
const MAX_PENDING_MS = DAY_MS;

/** More than a check may print is never kept. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The outputs of a session in `.orchestrator/`. */
export function sessionOutputs(
  { root }: RepositoryLayout,
  { now, newToken }: Pick<StoreContext, "now" | "newToken">,
  session: Pick<Session, "id" | "lastEvents">,
): Outputs {
  const paths = sessionLayout(root, session.id);
  const { outputs } = paths;
  return {
    // deno-lint-ignore require-await
    keep: async (text) => {
      if (text === "" || fileKind(paths.directory) !== "directory") {
        return undefined;
      }
      if (guardDirectory(root, outputs) === "directory") {
        sweepOutputs(root, paths, session, epochMsOf(now()) ?? 0);
      }
      const name = `${outputs}/${newToken()}`;
      try {
        ensureDirectories(outputs);
        Deno.openSync(name + MARKER_SUFFIX, { createNew: true, write: true })
          .close();
        writeNewFile(name + TEXT_SUFFIX, text);
        syncDirectory(outputs);
      } catch (error) {
        throw asOrcError(error, "write", name + TEXT_SUFFIX);
      }
      return {
        name: nameIn(paths, name),
        // deno-lint-ignore require-await
        settle: async (isNamed) => {
          if (!isNamed) discard(name + TEXT_SUFFIX);
          discard(name + MARKER_SUFFIX);
        },
      };
    },
    // deno-lint-ignore require-await
    read: async (name) => {
      if (!OUTPUT_NAME.test(name)) return undefined;
      guardDirectory(root, outputs);
      const path = `${paths.directory}/${name}`;
      const bytes = bytesOf(root, path, MAX_OUTPUT_BYTES);
      return bytes && new TextDecoder().decode(bytes);
    },
  };
}

function nameIn({ outputs }: SessionLayout, name: string): string {
  return `${nameOf(outputs)}/${nameOf(name)}${TEXT_SUFFIX}`;
}

/** Removes what no event names because its process ended before the update, and lets the rest be. */
function sweepOutputs(
  root: string,
  paths: SessionLayout,
  { lastEvents }: Pick<Session, "lastEvents">,
  nowMs: number,
): void {
  const { outputs, log } = paths;
  const left = entriesIn(outputs, "read")
    .filter(({ name }) => name.endsWith(MARKER_SUFFIX))
    .map(({ name }) => `${outputs}/${name.slice(0, -MARKER_SUFFIX.length)}`)
    .filter((name) => {
      const look = () => Deno.lstatSync(name + MARKER_SUFFIX).mtime?.getTime();
      return nowMs - (ifThere(look) ?? Infinity) >= MAX_PENDING_MS;
    });
  if (left.length === 0) return;
  const named = namedIn(readLog({ root, path: log, lastEvents }).events);
  for (const name of left) {
    if (!named.has(nameIn(paths, name))) removeIfThere(name + TEXT_SUFFIX);
    removeIfThere(name + MARKER_SUFFIX);
  }
}

/** The outputs that events name. */
function namedIn(events: Iterable<RecordedEvent>): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { details } of events) {
    const receipt = asObject(details.get("receipt"));
    const output = receipt && textAt(receipt, "output");
    if (output) named.add(output);
  }
  return named;
}
