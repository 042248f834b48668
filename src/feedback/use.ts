import { membersOf, type PlainJson } from "../base/plain.ts";
import { printJson } from "../base/json_print.ts";
import { nameOf } from "../base/path.ts";
import { parseWholeNumber } from "../base/text.ts";
import { assertNotesFit } from "../engine/situation.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import { entriesIn } from "../files/read.ts";
import { eventsOf } from "../history/use.ts";
import { clockOf, type Host, variableOf } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { assertNotOfAnother } from "../repository/owner.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { unlessDamaged } from "../session/entries.ts";
import { feedbackLines } from "../session/kept/feedback.ts";
import { withoutCredentials } from "../session/repository.ts";
import { readSetting } from "../settings/files.ts";
import { originText, valueOf } from "../settings/merge.ts";
import {
  answersFrom,
  buildFeedback,
  decodeFeedbackLine,
  DEFAULT_SALT,
  type Feedback,
  type FeedbackLine,
  type FeedbackReport,
  type FeedbackTexts,
  hashOfWorkflow,
  isSilent,
  newReview,
  repoTypeOf,
  suggestionsFor,
  tallyEvents,
  textIn,
} from "./rules.ts";

/** What is said about a session; without any of it, a person at a terminal is asked. */
export interface CaptureOptions extends SessionOptions {
  /** Asks nobody; what is not said here is taken from the session. */
  readonly auto?: boolean;
  /** At most 2000 characters, as all below. */
  readonly learnings?: string;
  /** What was hard. */
  readonly challenges?: string;
  /** What went well. */
  readonly wentWell?: string;
  /** What should be better next time. */
  readonly improvements?: string;
}

/** Feedback that was kept. */
export interface Captured {
  /** On which session, and where it is; no session where nothing was kept. */
  readonly place: Place;
  /** Null when the setting `feedback` is false: then nothing was kept. */
  readonly feedback: {
    /** About the tool, without names: it may be shared. */
    readonly tool: Readonly<Record<string, PlainJson>>;
    /** About the work: it stays here. */
    readonly process: Readonly<Record<string, PlainJson>>;
  } | null;
  /** Why nothing was kept; null when it was. */
  readonly reason: string | null;
  /** That the log was read around what is damaged in it. */
  readonly warnings: readonly string[];
}

/**
 * Keeps feedback on a session, open or closed, beside its state. Nothing leaves the machine.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `notes_too_long` (usage) if a text is
 */
export async function captureFeedback(
  host: Host,
  options: CaptureOptions = {},
): Promise<Captured> {
  const site = openRepository(host, options, {
    auto: true,
    learnings: true,
    challenges: true,
    wentWell: true,
    improvements: true,
  });
  const wish = await readSetting(host, site, "feedback");
  if (valueOf(wish) !== true) {
    const reason = `feedback is false, from ${originText(wish.origin)}`;
    return { place: placeOf(site, null), feedback: null, reason, warnings: [] };
  }
  const opened = await openSession(host, options);
  const { place, repository, session } = opened;
  assertNotOfAnother(opened);
  const said = textsFrom((name) => options[name]);
  // Only a person who has said nothing yet is asked.
  const mayAsk = !options.auto && isSilent(said) && host.terminal.isInteractive;
  const texts = mayAsk
    ? textsFrom((name) =>
      host.terminal.readLine(`${QUESTIONS[name]} (Enter for nothing) `)
    )
    : said;
  const { mask } = await sessionMasker(host, opened);
  const masked = answersFrom((name) => texts[name] && mask(texts[name]));
  const warnings: string[] = [];
  const feedback = await feedbackOn(host, opened, masked, warnings);
  if (session.legacyPath !== null) {
    const { adoptLegacySession } = await import("../work/change.ts");
    await adoptLegacySession(host, repository, session.id);
  }
  await (await repository.store.feedback(session.id)).add({
    tool: printJson(feedback.tool),
    process: printJson(feedback.process),
  });
  const kept = {
    tool: membersOf(feedback.tool),
    process: membersOf(feedback.process),
  };
  return { place, feedback: kept, reason: null, warnings };
}

