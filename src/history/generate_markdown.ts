import { OrcError } from "../base/error.ts";
import { GIT_ENTRY, repositoryLayout } from "../base/layout.ts";
import { nameOf, relativePath, resolvePath } from "../base/path.ts";
import { quoted } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { guardPath } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { readLogBackwards } from "../session/store_log_read.ts";
import { writePage } from "./pages.ts";
import { logOf } from "./use.ts";
import { SHOWN_EVENTS, workflowPage } from "./workflow_page.ts";

/** Where the page goes. */
export interface GenerateOptions extends SessionOptions {
  /** A file other than WORKFLOW.md; relative to the working directory. */
  readonly file?: string;
  /** Returns the page and writes nothing. */
  readonly stdout?: boolean;
  /**
   * Replaces a file that orc did not make: an act of a human, who types
   * `replace`.
   */
  readonly force?: boolean;
}

/** A session as a page of Markdown. */
export interface Generated {
  /** Which session it shows, and where that is. */
  readonly place: Place;
  /** The page. */
  readonly text: string;
  /** The file, absolute; null when none was to be written. */
  readonly path: string | null;
  /** False when the file held the same page already. */
  readonly changed: boolean;
  /** What went wrong after the file was replaced, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Shows a session as a page of Markdown: state, what blocks, items by phase, and
 * the last events. Writes it whole or not at all, and never over a file that is
 * not such a page, unless a human says so. What stands in the page depends on
 * the session alone.
 *
 * Requires `--allow-read`, and `--allow-write` for the file and its directory.
 *
 * @throws {OrcError} `page_elsewhere` (usage) if the file lies outside the
 *   working tree, in `.git` or in `.orchestrator`
 * @throws {OrcError} `not_generated` (refused) if the file holds something else
 * @throws {OrcError} `not_a_regular_file` (corrupt) if a link or something else
 *   lies in its place
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if
 *   `force` is needed and no human says yes
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { denoHost, generateMarkdown, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { path } = await generateMarkdown(host, { root });
 * assert(Deno.readTextFileSync(path ?? "").includes("# Add login"));
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function generateMarkdown(
  host: Host,
  options: GenerateOptions = {},
): Promise<Generated> {
  const opened = await openSession(host, options);
  const { workflow, session, place } = opened;
  const text = workflowPage({
    workflow,
    state: session.state,
    sessionId: session.id,
    events: lastEvents(opened),
  });
  const page = { place, text };
  if (options.stdout) {
    return { ...page, path: null, changed: false, warnings: [] };
  }
  const path = pathFor(host, opened, options.file);
  const written = await writePage(host, { path, text }, {
    site: opened.repository,
    force: options.force ?? false,
    stagingDirectory: stagingFor(opened, options.file),
  });
  return { ...page, path, ...written };
}

function pathFor(
  host: Host,
  { repository }: OpenedSession,
  file: string | undefined,
): string {
  const { found, layout } = repository;
  if (file === undefined) {
    return repositoryLayout(found.workingTree).workflowPage;
  }
  const path = resolvePath(host.workingDirectory, file);
  const reason = reasonAgainst(path, found.workingTree, layout.directory);
  if (reason === undefined) {
    guardPath(found.workingTree, path);
    return path;
  }
  throw new OrcError(
    "usage",
    "page_elsewhere",
    `Cannot write ${quoted(path)}: ${reason}`,
    {
      path,
      hint:
        "name another file with --to, or print the page: orc generate-md --stdout",
    },
  );
}

/** A page is for the people of this repository; programs read what lies in the other places. */
function reasonAgainst(
  path: string,
  workingTree: string,
  state: string,
): string | undefined {
  const below = relativePath(workingTree, path);
  if (!below) return "it lies outside the working tree";
  if (nameOf(path) === "-") return "that is not the name of a file";
  if (below.split("/")[0] === GIT_ENTRY) return "it lies among what git keeps";
  return relativePath(state, path) === undefined
    ? undefined
    : "it lies among what orc keeps";
}

/** Inside `.orchestrator/` a crash leaves nothing beside the page; elsewhere may be another disk. */
function stagingFor(
  { repository }: OpenedSession,
  file: string | undefined,
): string | undefined {
  const { found, layout } = repository;
  const isAtRoot = file === undefined && found.workingTree === found.root;
  return isAtRoot && fileKind(layout.directory) === "directory"
    ? layout.directory
    : undefined;
}

/** The last events, oldest first; reads no more of a long log than holds them. */
function lastEvents(
  { repository, session }: OpenedSession,
): readonly RecordedEvent[] {
  const events: RecordedEvent[] = [];
  const reading = readLogBackwards(logOf(repository.layout, session));
  for (const event of reading.events) {
    if (events.push(event) === SHOWN_EVENTS) break;
  }
  return events.reverse();
}
