import { OrcError } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { sizeText } from "../base/size_text.ts";
import { quoted } from "../base/text.ts";
import { type CleanupRule, isRemovable } from "../engine/cleanup.ts";
import type { Host } from "../host/host.ts";
import { deleteRemoved, removeSession } from "../session/session_remove.ts";
import type { Session } from "../session/session_store.ts";
import { unbindSessions } from "../session/unbind.ts";
import { clockOf } from "../settings/clock.ts";
import type {
  CleanupOptions,
  CleanupPlan,
  KeptState,
  Leftover,
  RemovableSession,
} from "./cleanup.ts";

/** What a cleanup did, or would do. */
export interface Cleanup {
  /** Whether nothing was removed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** Sessions that were removed; in a dry run, that would be. */
  readonly sessions: readonly RemovableSession[];
  /** What earlier removals left behind, removed in the same way. */
  readonly leftovers: readonly Leftover[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
  /** State that stays although it may have been expected to go. */
  readonly kept: readonly KeptState[];
}

/** Removes what the plans name, after a yes; nothing in a dry run. */
export async function applyCleanup(
  host: Host,
  plans: readonly CleanupPlan[],
  { dryRun = false, yes = false, rule }: CleanupOptions & {
    readonly rule: CleanupRule;
  },
): Promise<Cleanup> {
  const planned = summed(plans, dryRun);
  const isEmpty = planned.sessions.length + planned.leftovers.length === 0;
  if (dryRun || isEmpty) return planned;
  if (!yes) confirm(host, planned);
  const attempts: Attempt[] = [];
  for (const plan of plans) attempts.push(await applyPlan(host, plan, rule));
  const removed = summed(attempts.map(({ plan }) => plan), false);
  const isVain = removed.sessions.length + removed.leftovers.length === 0;
  const [failure] = attempts.flatMap(({ failures }) => failures);
  // Where all went wrong, saying "done, but" would hide it.
  if (isVain && failure !== undefined) throw failure.error;
  return removed;
}

function summed(plans: readonly CleanupPlan[], dryRun: boolean): Cleanup {
  const sessions = plans.flatMap((plan) => plan.sessions);
  const leftovers = plans.flatMap((plan) => plan.leftovers);
  return {
    dryRun,
    sessions,
    leftovers,
    sizeBytes: [...sessions, ...leftovers]
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    kept: plans.flatMap((plan) => plan.kept),
  };
}

/** Asks whoever sits at the terminal; the question shows all that will be gone. */
function confirm(host: Host, planned: Cleanup): void {
  if (host.terminal.isInteractive) {
    const answer = host.terminal.readLine(questionFor(planned));
    if (/^\s*y(?:es)?\s*$/i.test(answer ?? "")) return;
  }
  throw new OrcError(
    "refused",
    "not_confirmed",
    `Nothing was removed: ${countOf(planned)} would be, but nobody said yes`,
    {
      hint:
        "look at them with --dry-run first; --yes is the yes where nobody can be asked",
      details: { sessions: planned.sessions.map(({ session }) => session) },
    },
  );
}

function questionFor(planned: Cleanup): string {
  const lines = planned.sessions.map((each) =>
    `  ${shortSessionId(each.session)}  ${each.status} ${each.days} days ago  ${
      sizeText(each.sizeBytes)
    }  ${quoted(each.directory)}`
  );
  return [...lines, `Remove ${countOf(planned)} for good? [y/N] `].join("\n");
}

function countOf({ sessions, leftovers, sizeBytes }: Cleanup): string {
  const parts = [
    ...plural(sessions.length, "session"),
    ...plural(leftovers.length, "leftover"),
  ];
  return `${parts.join(" and ")} (${sizeText(sizeBytes)})`;
}

function plural(count: number, noun: string): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${noun}${count === 1 ? "" : "s"}`];
}

/** What came of a plan: the part that was carried out, and what went wrong. */
interface Attempt {
  readonly plan: CleanupPlan;
  readonly failures: readonly Failure[];
}

interface Failure {
  readonly path: string;
  readonly error: OrcError;
}

async function applyPlan(
  host: Host,
  plan: CleanupPlan,
  rule: CleanupRule,
): Promise<Attempt> {
  const leftovers = await tryEach(plan.leftovers, ({ path }) => {
    deleteRemoved(path);
    return Promise.resolve();
  });
  const sessions = await removeSessions(host, plan, rule);
  const failures = [...leftovers.failures, ...sessions.failures];
  const kept = failures.map(({ path, error: { message } }) => ({
    path,
    problem: message,
  }));
  return {
    plan: {
      ...plan,
      leftovers: leftovers.done,
      sessions: sessions.done,
      kept: [...plan.kept, ...kept],
    },
    failures,
  };
}

/** Nobody is left in a session that goes: that comes first, so that a crash leaves no dead end. */
async function removeSessions(
  host: Host,
  { repository, sessions }: CleanupPlan,
  rule: CleanupRule,
): Promise<Tried<RemovableSession>> {
  const { layout, context } = repository;
  const ids = new Set(sessions.map(({ session }) => session));
  const clock = clockOf(host);
  const unbound = await tryEach([{ path: layout.directory }], async () => {
    await unbindSessions(layout, context, ids);
  });
  if (unbound.failures.length > 0) return { ...unbound, done: [] };
  return await tryEach(sessions, async ({ session, path }) => {
    const mayRemove = ({ state }: Session) => isRemovable(state, rule, clock);
    const isGone = await removeSession(layout, context, session, mayRemove);
    if (!isGone) throw changedMeanwhile(path);
  });
}

interface Tried<Target> {
  readonly done: readonly Target[];
  readonly failures: readonly Failure[];
}

/** One that cannot be done keeps no other from being done. */
async function tryEach<Target extends { readonly path: string }>(
  targets: readonly Target[],
  act: (target: Target) => Promise<void>,
): Promise<Tried<Target>> {
  const done: Target[] = [];
  const failures: Failure[] = [];
  for (const target of targets) {
    try {
      await act(target);
      done.push(target);
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      failures.push({ path: target.path, error });
    }
  }
  return { done, failures };
}

function changedMeanwhile(path: string): OrcError {
  return new OrcError(
    "conflict",
    "session_changed",
    `Cannot remove "${path}": it was changed or removed meanwhile`,
    { path, hint: "orc session list" },
  );
}
