import { undoUpdates } from "../../src/work/undo.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, approveItem } from "../../src/work/item.ts";
import {
  abandonSession,
  advancePhase,
  finishSession,
} from "../../src/work/phase.ts";
import { reopen } from "../../src/work/rework.ts";
import { verifySession } from "../../src/trust/use.ts";
import { orc } from "../commands/orc.ts";
import {
  agent,
  APPROVING,
  codeOf,
  EASY_WORKFLOW,
  edit,
  eventsOf,
  fixedHost,
  idOf,
  legacyState,
  refusalOf,
  stateOf,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Two
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: plan, name: Plan}
      - {id: consent, name: Consent, verification: {type: manual_gate}}
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;
const SESSION = idOf(0, 0);
const WHY = "It was the wrong one";

/** An agent at work in the session, whatever it is bound to. */
function worker(number: number) {
  return fixedHost({ environment: agent("1"), number });
}

/** After three updates: the plan is written, a human agreed, and the phase was left. */
function within(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "plan" });
    const human = fixedHost({ answers: ["consent"], number: 2 });
    await approveItem(human, { root, itemId: "consent" });
    await advancePhase(fixedHost({ number: 3 }), { root });
    await test(root);
  }, WORKFLOW);
}

async function foundIn(root: string): Promise<readonly string[]> {
  const { findings } = await verifySession(fixedHost(), { root });
  return findings.map(({ code }) => code);
}

Deno.test("undoUpdates() takes back for an agent what was done last, also a human's yes, and the log says so", () =>
  within(async (root) => {
    const options = { root, session: SESSION, updates: 2, reason: WHY };
    const undone = await undoUpdates(worker(4), options);
    assertEquals(
      [undone.changed, undone.updates, undone.to, undone.serial],
      [true, 2, 2, 5],
    );
    assertEquals(undone.changes.map(({ what, itemId }) => itemId ?? what), [
      "current_phase",
      "phase",
      "consent",
      "phase",
    ]);
    const last = eventsOf(root).at(-1);
    assertEquals(last?.message, "Undid 2 updates and 1 approval");
    assertEquals(last?.details.get("reason"), WHY);
    assertEquals(last?.actor, "system");
    const { current_phase_id, phases } = stateOf(root);
    assertEquals(current_phase_id, "PLAN");
    assertEquals(phases.PLAN.items.plan.status, "completed");
    assertEquals(phases.PLAN.items.consent.status, "pending");
    assertEquals(await foundIn(root), ["session_open"]);
  }));

Deno.test("undoUpdates() brings nothing back for an agent, logs its try, and does for a human who types it", () =>
  within(async (root) => {
    await undoUpdates(worker(4), { root, session: SESSION, updates: 3 });
    const back = { root, session: SESSION };
    const refusal = await refusalOf(() => undoUpdates(worker(5), back));
    assertEquals(refusal.code, "undo_forward");
    assertStringIncludes(refusal.hint ?? "", `--force --session ${SESSION}`);
    assertEquals(stateOf(root).metadata.orc.serial, 5);
    assertEquals(
      await codeOf(() => undoUpdates(worker(6), { ...back, force: true })),
      "denied approval_required",
    );
    assertEquals(eventsOf(root).at(-1)?.type, "error");
    // The try is an update too.
    const forced = { ...back, updates: 2, force: true };
    const human = fixedHost({ answers: ["undo"], number: 7 });
    await undoUpdates(human, forced);
    assertStringIncludes(
      human.questions.join(),
      "  item plan: pending -> completed (a human only)\n",
    );
    const last = eventsOf(root).at(-1);
    assertEquals([last?.actor, last?.details.get("origin")], [
      "human",
      "terminal",
    ]);
    assertEquals(stateOf(root).current_phase_id, "DO");
    assertEquals(await foundIn(root), ["session_open"]);
    const no = fixedHost({ answers: ["no"], number: 8 });
    await undoUpdates(worker(9), back);
    assertEquals(
      await codeOf(() => undoUpdates(no, { ...back, force: true })),
      "denied approval_declined",
    );
  }));

