import { repositoryLayout, sessionLayout } from "../../src/base/layout.ts";
import { linkEvents, newChain } from "../../src/replay/chain.ts";
import { decide } from "../../src/engine/decide.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../../src/engine/event.ts";
import { fileStore, readSession } from "../../src/session/read.ts";
import { traceSession } from "../../src/session/trace.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import type { Action } from "../../src/engine/action.ts";
import {
  AGENT,
  complete,
  HUMAN,
  itemOf,
  phaseOf,
  resultFor,
  skip,
  START,
  workflowOf,
} from "../engine/fixtures.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { SESSION_ID, storeContext } from "./fixtures.ts";
import { forgeState, type PlainState } from "./forge.ts";
import { assert, assertEquals } from "@std/assert";

const COMMAND = {
  type: "command",
  command: "make test",
  expectExitCode: 0,
  description: null,
} as const;

const WORKFLOW = workflowOf([
  phaseOf("PLAN", [
    itemOf("a"),
    itemOf("t", { verification: COMMAND }),
    itemOf("s", { stepType: "flexible", skippable: true }),
  ], { exitGate: "human_approval" }),
  phaseOf("DO", [itemOf("b"), itemOf("g", { stepType: "gate" })]),
]);

const CHECK = WORKFLOW.phases[0]?.items[1];

const BEGIN = { ...START, definition: encodeDefinition(WORKFLOW) };

/** A run as an agent and a human make it, with a failed try in it. */
const ACTIONS: readonly Action[] = [
  { type: "start_item", itemId: "a" },
  complete("a", { notes: "Written", evidence: new Map([["link", "x"]]) }),
  { type: "note", text: "Mind the gap", itemId: null },
  complete("t", { result: CHECK && resultFor(CHECK, false) }),
  complete("t", { result: CHECK && resultFor(CHECK, true) }),
  skip("s"),
  { type: "approve_phase", phaseId: "PLAN" },
  { type: "advance", force: false },
  { type: "approve_item", itemId: "g", notes: "Looks right", early: true },
  { type: "refuse_approval", request: "approve b", itemId: null },
];

interface Stage {
  readonly root: string;
  readonly state: string;
  readonly log: string;
  act(...actions: readonly Action[]): Promise<void>;
  /** Codes of what is found, each once. */
  codes(): Promise<readonly string[]>;
}

/** Runs a test on a session in which all of that was done, each update by a process of its own. */
function withRun(test: (stage: Stage) => Promise<void>): Promise<void> {
  return withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    Deno.mkdirSync(layout.sessions, { recursive: true });
    let second = 0;
    const now = () =>
      `2026-03-01T10:00:${String(second++ % 60).padStart(2, "0")}.000001Z`;
    const context = storeContext({ now });
    const decision = decide(WORKFLOW, undefined, BEGIN, {
      at: now(),
      caller: AGENT,
    });
    const localTime = "2026-03-01T11:00:00.000";
    const first = fileStore(layout, context);
    await first.create({ id: SESSION_ID, decision, localTime });
    const { state, log } = sessionLayout(root, SESSION_ID);
    const act = async (...actions: readonly Action[]) => {
      for (const action of actions) {
        const store = fileStore(layout, context);
        await store.update(
          SESSION_ID,
          (session, at) =>
            decide(WORKFLOW, session.state, action, { at, caller: HUMAN }),
        );
      }
    };
    const codes = async () => {
      const session = await readSession(layout, SESSION_ID);
      const found = await traceSession(
        { layout, store: first },
        session,
        WORKFLOW,
      );
      return [...new Set(found.contradictions.map(({ code }) => code))];
    };
    await act(...ACTIONS);
    await test({ root, state, log, act, codes });
  });
}

