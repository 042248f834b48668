/** What is reported of a session to people: what was done, by whom, how it was checked, and what took the time. */
import { asObject, textAt } from "../base/json.ts";
import { epochMsOf } from "../base/time.ts";
import { agentIn, type RecordedEvent } from "../engine/event.ts";
import { type LeftOut, leftOutIn } from "../engine/phase.ts";
import { parseReceipt } from "../engine/receipt.ts";
import { isClosed, itemStateOf, phaseStateOf } from "../engine/state.ts";
import { type GivenApproval, originIn } from "../replay/account.ts";
import type {
  ItemStatus,
  PhaseStatus,
  SessionState,
  SessionStatus,
  Workflow,
} from "../workflow/types.ts";
import { CHECKED, OVERRIDING } from "./rules.ts";
import { isWork, waitedFor } from "./wait_rules.ts";

/** The last run of an item's check, and what came before it. */
export interface ReportedCheck {
  /** Whether it passed. */
  readonly passed: boolean;
  /** How often it ran, in all. */
  readonly tries: number;
  /** How many of them failed. */
  readonly failures: number;
  /** As it ran, with secrets masked; null for a check that runs no program. */
  readonly command: string | null;
  /** How many tests it ran, by its runner's own count; null where nobody can tell. */
  readonly testsRun: number | null;
  /** How long it took; null where no program ran. */
  readonly durationMs: number | null;
  /** Whether it was proved able to fail; null where that was not asked for. */
  readonly proved: boolean | null;
}

/** An item, and who did it. */
export interface ReportedItem {
  /** Its id. */
  readonly itemId: string;
  /** Its name, for people. */
  readonly name: string;
  /** How far it is. */
  readonly status: ItemStatus;
  /** The agent that asked for it to be completed or skipped, or the human who said yes; null for nobody known. */
  readonly by: string | null;
  /** When it was completed or skipped; null before. */
  readonly at: string | null;
  /** What was done, as whoever completed it says. */
  readonly said: string | null;
  /** Null where no check of it ran. */
  readonly check: ReportedCheck | null;
}

/** A phase, and how long it took. */
export interface ReportedPhase {
  /** Its id. */
  readonly phaseId: string;
  /** Its name, for people. */
  readonly name: string;
  /** How far it is. */
  readonly status: PhaseStatus;
  /** When the session entered it; null before. */
  readonly startedAt: string | null;
  /** When the session left it; null before. */
  readonly completedAt: string | null;
  /** Up to now in the current phase; null where its times are not known. */
  readonly durationSeconds: number | null;
  /** How much of that went from the last thing done until a human said yes. */
  readonly waitedSeconds: number;
  /** In the order of the workflow. */
  readonly items: readonly ReportedItem[];
}

/** What the log and the state of a session tell whoever looks at its work. */
export interface Told {
  /** Id of the session. */
  readonly session: string;
  /** What was to be done. */
  readonly task: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** How far the session is. */
  readonly status: SessionStatus;
  /** When it began, an instant in UTC. */
  readonly startedAt: string;
  /** When it ended; null while it goes on. */
  readonly endedAt: string | null;
  /** Up to now while it goes on; null where its times are not known. */
  readonly durationSeconds: number | null;
  /** How much of that went from the last thing done until a human said yes. */
  readonly waitedSeconds: number;
  /** What came of it, or why it was abandoned. */
  readonly outcome: string | null;
  /** All that asked for something in it, in the order in which they came. */
  readonly agents: readonly string[];
  /** In the order of the workflow. */
  readonly phases: readonly ReportedPhase[];
  /** What was left out, and why. */
  readonly skipped: readonly LeftOut[];
}

/** What there is to say of a session. */
export interface Report extends Told {
  /** Each yes that counts, forced steps among them, in the order in which they were given. */
  readonly approvals: readonly GivenApproval[];
  /** How it departed from its workflow's file, as sentences without a period. */
  readonly overrides: readonly string[];
  /** Which checks saw other files than there are now, as sentences without a period. */
  readonly stale: readonly string[];
  /** Which files are not as git's last commit has them; null where nobody can tell. */
  readonly uncommitted: readonly string[] | null;
  /** What cannot be told, and why. */
  readonly unknown: readonly string[];
}

/** Something that a timeline marks. */
export interface Moment {
  readonly at: string;
  readonly phaseId: string | null;
  readonly kind: "passed" | "failed" | "human" | "forced" | "refused" | "done";
  readonly text: string;
}