Deno.test("undoUpdates() lets an agent not bring back what it or a human opened again", () =>
  within(async (root) => {
    const back = { root, session: SESSION, id: "PLAN", reason: WHY };
    await reopen(fixedHost({ answers: ["PLAN"], number: 4 }), back);
    await reopen(worker(5), { ...back, id: "plan" });
    for (const updates of [1, 2]) {
      const options = { root, session: SESSION, updates };
      assertEquals(
        await codeOf(() => undoUpdates(worker(6), options)),
        "refused undo_forward",
      );
    }
    assertEquals(stateOf(root).phases.PLAN.items.plan.status, "pending");
  }));

Deno.test("undoUpdates() opens a session that ended, for a human, and an end alone", () =>
  withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    const human = (number: number) =>
      fixedHost({ environment: APPROVING, number });
    const here = { root, session: SESSION };
    const force = true;
    await finishSession(fixedHost({ number: 2 }), { ...here, notes: "Done" });
    assertEquals(
      await codeOf(() => undoUpdates(worker(3), { ...here, force })),
      "denied approval_required",
    );
    assertEquals(stateOf(root).status, "completed");
    assertEquals(
      await codeOf(() => undoUpdates(human(4), { ...here, force, updates: 2 })),
      "refused session_closed",
    );
    await undoUpdates(human(5), { ...here, force });
    const { status, completed_at, metadata } = stateOf(root);
    assertEquals([status, completed_at], ["active", null]);
    assertEquals(metadata.completion_notes, undefined);
    assertEquals(await foundIn(root), ["session_open"]);
    await abandonSession(fixedHost({ number: 6 }), { ...here, reason: WHY });
    await undoUpdates(human(7), { ...here, force });
    assertEquals(stateOf(root).metadata.abandon_reason, undefined);
    assertEquals(await foundIn(root), ["session_open"]);
    await finishSession(fixedHost({ number: 8 }), here);
    assertEquals(await foundIn(root), []);
  }, EASY_WORKFLOW));

Deno.test("undoUpdates() takes nothing back where another process changed the session meanwhile", () =>
  within(async (root) => {
    await undoUpdates(worker(4), { root, session: SESSION });
    const approve = async () => {
      await addNote(fixedHost({ number: 5 }), { root, text: "Meanwhile" });
      return { approved: true } as const;
    };
    const host = { ...fixedHost({ number: 6 }), approve };
    assertEquals(
      await codeOf(() => undoUpdates(host, { root, force: true })),
      "conflict session_changed",
    );
    assertEquals(stateOf(root).current_phase_id, "PLAN");
  }));

Deno.test("undoUpdates() refuses a number that is none, and more updates than there are", () =>
  within(async (root) => {
    for (const updates of [0, -1, 1.5, NaN, 101]) {
      assertEquals(
        await codeOf(() => undoUpdates(fixedHost(), { root, updates })),
        "usage invalid_number",
      );
    }
    for (const updates of [4, 100]) {
      assertEquals(
        await codeOf(() => undoUpdates(fixedHost(), { root, updates })),
        "refused cannot_undo",
      );
    }
    const { changes, changed, dryRun } = await undoUpdates(fixedHost(), {
      ...{ root, updates: 3, dryRun: true },
    });
    assertEquals([changes.length, changed, dryRun], [5, false, true]);
    assertEquals(stateOf(root).metadata.orc.serial, 4);
  }));

Deno.test("undoUpdates() takes back nothing that another tool did, and goes on where it logged all", () =>
  within(async (root) => {
    const path = `${root}/.orchestrator/sessions/${SESSION}/log.jsonl`;
    const [first] = eventsOf(root);
    const line = {
      timestamp: "2026-03-01T10:00:00+00:00",
      event_type: "note_added",
      workflow_id: first?.workflowId,
      phase_id: "DO",
      item_id: null,
      message: "Note",
      details: {},
      actor: "system",
    };
    Deno.writeTextFileSync(path, `${JSON.stringify(line)}\n`, { append: true });
    const back = { root, session: SESSION };
    const { message } = await refusalOf(() => undoUpdates(worker(4), back));
    assertStringIncludes(message, "another tool changed the session");
    await completeItem(worker(5), { ...back, itemId: "it" });
    assertEquals(
      await codeOf(() => undoUpdates(worker(6), { ...back, updates: 2 })),
      "refused cannot_undo",
    );
    await undoUpdates(worker(7), back);
    assertEquals(stateOf(root).phases.DO.items.it.status, "pending");
    assertEquals(await foundIn(root), ["session_open"]);
  }));

