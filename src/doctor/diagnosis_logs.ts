import {
  errorFinding,
  type Finding,
  infoFinding,
  type Said,
  warningFinding,
} from "../base/finding.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import type {
  DiagnosisFacts,
  LineSample,
  LogFacts,
  SessionFacts,
} from "./diagnosis_facts.ts";
import { isBusy } from "./diagnosis_locks.ts";

/** Whether the log of each session is whole, and in step with its state. */
export const logChecks = [
  unreadable,
  order,
  damagedLines,
  repeatedLines,
  gaps,
];

function unreadable({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.flatMap(({ id, log }) =>
    log.trouble === null ? [] : [errorFinding({
      code: "log_not_readable",
      path: log.path,
      session: id,
      message: log.trouble.message,
      remedy: "put a regular file in its place: updates are refused",
    })]
  );
}

function order(facts: DiagnosisFacts): readonly Finding[] {
  return facts.sessions.flatMap((session) =>
    stateBehind(session) ??
      (isBusy(facts, session.id) ? [] : logBehind(session))
  );
}

function stateBehind(
  { id, state, statePath, log }: SessionFacts,
): readonly Finding[] | undefined {
  if (state === null || log.lastSerial <= state.serial) return undefined;
  return [errorFinding({
    code: "state_behind_log",
    path: statePath,
    session: id,
    message:
      `"${statePath}" is at update ${state.serial}, but "${log.path}" at update ${log.lastSerial}: an older state was put back`,
    remedy:
      `put the newer state back, or let a human go on from this one: orc doctor --trust-state ${id}`,
  })];
}

function logBehind(session: SessionFacts): readonly Finding[] {
  const { id, state, log } = session;
  if (state === null || log.trouble !== null) return [];
  const common = { path: log.path, session: id, ...healing(session) };
  if (!log.isThere) {
    return state.serial === 0 ? [] : [warningFinding({
      ...common,
      code: "log_missing",
      message: `"${log.path}" does not exist; only the last events are known`,
    })];
  }
  const findings: Finding[] = [];
  if (state.missingEvents > 0) {
    findings.push(infoFinding({
      ...common,
      code: "log_behind_state",
      message:
        `"${log.path}" lacks ${state.missingEvents} of the last events, which the state still holds`,
    }));
  }
  if (log.isTorn) {
    findings.push(infoFinding({
      ...common,
      code: "log_torn",
      message: `"${log.path}" ends in the middle of a line`,
    }));
  }
  return findings;
}

/** An update brings the log in step, if it is not refused for another reason. */
function healing(
  { state }: SessionFacts,
): Pick<Said, "remedy" | "fixable"> {
  const isRefused = state?.checksum === "changed" || state?.isNewer;
  return isRefused
    ? { remedy: "mend the state first; see there", fixable: false }
    : {
      remedy: "the next update completes it, and so does orc doctor --fix",
      fixable: true,
    };
}

function damagedLines({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.damaged.count > 0)
    .map(({ id, log }) =>
      warningFinding({
        code: "log_damaged_lines",
        path: log.path,
        session: id,
        message: `"${log.path}" holds no event in ${
          linesOf(log, log.damaged)
        }; the rest is used`,
        remedy: "look at them; orc leaves them as they are",
      })
    );
}

function repeatedLines({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.repeated.count > 0)
    .map(({ id, log }) =>
      infoFinding({
        code: "log_repeated_lines",
        path: log.path,
        session: id,
        message: `"${log.path}" repeats an event in ${
          linesOf(log, log.repeated)
        }; it counts once`,
        remedy: "nothing to do",
      })
    );
}

function gaps({ sessions }: DiagnosisFacts): readonly Finding[] {
  return sessions.filter(({ log }) => log.gaps.count > 0)
    .map(({ id, log }) =>
      warningFinding({
        code: "log_gaps",
        path: log.path,
        session: id,
        message: `"${log.path}" lacks updates; the first to be missing: ${
          someOf(log.gaps)
        }`,
        remedy: "put them back from a copy of the log, if there is one",
      })
    );
}

function linesOf({ fromByte }: LogFacts, sample: LineSample): string {
  const noun = sample.count === 1 ? "line" : "lines";
  const where = fromByte === 0 ? "" : `, counted from byte ${fromByte}`;
  return `${noun} ${someOf(sample)}${where}`;
}

function someOf({ numbers, count }: LineSample): string {
  const shown = numbers.slice(0, MAX_CANDIDATES);
  const more = count - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