/** A time in which a human was waited for. */
export interface Wait {
  readonly phaseId: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Takes the events of a session one by one; its memory grows with its workflow alone. */
export interface Reporter {
  take(event: RecordedEvent): void;
  /** What they tell of a session that stands so, and that goes on until now. */
  result(session: ReportedSession): Told;
  /** The first of each, as many as a page shows. */
  readonly moments: readonly Moment[];
  readonly waits: readonly Wait[];
}

interface ReportedSession {
  readonly id: string;
  readonly workflow: Workflow;
  readonly state: SessionState;
  readonly now: string;
}

/** More marks cover each other. */
const MAX_MOMENTS = 1000;

interface Checked {
  tries: number;
  failures: number;
  last: RecordedEvent;
}

export function newReporter(): Reporter {
  const checks = new Map<string, Checked>();
  const done = new Map<string, RecordedEvent>();
  const agents = new Set<string>();
  const moments: Moment[] = [];
  const waits: Wait[] = [];
  let workedMs: number | undefined;
  return {
    moments,
    waits,
    take(event) {
      const { type, itemId, phaseId, at } = event;
      const agent = agentIn([event]);
      if (agent !== null && agents.size < MAX_MOMENTS) agents.add(agent);
      const kind = kindOf(event);
      if (kind !== undefined && moments.length < MAX_MOMENTS) {
        moments.push({ at, phaseId, kind, text: momentText(event) });
      }
      if (itemId !== null && CHECKED[type] !== undefined) {
        const { tries = 0, failures = 0 } = checks.get(itemId) ?? {};
        checks.set(itemId, {
          tries: tries + 1,
          failures: failures + (CHECKED[type] ? 0 : 1),
          last: event,
        });
      }
      if (itemId !== null && DONE.includes(type)) done.set(itemId, event);
      const waitedMs = waitedFor(event, workedMs);
      if (waitedMs !== undefined && waits.length < MAX_MOMENTS) {
        const toMs = epochMsOf(at) ?? 0;
        waits.push({ phaseId, fromMs: toMs - waitedMs, toMs });
      }
      if (isWork(event)) workedMs = epochMsOf(at) ?? workedMs;
    },
    result({ id, workflow, state, now }) {
      const endedAt = isClosed(state.status)
        ? state.completedAt ?? state.updatedAt
        : null;
      const end = endedAt ?? now;
      const phases = workflow.phases.map((phase) => {
        const phaseState = phaseStateOf(state, phase);
        const { status, startedAt, completedAt } = phaseState;
        return {
          phaseId: phase.id,
          name: phase.name,
          ...{ status, startedAt, completedAt },
          durationSeconds: secondsBetween(startedAt, completedAt ?? end),
          waitedSeconds: secondsOf(
            waits.filter(({ phaseId }) => phaseId === phase.id),
          ),
          items: phase.items.map((item): ReportedItem => {
            const itemState = itemStateOf(phaseState, item.id);
            return {
              itemId: item.id,
              name: item.name,
              status: itemState.status,
              by: doneBy(itemState.status, done.get(item.id)),
              at: itemState.completedAt ?? itemState.skippedAt,
              said: itemState.notes,
              check: checkOf(checks.get(item.id)),
            };
          }),
        };
      });
      return {
        ...{ session: id, task: state.task, workflow: state.workflowType },
        ...{ status: state.status, startedAt: state.createdAt, endedAt },
        durationSeconds: secondsBetween(state.createdAt, end),
        waitedSeconds: secondsOf(waits),
        outcome: textAt(state.metadata, "completion_notes") ??
          textAt(state.metadata, "abandon_reason"),
        agents: [...agents],
        phases,
        skipped: leftOutIn(state, workflow.phases),
      };
    },
  };
}

/** What happened, and to which item where that is not said. */
function momentText({ itemId, message }: RecordedEvent): string {
  const isNamed = message.split(/[^\w.-]+/).includes(itemId ?? "");
  return itemId === null || isNamed ? message : `${itemId}: ${message}`;
}

const DONE: readonly string[] = ["item_completed", "item_skipped"];

const REFUSED: readonly string[] = ["error", "skip_rejected"];

function kindOf({ type, details }: RecordedEvent): Moment["kind"] | undefined {
  if (OVERRIDING.some((key) => details.get(key) === true)) return "forced";
  if (REFUSED.includes(type)) return "refused";
  const passed = CHECKED[type];
  if (passed !== undefined) return passed ? "passed" : "failed";
  if (originIn(details) !== null) return "human";
  return DONE.includes(type) ? "done" : undefined;
}

/** Whoever asked for it; a human is known by the account that the machine names. */
function doneBy(
  status: ItemStatus,
  event: RecordedEvent | undefined,
): string | null {
  const isDone = status === "completed" || status === "skipped";
  if (!isDone || event === undefined) return null;
  const agent = agentIn([event]);
  const origin = originIn(event.details);
  // By a setting nobody was asked.
  if (agent !== null || origin === null || origin === "setting") return agent;
  const presence = asObject(event.details.get("presence"));
  return (presence && textAt(presence, "user")) ?? "a human";
}

function checkOf(checked: Checked | undefined): ReportedCheck | null {
  if (checked === undefined) return null;
  const { tries, failures, last: { type, details } } = checked;
  const receipt = parseReceipt(details.get("receipt"));
  return {
    ...{ passed: CHECKED[type] === true, tries, failures },
    command: receipt?.command ?? textAt(details, "command"),
    testsRun: receipt?.testsRun ?? null,
    durationMs: receipt?.durationMs ?? null,
    proved: receipt?.proved ? receipt.proved.reason === null : null,
  };
}

function secondsOf(waits: readonly Wait[]): number {
  const ms = waits.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return Math.round(ms / 1000);
}

function secondsBetween(from: string | null, to: string): number | null {
  const [fromMs, toMs] = [epochMsOf(from), epochMsOf(to)];
  if (fromMs === undefined || toMs === undefined) return null;
  return Math.max(0, Math.round((toMs - fromMs) / 1000));
}
