import { decodeUtf8 } from "../base/json_parse.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_LEARNINGS_BYTES } from "../base/limits.ts";
import { readRegularFile } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { readLog } from "../session/store_log_read.ts";
import {
  hasLearnings,
  type Learnings,
  learningsOf,
  learningsSection,
} from "./learnings.ts";
import { damageWarnings, logOf, type OnProgress, withProgress } from "./use.ts";

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
  readonly place: Place;
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
 * Sums up what one session has to teach, and on request appends it to
 * LEARNINGS.md, which is replaced whole or not at all. Saving the same twice
 * changes nothing.
 *
 * Requires `--allow-read`; to save, also `--allow-write` for the root.
 *
 * @throws {OrcError} `not_a_regular_file`, `file_too_large` or `invalid_utf8`
 *   (corrupt) if LEARNINGS.md is a link or cannot be extended
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addNote, denoHost, startSession, writeLearnings } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * await addNote(host, { root, text: "Ada knows the API" });
 * const { learnings, saved } = await writeLearnings(host, { root, save: true });
 * assertEquals([learnings.notes, saved], [["Ada knows the API"], true]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function writeLearnings(
  host: Host,
  options: LearnOptions = {},
): Promise<Learned> {
  const opened = await openSession(host, options);
  const { place, repository, session } = opened;
  const { learnings, warnings } = readLearnings(opened, options.onProgress);
  const learned = { place, learnings, hasLearnings: hasLearnings(learnings) };
  if (!options.save || !learned.hasLearnings) {
    return { ...learned, path: null, saved: false, warnings };
  }
  const section = learningsSection(learnings, { sessionId: session.id });
  const kept = await appendSection(host, repository, section);
  return { ...learned, ...kept, warnings: [...warnings, ...kept.warnings] };
}

function readLearnings(
  { repository, session }: OpenedSession,
  onProgress: OnProgress | undefined,
): Pick<Learned, "learnings" | "warnings"> {
  const source = logOf(repository.layout, session);
  const reading = readLog(source);
  const events = withProgress(reading, onProgress);
  const learnings = learningsOf(session.state, events);
  const warnings = damageWarnings(source.path, reading.damagedLines());
  return { learnings, warnings };
}

/** Begins the file. */
const HEADER = `# Learnings

What sessions taught, as \`orc learn --save\` appends it.
`;

/** Under the repository's lock, or two sessions that are saved at once would lose one. */
async function appendSection(
  host: Host,
  repository: Repository,
  section: string,
): Promise<Pick<Learned, "path" | "saved" | "warnings">> {
  const { found, layout } = repository;
  const path = repositoryLayout(found.workingTree).learnings;
  // Refused before anything is made for the sake of the lock.
  extended(path, section);
  const work = (lock: { token: string }): Promise<readonly string[] | null> => {
    const bytes = extended(path, section);
    if (bytes === null) return Promise.resolve(null);
    const warning = writeAtomic(path, bytes, {
      token: lock.token,
      // A linked worktree may lie on another disk.
      stagingDirectory: found.workingTree === found.root
        ? layout.directory
        : undefined,
    });
    return Promise.resolve(warning === undefined ? [] : [warning]);
  };
  const options = { portable: false };
  const done = await withPreparedRepository(host, repository, options, work);
  return { path, saved: done !== null, warnings: done ?? [] };
}

/** The file with the section behind what it holds; null when it holds the section. */
function extended(path: string, section: string): Uint8Array | null {
  const present = readRegularFile(path, MAX_LEARNINGS_BYTES);
  const text = present === undefined
    ? HEADER
    : decodeUtf8(present, path, "save it as UTF-8, or move it away");
  if (text.replaceAll("\r\n", "\n").includes(`${section}\n`)) return null;
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  const addition = new TextEncoder().encode(`${gap}${section}\n`);
  const before = present ?? new TextEncoder().encode(HEADER);
  const whole = new Uint8Array(before.length + addition.length);
  whole.set(before);
  whole.set(addition, before.length);
  return whole;
}
