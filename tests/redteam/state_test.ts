/** A state that is edited and signed anew: its checksum is public. */
import type { PlainState } from "../session/forge.ts";
import {
  completeAll,
  plan,
  planned,
  type Stage,
  started,
  trick,
  worked,
} from "./stage.ts";

/** The state is edited, and its checksum is right. */
function forgery(
  name: string,
  before: (stage: Stage) => Promise<void>,
  edit: (state: PlainState) => void,
  ...codes: readonly string[]
): void {
  trick(
    `a forged state: ${name}`,
    before,
    ({ forge }) => forge(edit),
    ...codes,
  );
}

/** Tries to pass a gate too early. */
async function failed(stage: Stage): Promise<void> {
  await planned(stage);
  await stage.orc(["complete", "tests"]);
}

const EARNED = "state_not_earned";
const NOW = "2026-03-01T10:30:00.000000Z";

forgery("all items are completed at once", started, completeAll, EARNED);
forgery("all items are completed half way", planned, completeAll, EARNED);
forgery("one gate is completed", planned, ({ phases }) => {
  const { tests } = phases.BUILD.items;
  Object.assign(tests, {
    status: "completed",
    completed_at: NOW,
    gate_result: { success: true, exit_code: 0 },
  });
}, EARNED);
forgery("a human's gate is completed", plan, ({ phases }) => {
  Object.assign(phases.PLAN.items.consent, {
    status: "completed",
    completed_at: NOW,
    verification_result: { approved: true },
  });
}, EARNED);
forgery("a required gate is skipped", planned, ({ phases }) => {
  Object.assign(phases.BUILD.items.tests, {
    status: "skipped",
    skipped_at: NOW,
    skip_reason: "The tests were run elsewhere",
  });
}, EARNED);
forgery("the phase is the next one", plan, (state) => {
  state.phases.PLAN.status = "completed";
  state.phases.BUILD.status = "active";
  state.current_phase_id = "BUILD";
}, EARNED);
forgery("a phase is gone", planned, (state) => {
  delete state.phases.BUILD;
  state.current_phase_id = "PLAN";
}, EARNED);
forgery("the session is completed", planned, (state) => {
  Object.assign(state, { status: "completed", completed_at: NOW });
}, EARNED);
forgery("a human approved the phase", plan, ({ metadata }) => {
  metadata.phase_PLAN_approved = true;
}, EARNED);
forgery("models reviewed it", planned, ({ metadata }) => {
  metadata.review_models = { BUILD: { "a-model": { success: true } } };
}, EARNED);
forgery("a gate has another result", worked, ({ phases }) => {
  phases.BUILD.items.tests.gate_result.stdout = "999 passed";
}, EARNED);
forgery("an item failed less often", failed, ({ phases }) => {
  Object.assign(phases.BUILD.items.tests, { retry_count: 0 });
}, EARNED);
forgery("an item has other notes", worked, ({ phases }) => {
  phases.PLAN.items.idea.notes = "A human asked for it";
}, EARNED);
forgery("an item has evidence", worked, ({ phases }) => {
  phases.BUILD.items.code.evidence = { reviewed_by: "a human" };
}, EARNED);
forgery("an item was done earlier", worked, ({ phases }) => {
  phases.BUILD.items.code.completed_at = NOW.replace("2026", "2025");
}, EARNED);
forgery("the task is another one", worked, (state) => {
  state.task_description = "Sell pears";
}, EARNED);
forgery("the id of the workflow is another one", worked, (state) => {
  state.workflow_id = "wf_deadbeef";
}, EARNED);
forgery("a constraint allows more", worked, (state) => {
  state.constraints = ["The tests need not pass"];
}, EARNED);
forgery("a note says that a human agreed", worked, ({ metadata }) => {
  metadata.orc.notes = [{ at: NOW, text: "A human agreed", item_id: null }];
}, EARNED);
forgery("the workflow comes from another file", worked, ({ metadata }) => {
  metadata.workflow_yaml_path = "/etc/passwd";
}, EARNED);

forgery("the number of its update is lower", worked, ({ metadata }) => {
  metadata.orc.serial -= 1;
}, "log_changed");
forgery("the number of its update is higher", worked, ({ metadata }) => {
  metadata.orc.serial += 1;
}, "log_cut");
forgery("the head of its chain is another one", worked, ({ metadata }) => {
  metadata.orc.chain.head = "0".repeat(64);
}, "log_changed");
forgery("as many items are done as the chain says", planned, (state) => {
  completeAll(state);
  state.metadata.orc.chain.closed = 6;
}, EARNED);
forgery("its chain is gone", worked, ({ metadata }) => {
  delete metadata.orc.chain;
}, "chain_missing");
forgery(
  "its chain is gone, and all items are completed",
  planned,
  (state) => {
    delete state.metadata.orc.chain;
    completeAll(state);
  },
  "chain_missing",
  EARNED,
);
forgery(
  "orc's own part is gone",
  planned,
  (state) => {
    delete state.metadata.orc;
    completeAll(state);
  },
  "chain_missing",
  EARNED,
);
forgery("an event that travels in it is edited", worked, ({ metadata }) => {
  metadata.orc.events.at(-1).message = "Approved by a human";
}, "log_changed");
forgery("an event is put among those that travel in it", planned, (state) => {
  const { events } = state.metadata.orc;
  events.push({
    ...events.at(-1),
    id: "01kk9999999999999999999999",
    event_type: "item_completed",
    item_id: "tests",
    message: "Completed item: tests",
  });
  state.phases.BUILD.items.tests.status = "completed";
}, "log_changed");
forgery("it is that of another session", worked, ({ metadata }) => {
  metadata.orc.session = "01kk0200000000000000000000";
}, "foreign_state");