/** What a script changes in a state and signs anew: each must be found. */
const FORGERIES: Readonly<Record<string, (state: PlainState) => void>> = {
  "an open item is completed": (state) => {
    state.phases.DO.items.b.status = "completed";
  },
  "a completed item is open again": (state) => {
    state.phases.PLAN.items.a.status = "pending";
  },
  "an item is taken out": (state) => {
    delete state.phases.PLAN.items.t;
  },
  "a phase is taken out": (state) => {
    delete state.phases.PLAN;
  },
  "the session is completed": (state) => {
    state.status = "completed";
  },
  "the session is in another phase": (state) => {
    state.current_phase_id = "PLAN";
  },
  "a phase is approved": (state) => {
    state.metadata.phase_DO_approved = true;
  },
  "an approval is taken back": (state) => {
    delete state.metadata.phase_PLAN_approved;
  },
  "the task is another": (state) => {
    state.task_description = "Something smaller";
  },
  "a constraint is added": (state) => {
    state.constraints = ["Be quick"];
  },
  "notes of an item are others": (state) => {
    state.phases.PLAN.items.a.notes = "Written and reviewed";
  },
  "evidence is other evidence": (state) => {
    state.phases.PLAN.items.a.evidence = { link: "y" };
  },
  "a failed try is forgotten": (state) => {
    state.phases.PLAN.items.t.retry_count = 0;
  },
  "a result is a better one": (state) => {
    state.phases.PLAN.items.t.verification_result.stdout = "100 passed";
  },
  "a reason is a better one": (state) => {
    state.phases.PLAN.items.s.skip_reason = "The customer does not want it";
  },
  "a note is taken out": (state) => {
    state.metadata.orc.notes = [];
  },
  "an item was completed earlier": (state) => {
    state.phases.PLAN.items.a.completed_at = "2026-02-01T10:00:00Z";
  },
  "a review is recorded": (state) => {
    state.metadata.review_models = { DO: { x: { success: true } } };
  },
  "the chain is taken out": (state) => {
    delete state.metadata.orc.chain;
  },
  "the chain has another head": (state) => {
    state.metadata.orc.chain.head = "0".repeat(64);
  },
  "the chain was followed beyond the end of the log": (state) => {
    state.metadata.orc.chain.offset = 999_999;
  },
  "the serial is an older one": (state) => {
    state.metadata.orc.serial -= 1;
  },
  "an event that travels is another": (state) => {
    state.metadata.orc.events.at(-1).message = "Something else";
  },
};

/** What a script changes in a log: each must be found. */
const LOG_EDITS: Readonly<
  Record<string, (lines: readonly string[]) => readonly string[]>
