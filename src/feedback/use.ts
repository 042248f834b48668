import { printJson } from "../base/json_print.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { parseWholeNumber } from "../base/text.ts";
import { assertNotesFit } from "../engine/situation.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { readGitPointer, readRemoteUrl } from "../files/git.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { entriesIn, guardDirectory, isThere } from "../files/read.ts";
import { makeDirectory, syncDirectory } from "../files/write.ts";
import { eventsIn, logOf } from "../history/use.ts";
import { clockOf, type Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { appendLine, linesFrom } from "../session/log.ts";
import { openForReading } from "../session/log_read.ts";
import { noSuchSession, unlessDamaged } from "../session/read.ts";
import { withoutCredentials } from "../session/repository.ts";
import { readSetting } from "../settings/files.ts";
import { originText, valueOf } from "../settings/merge.ts";
import {
  buildFeedback,
  decodeFeedbackLine,
  DEFAULT_SALT,
  type Feedback,
  type FeedbackLine,
  type FeedbackReport,
  type FeedbackReview,
  type FeedbackTexts,
  hashOfWorkflow,
  newReview,
  repoTypeOf,
  suggestionsFor,
  tallyEvents,
  textIn,
} from "./rules.ts";

/** What to say about a session. */
export interface CaptureOptions extends SessionOptions {
  /** Asks nobody; what is not said here is taken from the session. */
  readonly auto?: boolean;
  /** At most 2000 characters, as all below. */
  readonly learnings?: string;
  readonly challenges?: string;
  readonly wentWell?: string;
  readonly improvements?: string;
}

/** Feedback that was kept. */
export interface Captured {
  readonly place: Place;
  /** Null when the setting `feedback` is false: then nothing was kept. */
  readonly feedback: Feedback | null;
  /** Why nothing was kept; null when it was. */
  readonly reason: string | null;
  readonly warnings: readonly string[];
}

/**
 * Keeps feedback on a session beside its state: how long it took and what
 * failed, without names, and what was learned. Nothing leaves the machine. A
 * closed session can get feedback too.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `notes_too_long` (usage) if a text is
 */
export async function captureFeedback(
  host: Host,
  options: CaptureOptions = {},
): Promise<Captured> {
  const refusal = await optOut(host, options);
  if (refusal !== undefined) return refusal;
  const opened = await openSession(host, options);
  const { place, repository, session } = opened;
  const said = textsFrom((name) => textOf(options[name]));
  // Only a person who has said nothing yet is asked.
  const mayAsk = !options.auto && isSilent(said) && host.terminal.isInteractive;
  const texts = mayAsk
    ? textsFrom((name) =>
      textOf(host.terminal.readLine(`${QUESTIONS[name]} (Enter for nothing) `))
    )
    : said;
  const { mask } = await sessionMasker(host, opened);
  const masked = textsFrom((name) => texts[name] && mask(texts[name]));
  const made = await feedbackOn(host, opened, masked);
  if (session.legacyPath !== null) {
    const { adoptLegacySession } = await import("../work/change.ts");
    await adoptLegacySession(host, repository, session.id);
  }
  const { layout, context } = repository;
  await appendFeedback(layout, context, session.id, made.feedback);
  return { place, reason: null, ...made };
}

/** What is answered to whoever does not want any feedback to be kept. */
async function optOut(
  host: Host,
  options: CaptureOptions,
): Promise<Captured | undefined> {
  const repository = openRepository(host, options);
  const merged = await readSetting(host, repository, "feedback");
  if (valueOf(merged) === true) return undefined;
  const place = placeOf(repository, null);
  const reason = `feedback is false, from ${originText(merged.origin)}`;
  return { place, feedback: null, reason, warnings: [] };
}

async function feedbackOn(
  host: Host,
  { repository, session }: OpenedSession,
  texts: FeedbackTexts,
): Promise<{ feedback: Feedback; warnings: readonly string[] }> {
  const { found, layout } = repository;
  // What a crash kept out of the log is not worth counting: it comes with the next update.
  const log = { ...logOf(layout, session), lastEvents: undefined };
  const warnings: string[] = [];
  const files = entriesIn(found.workingTree, "list");
  const feedback = await buildFeedback({
    state: session.state,
    tally: tallyEvents(eventsIn(log, warnings)),
    texts,
    mode: isSilent(texts) ? "auto" : "interactive",
    clock: clockOf(host),
    repoType: repoTypeOf(new Set(files.map(({ name }) => name))),
    repo: repositoryName(found.root),
    salt: saltOf(host),
  });
  return { feedback, warnings };
}

/** What the hash of a workflow is salted with. */
export function saltOf(host: Host): string {
  return host.env("WORKFLOW_SALT") ?? DEFAULT_SALT;
}

/** The questions to a person, in their order. */
const QUESTIONS: Readonly<Record<keyof FeedbackTexts, string>> = {
  learnings: "What did you learn?",
  challenges: "What was hard?",
  wentWell: "What went well?",
  improvements: "What should be better next time?",
};

function textsFrom(
  textOf: (name: keyof FeedbackTexts) => string | null,
): FeedbackTexts {
  return {
    learnings: textOf("learnings"),
    challenges: textOf("challenges"),
    wentWell: textOf("wentWell"),
    improvements: textOf("improvements"),
  };
}

function textOf(given: string | undefined): string | null {
  const text = given?.trim() || null;
  assertNotesFit(text);
  return text;
}

function isSilent(texts: FeedbackTexts): boolean {
  return Object.values(texts).every((text) => text === null);
}

function repositoryName(root: string): string {
  const git = readGitPointer(root);
  const remote = "commonDirectory" in git
    ? readRemoteUrl(git.commonDirectory)
    : undefined;
  return remote === undefined ? nameOf(root) : withoutCredentials(remote);
}

/** Adds feedback to a session: one whole line to each of its two files. */
export async function appendFeedback(
  layout: RepositoryLayout,
  context: LockContext,
  id: string,
  { tool, process }: Feedback,
): Promise<void> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.feedback);
  if (!isThere(paths.directory)) throw noSuchSession(id, paths.directory);
  const append = (lock: HeldLock): Promise<void> => {
    if (!isThere(paths.feedback)) {
      makeDirectory(paths.feedback);
      syncDirectory(paths.directory);
    }
    // A displaced holder must not write between the lines of the next one.
    lock.assertHeld();
    appendLine(paths.toolFeedback, printJson(tool));
    appendLine(paths.processFeedback, printJson(process));
    return Promise.resolve();
  };
  try {
    await withLock(paths.directory, context, append);
  } catch (error) {
    if (isAbsent(error)) throw noSuchSession(id, paths.directory);
    throw asOrcError(error, "keep feedback", paths.feedback);
  }
}

