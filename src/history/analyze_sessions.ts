import type { RecordedEvent } from "../engine/event.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { readLegacyState } from "../session/legacy.ts";
import type { Session } from "../session/session_store.ts";
import { type LogSource, readLog } from "../session/store_log_read.ts";
import { unlessDamaged } from "../session/unless_damaged.ts";
import { type Analysis, type Analyzer, newAnalyzer } from "./analysis.ts";
import { damageWarnings, logOf, type OnProgress, withProgress } from "./use.ts";

/** Where to look, and who wants to know how far it is. */
export interface AnalyzeOptions extends RepositoryOptions {
  /** Called now and then with the part that is done, from 0 to 1. */
  readonly onProgress?: OnProgress;
}

/** What the sessions of a repository have in common. */
export interface Analyzed {
  /** Where they are; no session. */
  readonly place: Place;
  /** Over all sessions, and the workflows in the older tool's logs. */
  readonly analysis: Analysis;
  /** What could not be read, and is not counted. */
  readonly warnings: readonly string[];
}

/**
 * Analyzes all sessions of a repository, and what is left of the older tool's
 * logs. Takes no lock and writes nothing. Reads every log event by event: its
 * time grows with them, its memory does not. A session that cannot be read is
 * left out and named in the warnings.
 *
 * Requires `--allow-read`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { analyzeSessions, denoHost, startSession } from "@orc/cli";
 *
 * const host = denoHost();
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { analysis } = await analyzeSessions(host, { root });
 * assertEquals([analysis.total, analysis.active], [1, 1]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function analyzeSessions(
  host: Host,
  options: AnalyzeOptions = {},
): Promise<Analyzed> {
  const repository = openRepository(host, options);
  const run: Run = {
    repository,
    analyzer: newAnalyzer(),
    onProgress: options.onProgress,
    warnings: [],
  };
  const ids = repository.store.ids();
  const known = new Set<string>();
  for (const [index, id] of ids.entries()) {
    const session = await unlessDamaged(
      () => repository.store.read(id),
      run.warnings,
    );
    if (session === undefined) continue;
    known.add(session.state.workflowId);
    await addSession(run, session, [index, ids.length]);
  }
  await addLegacy(run, known);
  const analysis = run.analyzer.analysis();
  return {
    place: placeOf(repository, null),
    analysis,
    warnings: analysis.isCut
      ? [...run.warnings, "There is too much to keep apart; some is left out"]
      : run.warnings,
  };
}

interface Run {
  readonly repository: Repository;
  readonly analyzer: Analyzer;
  readonly onProgress: OnProgress | undefined;
  readonly warnings: string[];
}

/** Which one of how many. */
type Turn = readonly [index: number, count: number];

async function addSession(
  run: Run,
  session: Session,
  turn: Turn,
): Promise<void> {
  const { workflowId, status } = session.state;
  run.analyzer.addSession(workflowId, status);
  await addLog(run, logOf(run.repository.layout, session), turn);
}

async function addLog(
  run: Run,
  source: LogSource,
  [index, count]: Turn,
  isWanted: (event: RecordedEvent) => boolean = () => true,
): Promise<void> {
  const { analyzer, onProgress } = run;
  const reading = readLog(source);
  const report = onProgress &&
    ((fraction: number) => onProgress((index + fraction) / count));
  await unlessDamaged(() => {
    for (const event of withProgress(reading, report)) {
      if (isWanted(event)) analyzer.addEvent(event);
    }
  }, run.warnings);
  run.warnings.push(...damageWarnings(source.path, reading.damagedLines()));
}

/** The older tool's files: what was adopted is counted in its new place. */
async function addLegacy(run: Run, adopted: Set<string>): Promise<void> {
  const { layout } = run.repository;
  const legacy = await unlessDamaged(
    () => readLegacyState(layout),
    run.warnings,
  );
  const state = legacy?.session.state;
  if (state && !adopted.has(state.workflowId)) {
    run.analyzer.addSession(state.workflowId, state.status);
  }
  const isWanted = ({ workflowId }: RecordedEvent): boolean =>
    !adopted.has(workflowId);
  for (const path of [layout.legacyLog, layout.sessionlessLog]) {
    await addLog(run, { root: layout.root, path }, [0, 1], isWanted);
  }
}