const QUESTIONS: Readonly<Record<keyof FeedbackTexts, string>> = {
  learnings: "What did you learn?",
  challenges: "What was hard?",
  wentWell: "What went well?",
  improvements: "What should be better next time?",
};

function textsFrom(
  say: (name: keyof FeedbackTexts) => string | undefined,
): FeedbackTexts {
  return answersFrom((name) => {
    const text = say(name)?.trim() || null;
    assertNotesFit(text);
    return text;
  });
}

async function feedbackOn(
  host: Host,
  { repository, session }: OpenedSession,
  texts: FeedbackTexts,
  warnings: string[],
): Promise<Feedback> {
  const { found } = repository;
  // What a crash kept out of the log is not worth counting: it comes with the next update.
  const logged = { ...session, lastEvents: [] };
  const files = entriesIn(found.workingTree, "list");
  return await buildFeedback({
    state: session.state,
    tally: await tallyEvents(eventsOf(repository, logged, warnings)),
    texts,
    clock: clockOf(host),
    repoType: repoTypeOf(new Set(files.map(({ name }) => name))),
    repo: repositoryName(found.root),
    salt: saltOf(host),
  });
}

export function saltOf(host: Host): string {
  return variableOf(host, "WORKFLOW_SALT") ?? DEFAULT_SALT;
}

function repositoryName(root: string): string {
  const remote = readRemoteUrl(root);
  return remote === undefined ? nameOf(root) : withoutCredentials(remote);
}

/** How far to look back. */
export interface ReviewOptions extends RepositoryOptions {
  /** Of how many days, as typed; without it of 7. */
  readonly days?: string;
  /** Of all times. */
  readonly all?: boolean;
}

/** What the feedback of a repository comes to. */
export interface Reviewed extends FeedbackReport {
  /** Whose feedback it is; no session. */
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
 * Sums up the feedback of all sessions, and of the older tool's files. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function reviewFeedback(
  host: Host,
  options: ReviewOptions = {},
): Promise<Reviewed> {
  const limits = { flag: "--days", max: MAX_DAYS };
  const days = options.all
    ? null
    : parseWholeNumber(options.days ?? DEFAULT_DAYS, limits);
  const repository = openRepository(host, options, { days: true, all: true });
  const salt = saltOf(host);
  const unknownHash = await hashOfWorkflow("unknown", salt);
  const review = newReview(days, clockOf(host), unknownHash);
  let damagedLines = 0;
  const warnings: string[] = [];
  const addAll = async ({ lines, kind, session }: Source) => {
    for await (const text of lines) {
      const entry = text === undefined ? undefined : decodeFeedbackLine(text);
      if (entry === undefined) {
        damagedLines++;
        continue;
      }
      const workflowHash = textIn(entry, "workflow_id_hash") ??
        await hashOfWorkflow(textIn(entry, "workflow_id") ?? "unknown", salt);
      review.add({ kind, entry, session, workflowHash });
    }
  };
  for await (const source of sourcesIn(repository)) {
    await unlessDamaged(() => addAll(source), warnings);
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
  readonly lines: AsyncIterable<string | undefined>;
}

/** Those of sessions first: they tell which session a workflow is. */
async function* sourcesIn(
  { layout, store }: Repository,
): AsyncGenerator<Source> {
  for (const session of await store.ids()) {
    const feedback = await store.feedback(session);
    for (const kind of ["tool", "process"] as const) {
      yield { lines: feedback.lines(kind), kind, session };
    }
  }
  const older = [
    [layout.legacyToolFeedback, "tool"],
    [layout.legacyProcessFeedback, "process"],
    [layout.legacyFeedback, "both"],
  ] as const;
  for (const [path, kind] of older) {
    yield { lines: feedbackLines(layout.root, path), kind, session: null };
  }
}
