import { OrcError } from "../../src/base/error.ts";
import { linkEvents, newChain, withBase } from "../../src/replay/chain.ts";
import { checkToRun } from "../../src/engine/check.ts";
import { decide } from "../../src/engine/decide.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Decision,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import { deepFreeze } from "../engine/act.ts";
import { type Board, newBoard } from "./board.ts";
import type { Definition } from "./definition.ts";
import type { Rule } from "./game.ts";
import { assertInvariants } from "./invariants.ts";
import { isUpdate, judge, type Verdict } from "./judge.ts";
import type { Act, Move, Script } from "./move.ts";
import { actionOf, actorsOf, beginSession, CALLERS } from "./real_session.ts";
import { instantAt, viewOfBoard, viewOfState } from "./view.ts";
import { assertEquals } from "@std/assert";

/** Where the rules and their naive statement part. */
export interface Disagreement {
  /** How many moves it took. */
  readonly moves: number;
  readonly what: string;
}

/** What a script led to. */
export interface Played {
  readonly disagreement: Disagreement | undefined;
  readonly verdicts: readonly Verdict[];
  readonly board: Board;
  readonly workflow: Workflow;
  /** The session after each move. */
  readonly states: readonly SessionState[];
  /** What was logged, the first event with the state before it. */
  readonly events: readonly RecordedEvent[];
}

/** Makes each move on both sides and compares after each. */
export function play(
  definition: Definition,
  script: Script,
  off?: Rule,
): Played {
  const { workflow } = deepFreeze(parseWorkflow(definition));
  const table = new Table(definition, workflow, script);
  const verdicts: Verdict[] = [];
  const states: SessionState[] = [];
  const { board, events } = table;
  for (const [index, move] of script.moves.entries()) {
    const { verdict, problem: what } = table.make(move, off);
    verdicts.push(verdict);
    states.push(table.state);
    if (what === undefined) continue;
    const disagreement = { moves: index + 1, what };
    return { disagreement, verdicts, board, workflow, states, events };
  }
  return { disagreement: undefined, verdicts, board, workflow, states, events };
}

interface Made {
  readonly verdict: Verdict;
  readonly problem: string | undefined;
}

/** Both sides of one session. */
class Table {
  readonly board: Board;
  readonly #definition: Definition;
  readonly #workflow: Workflow;
  readonly #script: Script;
  readonly #boards: Board[] = [];
  readonly #states: SessionState[] = [];
  /** How it stood before the first update, and after each, on both sides. */
  readonly #history: Board[];
  readonly #updates: SessionState[];
  readonly events: RecordedEvent[] = [];
  #chain = newChain("01jd3v0000000000000000000a");
  #serial = 0;
  #state: SessionState;
  #now = 0;

  constructor(definition: Definition, workflow: Workflow, script: Script) {
    this.#definition = definition;
    this.#workflow = workflow;
    this.#script = script;
    this.board = newBoard(definition, script);
    this.#state = deepFreeze(beginSession(workflow, script).state);
    this.#history = [structuredClone(this.board)];
    this.#updates = [this.#state];
  }

  get state(): SessionState {
    return this.#state;
  }

  make({ player, after, act }: Move, off: Rule | undefined): Made {
    this.#now += after;
    if (act.type === "checkpoint") return this.#keep();
    const judged = judge({
      definition: this.#definition,
      modelReviews: this.#script.modelReviews,
      board: this.board,
      checkpoints: this.#boards,
      history: this.#history,
      player,
      now: this.#now,
      off,
    }, act);
    const expected = player === "setting" ? withoutHuman(judged) : judged;
    if (isUpdate(expected)) this.#history.push(structuredClone(this.board));
    const found = this.#decide({ player, act });
    return { verdict: expected, problem: this.#compare(expected, found) };
  }

  #keep(): Made {
    this.#boards.push(structuredClone(this.board));
    this.#states.push(this.#state);
    return { verdict: { events: [] }, problem: undefined };
  }

