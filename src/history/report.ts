import { onRefusal, type OrcError } from "../base/error.ts";
import { relativePath } from "../base/path.ts";
import { minutesBetween } from "../base/text.ts";
import { findStale } from "../checks/stale.ts";
import { leftOutIn } from "../engine/phase.ts";
import { isClosed } from "../engine/state.ts";
import { asOrcError } from "../files/errors.ts";
import { mayAskGit } from "../files/git_index.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import { overridesIn, overrideTexts } from "../repository/overrides.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { readAccount } from "../session/account.ts";
import { gitAround, readCommitted } from "../trust/committed.ts";
import { compareWithCommit } from "../trust/seen.ts";
import { unchanged } from "../work/change.ts";
import type { Closed } from "../work/phase.ts";
import { pagePath, presentPage } from "./page_file.ts";
import { isReportHtml, reportHtml } from "./report_html_rules.ts";
import { newReporter, type Report, type Reporter } from "./report_rules.ts";
import { isReportMarkdown, reportMarkdown } from "./report_text_rules.ts";
import { eventsOf } from "./use.ts";

/** Which session is reported, and where to. */
export interface ReportOptions extends SessionOptions {
  /**
   * Relative to the working directory, and within the working tree; HTML where its name ends so, Markdown
   * for any other. Without it nothing is written.
   */
  readonly file?: string;
}

/** A report, and where it was written. */
export interface Reported {
  /** Which session it is about, and where that is. */
  readonly place: SessionPlace;
  /** What there is to say. */
  readonly report: Report;
  /** The file, absolute; null where none was to be written. */
  readonly path: string | null;
  /** That the log was read around damage, or what went wrong after the file was replaced. */
  readonly warnings: readonly string[];
}

/**
 * Reports on a session, whether it has ended or not: what was done, by whom, how it was checked and
 * approved, what was left out, forced, or is no longer as it was checked, and what took the time. Reads
 * all of the log in constant memory, and takes no lock. A file is written whole or not at all, and
 * only over an earlier report.
 *
 * Requires `--allow-read`, for git `--allow-run`, and `--allow-write` for the file and its directory.
 * Without git it says that files are not compared.
 *
 * @throws {OrcError} `page_elsewhere` (usage) if the file lies outside the working tree, in
 *   `.git` or in `.orchestrator`, `path_not_found` (not_found) if its directory is not there
 * @throws {OrcError} `not_generated` (refused) or `not_a_regular_file` (corrupt) if something else lies there
 */
export async function writeReport(
  host: Host,
  options: ReportOptions = {},
): Promise<Reported> {
  const opened = await openSession(host, options, { file: true });
  const { place } = opened;
  const path = reportPath(host, opened, options.file);
  const { report, reporter, warnings } = await gather(host, opened, path);
  if (path === null) return { place, report, path, warnings };
  const text = isHtml(path)
    ? reportHtml(report, reporter)
    : reportMarkdown(report);
  try {
    const bytes = new TextEncoder().encode(text);
    const unconfirmed = writeAtomic(path, bytes, { token: host.newToken() });
    return { place, report, path, warnings: [...warnings, ...unconfirmed] };
  } catch (error) {
    throw asOrcError(error, "write", path);
  }
}

/** A session that is closed, and what is reported of it. */
export interface ClosedWithReport extends Closed {
  /** Null where nobody reads it: neither a file, a terminal, nor a program asks for it. */
  readonly report: Report | null;
  /** The file with the report, absolute; null where none was asked for, or it could not be written. */
  readonly path: string | null;
}

/**
 * Ends a session in the given way, and reports on it. Where a file cannot be written, nothing is
 * ended. A session that was ended before is only reported on, where a file is asked for.
 */