/** Which feedback to sum up. */
export interface ReviewOptions extends RepositoryOptions {
  /** Of how many days, as typed; without it of 7. */
  readonly days?: string;
  /** Of all times. */
  readonly all?: boolean;
}

/** What the feedback of a repository comes to. */
export interface Reviewed extends FeedbackReport {
  readonly place: Place;
  /** Null where all there ever was is summed up. */
  readonly days: number | null;
  /** Lines that cannot be read; the others were. */
  readonly damagedLines: number;
  /** What could be changed, from what came up again and again. */
  readonly suggestions: readonly string[];
  /** Files that cannot be read, as sentences for people. */
  readonly warnings: readonly string[];
}

const DEFAULT_DAYS = "7";
const MAX_DAYS = 36_500;

/**
 * Sums up the feedback of all sessions, and what the older tool left in the repository. Each
 * session counts once. Takes no lock, writes nothing, and moves no file of the older tool.
 *
 * Requires `--allow-read`.
 */
export async function reviewFeedback(
  host: Host,
  options: ReviewOptions = {},
): Promise<Reviewed> {
  const days = options.all
    ? null
    : parseWholeNumber(options.days ?? DEFAULT_DAYS, {
      flag: "--days",
      max: MAX_DAYS,
    });
  const repository = openRepository(host, options);
  const salt = saltOf(host);
  const unknownHash = await hashOfWorkflow("unknown", salt);
  const review = newReview(days, clockOf(host), unknownHash);
  let damagedLines = 0;
  const warnings: string[] = [];
  for (const source of sourcesIn(repository)) {
    const damaged = await unlessDamaged(
      () => addFile(review, repository.layout.root, source, salt),
      warnings,
    );
    damagedLines += damaged ?? 0;
  }
  const report = review.report();
  return {
    place: placeOf(repository, null),
    days,
    ...report,
    damagedLines,
    suggestions: suggestionsFor(report),
    warnings,
  };
}

interface Source extends Pick<FeedbackLine, "kind" | "session"> {
  readonly path: string;
}

/** Files of sessions first: they tell which session a workflow is. */
function sourcesIn({ layout, store }: Repository): readonly Source[] {
  const own = store.ids().flatMap((session): readonly Source[] => {
    const paths = sessionLayout(layout.root, session);
    return [
      { path: paths.toolFeedback, kind: "tool", session },
      { path: paths.processFeedback, kind: "process", session },
    ];
  });
  return [
    ...own,
    { path: layout.legacyToolFeedback, kind: "tool", session: null },
    { path: layout.legacyProcessFeedback, kind: "process", session: null },
    { path: layout.legacyFeedback, kind: "both", session: null },
  ];
}

/**
 * Reads the lines of a feedback file that are not blank, in constant memory; undefined stands
 * for one that cannot be read. There need not be a file.
 */
export function* readFeedbackLines(
  root: string,
  path: string,
): Generator<string | undefined> {
  const file = openForReading({ root, path });
  if (file === undefined) return;
  try {
    for (const { text } of linesFrom(file, 0)) {
      if (text?.trim() !== "") yield text;
    }
  } finally {
    file.close();
  }
}

/** Returns how many lines cannot be read. */
async function addFile(
  review: FeedbackReview,
  root: string,
  { path, kind, session }: Source,
  salt: string,
): Promise<number> {
  let damagedLines = 0;
  for (const text of readFeedbackLines(root, path)) {
    const entry = text === undefined ? undefined : decodeFeedbackLine(text);
    if (entry === undefined) {
      damagedLines++;
      continue;
    }
    const workflowHash = textIn(entry, "workflow_id_hash") ??
      await hashOfWorkflow(textIn(entry, "workflow_id") ?? "unknown", salt);
    review.add({ kind, entry, session, workflowHash });
  }
  return damagedLines;
}