  #decide(
    { player, act }: {
      readonly player: Move["player"];
      readonly act: Exclude<Act, { type: "checkpoint" }>;
    },
  ): Verdict {
    const workflow = this.#workflow;
    const action = actionOf(workflow, act, {
      checkpoints: this.#states,
      updates: this.#updates,
    });
    if (action === undefined) {
      return act.type === "undo" ? { events: [] } : this.#withoutCheckpoint();
    }
    const before = this.#state;
    const caller = CALLERS[player];
    const inVain = refusalBeforeCheck(workflow, before, action);
    const verdict = verdictOf(() => {
      const at = instantAt(this.#now);
      const decision = deepFreeze(
        decide(workflow, before, action, { at, caller }),
      );
      assertInvariants({ workflow, before, action, caller, decision });
      this.#log(decision, before, at);
      this.#state = decision.state;
      return actorsOf(decision.events);
    });
    if (inVain !== undefined) assertEquals(verdict, inVain);
    return verdict;
  }

  /** As an update does it. */
  #log(decision: Decision, before: SessionState, at: string): void {
    if (decision.events.length === 0) return;
    const { workflowId } = before;
    const serial = this.#serial++;
    const made = decision.events.map((event, index): RecordedEvent => ({
      ...event,
      id: `${serial}.${index}`,
      ...{ serial: serial + 1, at, workflowId },
    }));
    const isFirst = this.events.length === 0;
    const begun = isFirst ? withBase(made, before, 0) : made;
    const linked = linkEvents(this.#chain, begun, decision.state);
    this.#chain = linked.chain;
    this.events.push(...linked.events);
    this.#updates.push(decision.state);
  }

  /** There is nothing to restore, so nobody is asked. */
  #withoutCheckpoint(): Verdict {
    const { status } = this.#state;
    return status === "active" || status === "paused"
      ? { events: [] }
      : { refusal: "refused session_closed" };
  }

  #compare(expected: Verdict, found: Verdict): string | undefined {
    const [rule, real] = [expected, found].map((one) => JSON.stringify(one));
    if (rule !== real) return `the rules say ${rule}, orc says ${real}`;
    const board = viewOfBoard(this.#definition, this.board);
    const state = viewOfState(this.#definition, this.#state);
    const lines = board.flatMap((line, index) =>
      line === state[index]
        ? []
        : [`the rules say\n    ${line}\n  orc says\n    ${state[index]}`]
    );
    return lines.length === 0 ? undefined : lines.join("\n  ");
  }
}

/** What is refused before a check is run is refused after it in the same words. */
function refusalBeforeCheck(
  workflow: Workflow,
  state: SessionState,
  action: Action,
): Verdict | undefined {
  if (action.type !== "complete") return undefined;
  const verdict = verdictOf(() => {
    checkToRun(workflow, state, action);
    return [];
  });
  return "refusal" in verdict ? verdict : undefined;
}

function verdictOf(run: () => readonly string[]): Verdict {
  try {
    return { events: run() };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { refusal: `${error.kind} ${error.code}` };
  }
}

/** Leaves out moves as long as the two still part: what remains is what matters. */
export function shrink(
  definition: Definition,
  script: Script,
  off?: Rule,
): Script {
  const parts = (moves: readonly Move[]): boolean => {
    try {
      const shorter = { ...script, moves };
      return play(definition, shorter, off).disagreement !== undefined;
    } catch {
      return true;
    }
  };
  let moves = script.moves;
  for (let index = moves.length - 1; index >= 0; index--) {
    const fewer = moves.toSpliced(index, 1);
    if (parts(fewer)) moves = fewer;
  }
  return { ...script, moves };
}

/** A setting asks nobody: what it lets pass no human stands for. */
function withoutHuman(verdict: Verdict): Verdict {
  return "events" in verdict
    ? {
      ...verdict,
      events: verdict.events.map((event) =>
        event.replace(/:human$/, ":system")
      ),
    }
    : verdict;
}
