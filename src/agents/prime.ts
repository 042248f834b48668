/** The few words with which an agent can begin or go on. */
import { isOrcError, type OrcError, usage } from "../base/error.ts";
import { headOf } from "../base/markdown.ts";
import { inOneLine, parseWholeNumber } from "../base/text.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type Place, placeOf } from "../repository/open.ts";
import { refusalOfAnother } from "../repository/owner.ts";
import type { SessionOptions } from "../repository/select.ts";
import { openStatus } from "../work/status.ts";
import { primeText, tokensOf } from "./prime_rules.ts";

/** How much an agent is told. */
export interface PrimeOptions extends SessionOptions {
  /** Tokens, estimated, as typed: 50 to 10000; 250 without it. */
  readonly budget?: string;
}

/** What an agent has to know. */
export interface Primed {
  /** Which session it is about; none where none is meant. */
  readonly place: Place;
  /** Whether there is a session that can go on. */
  readonly active: boolean;
  /** Lines for the agent. */
  readonly text: string;
  /** Estimated tokens of the text: a quarter of its characters. */
  readonly tokens: number;
  /** Names of the parts that did not fit, such as `advice on the phase`. */
  readonly left: readonly string[];
}

/** Enough for the task, the next command, a rejection and the constraints of a usual session. */
const DEFAULT_BUDGET = 250;
const MIN_BUDGET = 50;
const MAX_BUDGET = 10_000;

/**
 * Puts the next command, a human's rejection, the last failure, the constraints and the position of a
 * session into a few words, the most important first, and says what did not fit. Of a session that belongs
 * to another agent it says no more than whose it is, and how to begin one of one's own. Made for the hook that
 * runs when an agent begins or its memory was cut. Takes no lock and writes nothing.
 *
 * Requires `--allow-read` and, to compare files, `--allow-run` of git.
 *
 * @throws {OrcError} `invalid_number` (usage) if the budget is none from 50 to 10000
 */
export async function primeAgent(
  host: Host,
  { budget, ...options }: PrimeOptions = {},
): Promise<Primed> {
  const tokens = budgetOf(budget);
  try {
    return await primerOf(host, options, tokens);
  } catch (error) {
    if (!isOrcError(error, "no_session")) throw error;
    const place = placeOf(openRepository(host, options, {}), null);
    return primed(place, false, { text: NO_SESSION, left: [] });
  }
}

const NO_SESSION =
  'No session of orc is open here. For work that changes files: orc start "<task>"';

async function primerOf(
  host: Host,
  options: SessionOptions,
  budget: number,
): Promise<Primed> {
  const { status, opened } = await openStatus(host, options);
  const { place, task } = status;
  const refusal = refusalOfAnother(opened);
  if (status.active && refusal !== null) {
    const text = othersText(task, refusal);
    return primed(place, true, { text, left: [] });
  }
  if (!status.active) {
    const text = `The last session, "${
      inOneLine(task)
    }", is ${status.status}. ${NO_SESSION}`;
    return primed(place, false, { text, left: [] });
  }
  const { firstBefore } = await import("../work/renewal.ts");
  const first = await firstBefore(host, opened, status.next);
  const phase = opened.workflow.phases.find(({ id }) => id === status.phaseId);
  const primer = {
    ...status,
    next: first?.next ?? status.next,
    allowWrite: phase?.allowWrite,
  };
  return primed(place, true, primeText(primer, budget));
}

/** An agent is not sent to the work of another: it hears whose that is, and what it may do instead. */
function othersText(task: string, { message, hint = "" }: OrcError): string {
  return `${message}: "${
    headOf(inOneLine(task), MAX_OTHERS_TASK_LENGTH)
  }". Do not work on it: ${hint}.`;
}

/** Enough to tell whether it is what the agent was asked for. */
const MAX_OTHERS_TASK_LENGTH = 120;

function primed(
  place: Place,
  active: boolean,
  { text, left }: { readonly text: string; readonly left: readonly string[] },
): Primed {
  return { place, active, text, tokens: tokensOf(text), left };
}

function budgetOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_BUDGET;
  const budget = parseWholeNumber(text, { flag: "--budget", max: MAX_BUDGET });
  if (budget >= MIN_BUDGET) return budget;
  throw usage(
    "invalid_number",
    `--budget is ${budget}, and the next command alone takes up to ${MIN_BUDGET} tokens`,
    `orc prime --budget ${MIN_BUDGET}`,
  );
}
