import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { LONG_LOCK_MS, MAX_CANDIDATES } from "../base/limits.ts";
import { listOf } from "../base/text.ts";
import type {
  DiagnosisFacts,
  LeftoverFact,
  LockFact,
} from "./diagnosis_facts.ts";

/** Locks, and what their holders left behind. */
export const lockChecks = [locks, leftovers];

/** Whether a living process is at work in a session, or in the repository: what it has not finished is no damage. */
export function isBusy(
  { locks }: DiagnosisFacts,
  session: string | null,
): boolean {
  return locks.some((lock) =>
    lock.session === session && lock.holder?.liveness === "alive"
  );
}

function locks({ locks }: DiagnosisFacts): readonly Finding[] {
  return locks.map((lock) => heldLock(lock) ?? unreadableLock(lock));
}

function heldLock(lock: LockFact): Finding | undefined {
  const { path, session, holder } = lock;
  if (holder === null) return undefined;
  const seconds = Math.round(holder.ageMs / 1000);
  const who =
    `"${path}" is held by process ${holder.pid} on "${holder.host}" for ${seconds} s (${holder.purpose})`;
  const common = { path, session };
  const isLong = holder.ageMs > LONG_LOCK_MS;
  switch (holder.liveness) {
    case "dead":
      return infoFinding({
        ...common,
        code: "lock_stale",
        message: `${who}, which has ended`,
        remedy: "the next update takes it over, and so does orc doctor --fix",
        fixable: true,
      });
    case "unknown":
      return (isLong ? warningFinding : infoFinding)({
        ...common,
        code: "lock_of_unknown",
        message: `${who}; whether it still runs cannot be told from here`,
        remedy: "see who holds it, and look there: orc unlock",
      });
    case "alive":
      return (isLong ? warningFinding : infoFinding)({
        ...common,
        code: isLong ? "lock_held_long" : "lock_held",
        message: `${who}, which still runs`,
        remedy: isLong
          ? "see what that process waits for; updates take milliseconds"
          : "nothing to do: it gives the lock back",
      });
  }
}

function unreadableLock({ path, session, trouble }: LockFact): Finding {
  if (trouble !== null) {
    return errorFinding({
      code: "lock_foreign",
      path,
      session,
      message: trouble.message,
      remedy: "look at what it is, and move it away: no update is possible",
    });
  }
  return infoFinding({
    code: "lock_unreadable",
    path,
    session,
    message: `"${path}" names no holder`,
    remedy:
      "the next update waits two seconds and takes it over, and so does orc doctor --fix",
    fixable: true,
  });
}

function leftovers(facts: DiagnosisFacts): readonly Finding[] {
  return facts.leftovers
    .filter(({ session }) => !isBusy(facts, session))
    .map(leftover);
}

function leftover({ directory, session, names }: LeftoverFact): Finding {
  const named = listOf(names, MAX_CANDIDATES);
  return infoFinding({
    code: "leftovers",
    path: directory,
    session,
    message: `"${directory}" holds what a killed process left: ${named}`,
    remedy: "orc doctor --fix",
    fixable: true,
  });
}