> = {
  "the log is emptied": () => [],
  "the first line is cut": (lines) => lines.slice(1),
  "a line in the middle is cut": (lines) => lines.toSpliced(4, 1),
  "two lines change places": (lines) => [
    ...lines.slice(0, 3),
    ...lines.slice(4, 5),
    ...lines.slice(3, 4),
    ...lines.slice(5),
  ],
  "a word is another": (lines) =>
    lines.map((line) => line.replace("Written", "Redrawn")),
  "an instant is another": (lines) =>
    lines.map((line, index) =>
      index === 2 ? line.replace("10:00", "09:00") : line
    ),
  "an agent is taken out": (lines) =>
    lines.map((line) => line.replace(/, "agent": "[^"]*"/, "")),
  "a member is added": (lines) =>
    lines.map((line, index) =>
      index === 2 ? line.replace(', "id"', ', "x": 1, "id"') : line
    ),
  "a line loses its chain": (lines) =>
    lines.map((line, index) =>
      index === 2 ? line.replace(/, "chain": "\w+"/, "") : line
    ),
  "a line comes twice, changed": (lines) => [
    ...lines,
    lines.at(-1)?.replace("approve b", "approve c") ?? "",
  ],
  "a line is put in front": (lines) => [OTHER, ...lines],
  "a line is put between": (lines) => lines.toSpliced(4, 0, OTHER),
};

/** A line as the older tool writes it. */
const OTHER =
  `{"timestamp": "2026-03-01T10:00:00Z", "event_type": "item_completed", "workflow_id": "${START.workflowId}", "phase_id": "DO", "item_id": "b", "message": "Completed item: b", "details": {}, "actor": "system"}`;

Deno.test("traceSession() finds nothing in what nobody changed", () =>
  withRun(async ({ codes, act }) => {
    assertEquals(await codes(), []);
    await act(complete("b"), { type: "finish", notes: null, force: false });
    assertEquals(await codes(), []);
  }));

for (const [name, edit] of Object.entries(FORGERIES)) {
  Deno.test(`traceSession() notices that ${name} in a state signed anew`, () =>
    withRun(async ({ state, codes }) => {
      await forgeState(state, edit);
      assert((await codes()).length > 0);
    }));
}

for (const [name, edit] of Object.entries(LOG_EDITS)) {
  Deno.test(`traceSession() notices that ${name}`, () =>
    withRun(async ({ log, codes }) => {
      const lines = Deno.readTextFileSync(log).trimEnd().split("\n");
      const edited = edit(lines);
      assert(edited.join("\n") !== lines.join("\n"));
      Deno.writeTextFileSync(log, edited.map((line) => `${line}\n`).join(""));
      assert((await codes()).length > 0);
    }));
}

Deno.test("traceSession() believes the older tool's own turns, and covers them", () =>
  withRun(async ({ log, state, codes, act }) => {
    Deno.writeTextFileSync(log, `${OTHER}\n`, { append: true });
    await forgeState(state, (plain: PlainState) => {
      plain.phases.DO.items.b.status = "completed";
      plain.phases.DO.items.b.completed_at = "2026-03-01T10:00:00Z";
    });
    assertEquals(await codes(), []);
    await act({ type: "note", text: "After it", itemId: null });
    assertEquals(await codes(), []);
    await act({ type: "finish", notes: null, force: false });
    assertEquals(await codes(), []);
    const text = Deno.readTextFileSync(log);
    Deno.writeTextFileSync(
      log,
      text.replace("Completed item: b", "Completed item: B"),
    );
    assert((await codes()).includes("log_changed"));
  }));

Deno.test("traceSession() notices an older state and log that were put back, but for its own end", () =>
  withRun(async ({ log, state, codes, act }) => {
    const [oldLog, oldState] = [log, state].map((path) =>
      Deno.readFileSync(path)
    );
    await act({ type: "note", text: "One more", itemId: null });
    if (oldLog) Deno.writeFileSync(log, oldLog);
    assertEquals(await codes(), [], "the event travels in the state");
    for (let count = 0; count < 9; count++) {
      await act({ type: "note", text: `Note ${count}`, itemId: null });
    }
    if (oldLog) Deno.writeFileSync(log, oldLog);
    assert((await codes()).length > 0);
    if (oldState) Deno.writeFileSync(state, oldState);
    assertEquals(await codes(), [], "only a second place tells");
  }));

/** Links all events anew, as somebody does who knows how orc does it, and what they lead to. */
async function relink(
  { state, log }: Pick<Stage, "state" | "log">,
  edit: (events: readonly RecordedEvent[]) => readonly RecordedEvent[],
): Promise<void> {
  const events = Deno.readTextFileSync(log).split("\n")
    .flatMap((line) => decodeLogLine(line) ?? [])
    .map(({ link: _link, ...event }) => event);
  const after = decide(WORKFLOW, undefined, BEGIN, {
    at: "2026-03-01T10:00:00Z",
    caller: AGENT,
  }).state;
  const linked = linkEvents(newChain(SESSION_ID), edit(events), after);
  const lines = linked.events.map(encodeLogLine).join("");
  Deno.writeTextFileSync(log, lines);
  await forgeState(state, (plain: PlainState) => {
    plain.metadata.orc.events = [];
    plain.metadata.orc.chain.head = linked.chain.head;
    plain.metadata.orc.chain.offset = 0;
  });
}

/** What breaks the rules although all hashes are right. */
const AGAINST_THE_RULES: Readonly<
  Record<string, (event: RecordedEvent) => readonly RecordedEvent[]>
> = {
  "a check passed with exit code 2": (event) =>
    event.type === "verification_passed"
      ? [{ ...event, details: new Map(event.details).set("exit_code", 2) }]
      : [event],
  "a check was left out": (event) =>
    event.type === "verification_passed" ? [] : [event],
  "nobody knows how the human was known": (event) => {
    const details = new Map(event.details);
    details.delete("origin");
    return [{ ...event, details }];
  },
  "an update is named after another item": (event) =>
    event.type === "item_skipped" ? [{ ...event, itemId: "b" }] : [event],
};

for (const [name, edit] of Object.entries(AGAINST_THE_RULES)) {
  Deno.test(`traceSession() notices that ${name}, although every hash is right`, () =>
    withRun(async (stage) => {
      await relink(stage, (events) => events);
      assertEquals(await stage.codes(), []);
      await relink(stage, (events) => events.flatMap(edit));
      assertEquals((await stage.codes()).includes("update_not_allowed"), true);
    }));
}

Deno.test("traceSession() covers the older tool's session from its first update by orc on", () =>
  withRun(async ({ log, state, codes, act }) => {
    const lines = Deno.readTextFileSync(log).split("\n")
      .map((line) => line.replace(/, "id": .*$/, "}"));
    Deno.writeTextFileSync(log, lines.join("\n"));
    await forgeState(state, (plain: PlainState) => delete plain.metadata.orc);
    assertEquals(await codes(), ["chain_missing"]);
    await act({ type: "note", text: "The first", itemId: null });
    assertEquals(await codes(), []);
    await act(complete("b"), { type: "finish", notes: null, force: false });
    assertEquals(await codes(), []);
    await forgeState(state, (plain: PlainState) => {
      plain.phases.PLAN.items.a.notes = "Another";
    });
    assertEquals(await codes(), ["state_not_earned"]);
  }));
