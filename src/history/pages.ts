import { decodeUtf8 } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_LEARNINGS_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { readRegularFile } from "../files/read.ts";
import { joinedBytes, writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository, SessionPlace } from "../repository/open.ts";
import { asItWas, type Past, type PastOptions } from "../repository/past.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { requireApproval } from "../work/change.ts";
import { forHuman } from "../workflow/supervision.ts";
import { FOREIGN, pagePath, presentPage, stagingFor } from "./page_file.ts";
import {
  isWorkflowPage,
  learningsSection,
  SHOWN_EVENTS,
  workflowPage,
} from "./page_rules.ts";
import { hasLearnings, type Learnings, learningsOf } from "./rules.ts";
import { eventsOf, lastEvents, type OnProgress } from "./use.ts";

/** Where the page goes. */
export interface GenerateOptions extends PastOptions {
  /** A file other than WORKFLOW.md; relative to the working directory. */
  readonly file?: string;
  /** Returns the page and writes nothing. */
  readonly stdout?: boolean;
  /** Replaces a file that orc did not make: an act of a human, who types `replace`. */
  readonly force?: boolean;
}

/** A session as a page of Markdown. */
export interface Generated {
  /** Which session it shows, and where that is. */
  readonly place: SessionPlace;
  /** The page. */
  readonly text: string;
  /** The file, absolute; null when none was to be written. */
  readonly path: string | null;
  /** False when the file held the same page already. */
  readonly changed: boolean;
  /** That it shows the session as it was, where that was asked for. */
  readonly past?: Past;
  /** What went wrong after the file was replaced, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Shows a session as a page of Markdown, which depends on the session alone. Writes it whole or
 * not at all, and never over a file that is not such a page, unless a human says so.
 *
 * Requires `--allow-read`, and `--allow-write` for the file and its directory.
 *
 * @throws {OrcError} `page_elsewhere` (usage) if the file lies outside the working tree, in
 *   `.git` or in `.orchestrator`
 * @throws {OrcError} `not_generated` (refused) if the file holds something else
 * @throws {OrcError} `not_a_regular_file` (corrupt) if a link or something else lies there
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if `force` is needed
 *   and no human says yes
 * @throws {OrcError} `no_such_update` or `not_covered` (not_found), `invalid_number` (usage) for `at`
 */
export async function generateMarkdown(
  host: Host,
  options: GenerateOptions = {},
): Promise<Generated> {
  const now = await openSession(host, options, {
    file: true,
    stdout: true,
    force: true,
    at: true,
  });
  const { at } = options;
  const then = at === undefined ? undefined : await asItWas(now, at);
  const { opened = now, past, doubts = [] } = then ?? {};
  const { repository, workflow, session, place } = opened;
  const { state, id: sessionId } = session;
  const { events } = await lastEvents(
    now,
    SHOWN_EVENTS,
    past && {
      at: past.serial,
    },
  );
  const text = workflowPage({
    ...{ workflow, state, sessionId, events },
    then: past?.message,
  });
  const shown = { place, text, ...past && { past } };
  const same = { ...shown, changed: false, warnings: doubts };
  if (options.stdout) return { ...same, path: null };
  const path = options.file === undefined
    ? repositoryLayout(repository.found.workingTree).workflowPage
    : pagePath(host, repository, options.file, {
      flag: "--to",
      instead: "print the page: orc generate-md --stdout",
    });
  const present = presentPage(path, {
    isOwn: isWorkflowPage,
    force: options.force,
    instead: "write another file: orc generate-md --to FILE",
  });
  if (present === text) return { ...same, path };
  if (present === FOREIGN) {
    const request = `replace ${nameOf(path)}`;
    const act = { request, confirmation: "replace" };
    const command = forHuman(workflow, "orc generate-md --force");
    await requireApproval(host, repository, act, command);
  }
  const stagingDirectory = options.file === undefined
    ? stagingFor(repository)
    : undefined;
  try {
    const bytes = new TextEncoder().encode(text);
    const token = host.newToken();
    const unconfirmed = writeAtomic(path, bytes, { token, stagingDirectory });
    const warnings = [...doubts, ...unconfirmed];
    return { ...shown, path, changed: true, warnings };
  } catch (error) {
    // A directory that is gone has no other reader to tell.
    throw asOrcError(error, "write", path);
  }
}

/** Which session, and whether its learnings are kept. */
export interface LearnOptions extends SessionOptions {
  /** Appends them to LEARNINGS.md, if there are any that are not in it. */
  readonly save?: boolean;
  /** Called now and then with the part that is done, from 0 to 1. */
  readonly onProgress?: OnProgress;
}

/** What one session has to teach, and where it was kept. */
export interface Learned {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** What was skipped, failed, noted and overridden. */
  readonly learnings: Learnings;
  /** Whether there is anything to learn; nothing else is ever saved. */
  readonly hasLearnings: boolean;
  /** LEARNINGS.md, absolute; null when nothing was to be saved. */
  readonly path: string | null;
  /** Whether it was written; false when the same was in it already. */
  readonly saved: boolean;
  /** That the log was read around damage, or what went wrong after the file was replaced. */
  readonly warnings: readonly string[];
}

/**
 * Sums up what one session has to teach, and on request appends it to LEARNINGS.md, which is
 * replaced whole or not at all. Saving the same twice changes nothing.
 *
 * Requires `--allow-read`; to save, also `--allow-write` for the root.
 *
 * @throws {OrcError} `not_a_regular_file`, `file_too_large` or `invalid_utf8` (corrupt) if
 *   LEARNINGS.md is a link or cannot be extended
 */
export async function writeLearnings(
  host: Host,
  options: LearnOptions = {},
): Promise<Learned> {
  const { place, repository, session } = await openSession(host, options, {
    save: true,
    onProgress: true,
  });
  const warnings: string[] = [];
  const { onProgress } = options;
  const batches = eventsOf(repository, session, warnings, onProgress);
  const learnings = await learningsOf(session.state, batches);
  const learned = { place, learnings, hasLearnings: hasLearnings(learnings) };
  if (!options.save || !learned.hasLearnings) {
    return { ...learned, path: null, saved: false, warnings };
  }
  const section = learningsSection(learnings, session.id);
  const kept = await appendSection(host, repository, section);
  return { ...learned, ...kept, warnings: [...warnings, ...kept.warnings] };
}

const HEADER = `# Learnings

What sessions taught, as \`orc learn --save\` appends it.
`;

/** Under the repository's lock, or two sessions that are saved at once would lose one. */
async function appendSection(
  host: Host,
  repository: Repository,
  section: string,
): Promise<Pick<Learned, "path" | "saved" | "warnings">> {
  const path = repositoryLayout(repository.found.workingTree).learnings;
  // Refused before anything is made for the sake of the lock.
  extended(path, section);
  const warnings: string[] = [];
  const work = ({ token }: { readonly token: string }) => {
    const bytes = extended(path, section);
    if (bytes === null) return false;
    const stagingDirectory = stagingFor(repository);
    warnings.push(...writeAtomic(path, bytes, { token, stagingDirectory }));
    return true;
  };
  const saved = await withPreparedRepository(host, repository, {}, work);
  return { path, saved, warnings };
}

/** The file with the section behind what it holds, byte for byte; null when it holds the section. */
function extended(path: string, section: string): Uint8Array | null {
  const before = readRegularFile(path, MAX_LEARNINGS_BYTES) ??
    new TextEncoder().encode(HEADER);
  const text = decodeUtf8(before, path, "save it as UTF-8, or move it away");
  if (text.replaceAll("\r\n", "\n").includes(`${section}\n`)) return null;
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  const addition = new TextEncoder().encode(`${gap}${section}\n`);
  return joinedBytes([before, addition]);
}
