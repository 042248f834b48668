import { type Counts, Crew, noCounts } from "./crew.ts";
import type { Options } from "./options.ts";
import {
  countOf,
  eventsOf,
  filesOf,
  healTorture,
  holderOf,
  itemOf,
  startTorture,
  type TortureSession,
} from "./session.ts";
import type { Outcome } from "./verdict.ts";

/** Time between two cruelties. */
const PAUSE_MS = 100;

/** All others wait while the holder of the lock is stopped. */
const LONGEST_STOP_MS = 500;

/** How many of the cruelties kill; the others stop. */
const SHARE_OF_KILLS = 0.7;

/** How many of them are meant for whoever holds the lock. */
const SHARE_OF_HOLDERS = 0.5;

/** Tortures a session in a new directory, and returns what is left of it. */
export async function torture(
  { processes, updates, seconds }: Options,
): Promise<Outcome> {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "orc-" }));
  const startedAtMs = performance.now();
  try {
    const session = await startTorture(root, processes);
    const counts = noCounts(processes);
    const crew = new Crew(session, counts);
    const cruelty = setInterval(() => hurt(crew, session), PAUSE_MS);
    const end = setTimeout(() => crew.dismiss(), seconds * 1000);
    await Promise.all(
      counts.kills.map((_, process) => crew.work(process, updates)),
    );
    clearInterval(cruelty);
    clearTimeout(end);
    return await examine(session, counts, performance.now() - startedAtMs);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function hurt(crew: Crew, session: TortureSession): void {
  const isAimed = Math.random() < SHARE_OF_HOLDERS;
  const process = crew.pick(isAimed ? holderOf(session) : undefined);
  if (process === undefined) return;
  if (Math.random() < SHARE_OF_KILLS) crew.kill(process);
  else crew.stop(process, Math.random() * LONGEST_STOP_MS);
}

async function examine(
  session: TortureSession,
  counts: Counts,
  durationMs: number,
): Promise<Outcome> {
  const { state, serial } = await healTorture(session);
  return {
    ...counts,
    stored: counts.kills.map((_, process) => countOf(state, itemOf(process))),
    serial,
    events: eventsOf(session),
    files: filesOf(session),
    durationMs,
  };
}
