import { nameOf } from "../base/path.ts";
import { assertNotesFit } from "../engine/situation.ts";
import { asOrcError } from "../files/errors.ts";
import { readGitPointer, readRemoteUrl } from "../files/git.ts";
import { damageWarnings, logOf } from "../history/use.ts";
import type { Host } from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { withoutCredentials } from "../session/remote_url.ts";
import { readLog } from "../session/store_log_read.ts";
import { clockOf } from "../settings/clock.ts";
import { originText, valueOf } from "../settings/merge.ts";
import { readSetting } from "../settings/read_config.ts";
import { DEFAULT_SALT } from "./feedback_anonymity.ts";
import { tallyEvents } from "./feedback_tally.ts";
import {
  buildFeedback,
  type Feedback,
  type FeedbackTexts,
  repoTypeOf,
} from "./rules.ts";
import { appendFeedback } from "./use.ts";

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
  const said = textsIn(options);
  const texts = mayAsk(host, options, said) ? ask(host) : said;
  const { mask } = await sessionMasker(host, opened);
  const made = await feedbackOn(host, opened, maskTexts(texts, mask));
  if (session.legacyPath !== null) {
    const { adoptLegacySession } = await import("../work/legacy.ts");
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
  const reading = readLog(log);
  const feedback = await buildFeedback({
    state: session.state,
    tally: tallyEvents(reading.events),
    texts,
    mode: isSilent(texts) ? "auto" : "interactive",
    clock: clockOf(host),
    repoType: repoTypeOf(fileNames(found.workingTree)),
    repo: repositoryName(found.root),
    salt: saltOf(host),
  });
  const warnings = damageWarnings(log.path, reading.damagedLines());
  return { feedback, warnings };
}

/** What the hash of a workflow is salted with. */
export function saltOf(host: Host): string {
  return host.env("WORKFLOW_SALT") ?? DEFAULT_SALT;
}

function textsIn(options: CaptureOptions): FeedbackTexts {
  return {
    learnings: textOf(options.learnings),
    challenges: textOf(options.challenges),
    wentWell: textOf(options.wentWell),
    improvements: textOf(options.improvements),
  };
}

function maskTexts(
  { learnings, challenges, wentWell, improvements }: FeedbackTexts,
  mask: (text: string) => string,
): FeedbackTexts {
  const orNull = (text: string | null) => text === null ? null : mask(text);
  return {
    learnings: orNull(learnings),
    challenges: orNull(challenges),
    wentWell: orNull(wentWell),
    improvements: orNull(improvements),
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

/** Only a person who has said nothing yet is asked. */
function mayAsk(
  host: Host,
  { auto = false }: CaptureOptions,
  said: FeedbackTexts,
): boolean {
  return !auto && isSilent(said) && host.terminal.isInteractive;
}

function ask(host: Host): FeedbackTexts {
  const answerTo = (question: string): string | null =>
    textOf(host.terminal.readLine(`${question} (Enter for nothing) `));
  return {
    learnings: answerTo("What did you learn?"),
    challenges: answerTo("What was hard?"),
    wentWell: answerTo("What went well?"),
    improvements: answerTo("What should be better next time?"),
  };
}

function fileNames(directory: string): ReadonlySet<string> {
  try {
    return new Set(Array.from(Deno.readDirSync(directory), ({ name }) => name));
  } catch (error) {
    throw asOrcError(error, "list", directory);
  }
}

function repositoryName(root: string): string {
  const git = readGitPointer(root);
  const remote = "commonDirectory" in git
    ? readRemoteUrl(git.commonDirectory)
    : undefined;
  return remote === undefined ? nameOf(root) : withoutCredentials(remote);
}