export async function closeWithReport(
  host: Host,
  options: ReportOptions,
  close: () => Promise<Closed>,
): Promise<ClosedWithReport> {
  const { file } = options;
  const closed = file === undefined
    ? await close()
    : await endedBefore(host, options) ?? await close();
  const { session } = closed.place;
  const reported = await writeReport(host, { ...options, session })
    .catch(onRefusal(({ message }: OrcError) => ({
      report: null,
      path: null,
      // What ended has ended, whatever comes of its report.
      warnings: [
        `The session is closed, and its report is missing: ${message}`,
      ],
    })));
  const { report, path } = reported;
  const warnings = [
    ...closed.warnings,
    ...reported.warnings.filter((each) => !closed.warnings.includes(each)),
  ];
  return { ...closed, warnings, report, path };
}

/** What a session came to that is closed already; undefined for one that goes on, whose report can be written. */
async function endedBefore(
  host: Host,
  options: ReportOptions,
): Promise<Closed | undefined> {
  const opened = await openSession(host, options, { file: true });
  reportPath(host, opened, options.file);
  const { repository: { store }, session, workflow } = opened;
  const { state } = session;
  if (!isClosed(state.status)) return undefined;
  const { approvals } = await readAccount(store, session);
  const end = state.completedAt ?? state.updatedAt;
  return {
    ...unchanged(opened),
    skipped: leftOutIn(state, workflow.phases),
    durationMinutes: minutesBetween(state.createdAt, end) ?? null,
    approvals,
  };
}

function reportPath(
  host: Host,
  { repository }: OpenedSession,
  file: string | undefined,
): string | null {
  if (file === undefined) return null;
  const flag = "--report";
  const instead = "name a file in a directory that is there";
  const path = pagePath(host, repository, file, { flag, instead });
  const isOwn = isHtml(path) ? isReportHtml : isReportMarkdown;
  presentPage(path, {
    isOwn,
    instead: "name another file: orc finish --report FILE",
  });
  return path;
}

function isHtml(path: string): boolean {
  return /\.html?$/i.test(path);
}

async function gather(
  host: Host,
  opened: OpenedSession,
  path: string | null,
): Promise<{
  readonly report: Report;
  readonly reporter: Reporter;
  readonly warnings: readonly string[];
}> {
  const { repository, workflow, session } = opened;
  const { id, state } = session;
  const warnings: string[] = [];
  const reporter = newReporter();
  for await (const events of eventsOf(repository, session, warnings)) {
    events.forEach(reporter.take);
  }
  const told = reporter.result({ id, workflow, state, now: host.now() });
  const { approvals } = await readAccount(repository.store, session);
  const { stale, unknown } = await findStale(host, opened);
  const { workingTree } = repository.found;
  const { uncommitted, reason } = await readUncommitted(host, opened);
  // An earlier report is no part of the work.
  const own = path === null ? undefined : relativePath(workingTree, path);
  const report: Report = {
    ...told,
    approvals,
    overrides: overrideTexts(overridesIn(state.metadata)),
    stale: stale.map(({ message }) => message),
    uncommitted: uncommitted?.filter((each) => each !== own) ?? null,
    unknown: [
      ...unknown.map(({ message }) => message),
      ...reason === null ? [] : [reason],
    ],
  };
  return { report, reporter, warnings };
}

/** Which files are not as the last commit has them, and why nobody can tell. Outside of git that is no question. */
async function readUncommitted(
  host: Host,
  { repository }: OpenedSession,
): Promise<{
  readonly uncommitted: Report["uncommitted"];
  readonly reason: string | null;
}> {
  if (!mayAskGit()) return { uncommitted: null, reason: null };
  const ask = async () => {
    const git = gitAround(host, repository.found.workingTree);
    const committed = await readCommitted(git, "HEAD");
    const { changed } = await compareWithCommit(git, repository, committed);
    return { uncommitted: changed, reason: null };
  };
  return await ask().catch(onRefusal(({ code, message }: OrcError) => ({
    uncommitted: null,
    reason: code === "not_in_git"
      ? null
      : `What is not committed is not known: ${message}`,
  })));
}