Deno.test("undoUpdates() takes back the first update of an adopted session, and none of the older tool", () =>
  withRoot({
    ".workflow_state.json": legacyState(),
    "workflow.yaml": EASY_WORKFLOW,
  }, async (root) => {
    assertEquals(
      await codeOf(() => undoUpdates(fixedHost(), { root })),
      "refused cannot_undo",
    );
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    assertEquals(
      await codeOf(() => undoUpdates(fixedHost(), { root, updates: 2 })),
      "refused cannot_undo",
    );
    const { to, changes } = await undoUpdates(fixedHost({ number: 2 }), {
      root,
    });
    assertEquals([to, changes.map(({ to }) => to)], [0, ["pending"]]);
    assertEquals(await foundIn(root), ["session_open"]);
  }));

Deno.test("undoUpdates() goes nowhere from a state that was changed behind orc's back", () =>
  within(async (root) => {
    const path = `${root}/.orchestrator/sessions/${SESSION}/log.jsonl`;
    edit(path, "Approved manual gate", "Approved by magic");
    assertEquals(
      await codeOf(() => undoUpdates(fixedHost(), { root })),
      "corrupt state_not_earned",
    );
  }));

Deno.test("orc undo says what it changes and where the session stands then", () =>
  within(async (root) => {
    const dry = await orc(root, ["undo", "--dry-run"]);
    assertEquals(dry.out.split("\n").slice(0, 3), [
      "To undo 1 update would change:",
      "  current phase: DO -> PLAN",
      "  phase PLAN: completed -> active",
    ]);
    const { out } = await orc(root, ["undo", "1"], { number: 4 });
    assertEquals(out.split("\n").at(0), "Undid 1 update:");
    assertStringIncludes(out, "Next: orc advance");
    await addNote(fixedHost({ number: 5 }), { root, text: "Hello" });
    const none = await orc(root, ["undo"], { number: 6 });
    assertEquals(
      none.out.trim(),
      "Nothing to undo: the last update left items, phases and approvals as they were; notes stay. Further back: orc undo 2",
    );
    const forward = await orc(root, ["undo", "2", "--dry-run", "--full"]);
    const { result } = JSON.parse(forward.out);
    assertEquals(result.changes[0], {
      ...{ what: "current_phase", phaseId: "DO", itemId: null },
      ...{ from: "PLAN", to: "DO", forward: true },
    });
    assertEquals((await orc(root, ["undo", "two"])).exitCode, 2);
  }));

Deno.test("orc undo says why it cannot, and what can be done instead", () =>
  withSession(async (root) => {
    let number = 10;
    const said = async (...args: readonly string[]) =>
      (await orc(root, args, { number: number++ })).err.trim();
    assertEquals(
      await said("undo"),
      `Cannot undo 1 update: nothing was done since the session began
Try: orc next`,
    );
    await completeItem(worker(1), { root, itemId: "plan" });
    assertEquals(
      await said("undo", "5"),
      `Cannot undo 5 updates: the session has had only 1 update since it began
Try: see what these change: orc undo 1 --dry-run`,
    );
    await addNote(worker(2), { root, text: "Hello" });
    await abandonSession(worker(3), { root, reason: "Dropped" });
    const force = `--force --session ${SESSION}`;
    assertEquals(
      await said("undo"),
      `Cannot undo 1 update: only a human may open the session again: session: abandoned -> active
Try: a human runs, in a terminal: orc undo 1 ${force}`,
    );
    assertEquals(
      await said("undo", "2"),
      `The session is abandoned; of that only its end can be taken back, and first
Try: a human runs, in a terminal: orc undo ${force}`,
    );
  }, WORKFLOW));
