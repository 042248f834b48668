/** What the older tool writes needs no chain: it counts, and is named as not seen by orc. */
import type { PlainState } from "../session/forge.ts";
import {
  onStage,
  plan,
  planned,
  type Stage,
  started,
  verified,
  worked,
} from "./stage.ts";
import { assert, assertEquals } from "@std/assert";

const AT = "2026-03-01T10:30:00.000000+00:00";

/** Lines in the form of the older tool, and a state that says the same. */
function claimed(
  name: string,
  before: (stage: Stage) => Promise<void>,
  lines: readonly object[],
  edit: (state: PlainState) => void,
  message: string,
): void {
  Deno.test(`as the older tool: ${name}`, () =>
    onStage(async (stage) => {
      await stage.forge((state) => {
        const { workflow_id } = state;
        const told = lines.map((line) =>
          JSON.stringify({
            timestamp: AT,
            workflow_id,
            message: "Done",
            ...line,
          })
        );
        stage.editLog((own) => [...own, ...told]);
        edit(state);
      });
      const { exitCode, codes, messages } = await verified(stage);
      assertEquals([exitCode, codes[0]], [3, "done_elsewhere"]);
      assert(messages.includes(message), messages.join("\n"));
      await stage.orc(["finish"]);
      const after = await verified(stage);
      assertEquals([after.exitCode, after.codes[0]], [3, "done_elsewhere"]);
    }, { before }));
}

claimed(
  "the session is finished at once",
  started,
  [{ event_type: "workflow_completed" }],
  (state) => Object.assign(state, { status: "completed", completed_at: AT }),
  "The session was finished by another tool",
);
claimed(
  "a gate is completed",
  planned,
  [{ event_type: "item_completed", phase_id: "BUILD", item_id: "tests" }],
  ({ phases }) => {
    Object.assign(phases.BUILD.items.tests, {
      status: "completed",
      completed_at: AT,
    });
  },
  'Item "tests" was completed by another tool: orc saw no check of it',
);
claimed(
  "a gate is skipped",
  planned,
  [{ event_type: "item_skipped", phase_id: "BUILD", item_id: "tests" }],
  ({ phases }) => {
    Object.assign(phases.BUILD.items.tests, {
      status: "skipped",
      skipped_at: AT,
    });
  },
  'Item "tests" was skipped by another tool: orc saw no check of it',
);
claimed(
  "a human approves",
  plan,
  [{
    event_type: "item_completed",
    phase_id: "PLAN",
    item_id: "consent",
    actor: "human",
    details: { notes: "Looks right", approved: true },
  }],
  ({ phases }) => {
    Object.assign(phases.PLAN.items.consent, {
      status: "completed",
      completed_at: AT,
    });
  },
  'Item "consent" was completed by another tool: orc saw no check of it',
);
claimed(
  "a human approves the phase",
  plan,
  [{ event_type: "human_override", phase_id: "PLAN", actor: "human" }],
  ({ metadata }) => {
    metadata.phase_PLAN_approved = true;
  },
  'Phase "PLAN" was approved by another tool',
);
claimed(
  "a phase is left",
  plan,
  [
    { event_type: "phase_completed", phase_id: "PLAN" },
    { event_type: "phase_started", phase_id: "BUILD" },
  ],
  (state) => {
    const { PLAN, BUILD } = state.phases;
    Object.assign(PLAN, { status: "completed", completed_at: AT });
    Object.assign(BUILD, { status: "active", started_at: AT });
    state.current_phase_id = "BUILD";
  },
  'Phase "PLAN" was left by another tool',
);
claimed(
  "what orc has checked is begun anew, and says something else",
  worked,
  [{ event_type: "item_started", phase_id: "BUILD", item_id: "tests" }],
  ({ phases }) => {
    phases.BUILD.items.tests.gate_result = { stdout: "999 passed" };
  },
  'Item "tests" was completed by another tool: orc saw no check of it',
);

for (const command of [[], ["migrate"]]) {
  const how = command.length > 0 ? " and moved in" : "";
  Deno.test(`a session of the older tool that is made up${how}: what is done in it was not seen`, () =>
    onStage(async (stage) => {
      const { root } = stage;
      const state = JSON.parse(Deno.readTextFileSync(stage.state));
      delete state.metadata.orc;
      delete state._checksum;
      for (const phase of Object.values<PlainState>(state.phases)) {
        for (const item of Object.values<PlainState>(phase.items)) {
          item.status = "completed";
        }
      }
      Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
      Deno.removeSync(`${root}/.git/orchestrator`, { recursive: true });
      const legacy = { ...state, workflow_id: "wf_1a2b3c4d" };
      const path = `${root}/.workflow_state.json`;
      Deno.writeTextFileSync(path, JSON.stringify(legacy));
      for (const name of command) await stage.done([name]);
      await stage.done(["finish"]);
      const { exitCode, codes, messages } = await verified(stage);
      assertEquals([exitCode, codes], [3, ["done_elsewhere"]]);
      assertEquals(
        messages.at(-1),
        'Item "sketch" was completed before the chain of its events began: orc saw no check of it',
      );
    }, { before: planned }));
}
