/*
 * What a check printed, kept beside the session as long as that is. It is written before the update
 * whose receipt names it, so that no receipt names what is not there. A marker lies beside it until
 * that update is made: what a crash leaves between the two is found by it, and removed.
 */
import { asObject, textAt } from "../base/json.ts";
import { type SessionLayout, sessionLayout } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { asOrcError, ifThere } from "../files/errors.ts";
import { entriesIn, fileKind, guardDirectory } from "../files/read.ts";
import {
  discard,
  ensureDirectories,
  removeIfThere,
  syncDirectory,
  writeNewFile,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { readLog } from "../session/log_read.ts";
import type { Session } from "../session/store.ts";
import type { CheckResult } from "../workflow/types.ts";

/** An output that is kept, and named by no event yet. */
export interface KeptOutput {
  /** Below the directory of the session. */
  readonly path: string;
  /** To be called once it is known whether an event names it; not where nobody can tell. */
  settle(isNamed: boolean): void;
}

/** The session whose check printed it. */
interface OutputSite {
  readonly repository: Pick<Repository, "layout">;
  readonly session: Pick<Session, "id" | "lastEvents">;
}

const TEXT_SUFFIX = ".txt";
const MARKER_SUFFIX = ".pending";

/** The update follows at once; for a lock it waits no longer than this. */
const MAX_PENDING_MS = DAY_MS;

/**
 * Keeps a text durably; undefined for an empty one, and where the session has no directory yet, as
 * one of the older tool.
 *
 * @throws {OrcError} what the disk says
 */
export function keepOutput(
  host: Host,
  { repository, session }: OutputSite,
  text: string,
): KeptOutput | undefined {
  if (text === "") return undefined;
  const { root } = repository.layout;
  const paths = sessionLayout(root, session.id);
  if (fileKind(paths.directory) !== "directory") return undefined;
  const { outputs } = paths;
  if (guardDirectory(root, outputs) === "directory") {
    sweepOutputs(root, paths, session, epochMsOf(host.now()) ?? 0);
  }
  const name = `${outputs}/${host.newToken()}`;
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
    path: pathOf(paths, name),
    settle(isNamed) {
      if (!isNamed) discard(name + TEXT_SUFFIX);
      discard(name + MARKER_SUFFIX);
    },
  };
}

/** What a check printed, as it is kept; empty where it printed nothing. */
export function outputText(result: CheckResult): string {
  if (result.type !== "command") return "";
  const { stdout, stderr } = result;
  return [["stdout", stdout], ["stderr", stderr]]
    .flatMap(([name, text]) => text ? [`==> ${name} <==\n${text}`] : [])
    .join("\n");
}

/** How receipts name an output. */
function pathOf({ outputs }: SessionLayout, name: string): string {
  return `${nameOf(outputs)}/${nameOf(name)}${TEXT_SUFFIX}`;
}

/** Removes what no event names because its process ended before the update, and lets the rest be. */
function sweepOutputs(
  root: string,
  paths: SessionLayout,
  { lastEvents }: OutputSite["session"],
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
    if (!named.has(pathOf(paths, name))) removeIfThere(name + TEXT_SUFFIX);
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
