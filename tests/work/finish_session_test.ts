import { addNote } from "../../src/work/add_note.ts";
import { approveItem } from "../../src/work/approve_item.ts";
import { approvePhase } from "../../src/work/approve_phase.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import {
  abandonSession,
  finishSession,
} from "../../src/work/finish_session.ts";
import { startItem } from "../../src/work/item.ts";
import { advancePhase } from "../../src/work/phase.ts";
import { skipItem } from "../../src/work/skip_item.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  eventsOf,
  fixedHost,
  loggedTypes,
  NOW,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("finishSession() closes a session whose phases are done, with its notes", () =>
  withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    const notes = "Released with 1.4";
    const { summary } = await finishSession(fixedHost({ number: 2 }), {
      root,
      notes,
    });
    assertEquals([summary.active, summary.status], [false, "completed"]);
    const { status, completed_at, metadata } = stateOf(root);
    assertEquals([status, completed_at], ["completed", NOW]);
    assertEquals(metadata.completion_notes, notes);
  }, EASY_WORKFLOW));

Deno.test("finishSession() looks at all phases, also at those left by force", () =>
  withSession(async (root) => {
    const human = { environment: APPROVING, number: 1 };
    await advancePhase(fixedHost(human), { root, force: true });
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "code" });
    const error = await refusalWithoutTrace(
      root,
      () => finishSession(fixedHost({ number: 3 }), { root }),
    );
    assertEquals([error.kind, error.code], ["refused", "blocked"]);
    const { blockers } = Object(error.details);
    assertEquals(
      blockers.map(({ phaseId }: { phaseId: string }) => phaseId),
      Array(5).fill("PLAN"),
    );
  }));

Deno.test("finishSession() lets a human finish by force, who types the word", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["finish"], number: 1 });
    await finishSession(host, { root, force: true });
    assertEquals(host.questions, [
      "To finish an incomplete session, type finish: ",
    ]);
    const closing = eventsOf(root).at(-1);
    assertEquals([closing?.type, closing?.actor], [
      "workflow_completed",
      "human",
    ]);
  }));

Deno.test("finishSession() lets no agent finish by force, and logs the try", () =>
  withSession(async (root) => {
    const host = fixedHost({ environment: agent("1"), number: 1 });
    const error = await refusalOf(() =>
      finishSession(host, { root, force: true })
    );
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(loggedTypes(root).slice(2), ["error"]);
    assertEquals(stateOf(root).status, "active");
  }));

Deno.test("abandonSession() closes a session for a reason that is kept", () =>
  withSession(async (root) => {
    const reason = " The feature was dropped ";
    const { summary } = await abandonSession(fixedHost({ number: 1 }), {
      root,
      reason,
    });
    assertEquals(summary.status, "abandoned");
    assertEquals(
      stateOf(root).metadata.abandon_reason,
      "The feature was dropped",
    );
    assertEquals(loggedTypes(root).slice(2), ["workflow_abandoned"]);
  }));

Deno.test("abandonSession() keeps what came of it", () =>
  withSession(async (root) => {
    const options = { root, reason: "Dropped", notes: "A sketch" };
    await abandonSession(fixedHost({ number: 1 }), options);
    assertEquals(stateOf(root).metadata.completion_notes, "A sketch");
  }));

Deno.test("abandonSession() refuses an empty reason", () =>
  withSession(async (root) => {
    for (const reason of ["", " \n"]) {
      const error = await refusalWithoutTrace(
        root,
        () => abandonSession(fixedHost({ number: 1 }), { root, reason }),
      );
      assertEquals([error.kind, error.code], ["usage", "reason_missing"]);
    }
  }));

/** Everything that changes a session, done to one that is closed. */
const CHANGES: Readonly<Record<string, (root: string) => Promise<unknown>>> = {
  addNote: (root) => addNote(human(), { root, text: "Too late" }),
  startItem: (root) => startItem(human(), { root, itemId: "it" }),
  completeItem: (root) => completeItem(human(), { root, itemId: "it" }),
  "completeItem by force": (root) =>
    completeItem(human(), { root, itemId: "it", skipVerify: true }),
  skipItem: (root) =>
    skipItem(human(), { root, itemId: "it", reason: GOOD_REASON }),
  approveItem: (root) => approveItem(human(), { root, itemId: "it" }),
  approvePhase: (root) => approvePhase(human(), { root }),
  advancePhase: (root) => advancePhase(human(), { root }),
  "advancePhase by force": (root) =>
    advancePhase(human(), { root, force: true }),
  finishSession: (root) => finishSession(human(), { root }),
  "finishSession by force": (root) =>
    finishSession(human(), { root, force: true }),
  abandonSession: (root) => abandonSession(human(), { root, reason: "Again" }),
};

function human() {
  return fixedHost({ environment: APPROVING, number: 9 });
}

for (const [name, change] of Object.entries(CHANGES)) {
  Deno.test(`finishSession() closes for good: ${name} changes nothing any more`, () =>
    withSession(async (root) => {
      await finishSession(
        fixedHost({ environment: APPROVING, number: 1 }),
        { root, force: true },
      );
      const error = await refusalWithoutTrace(root, () => change(root));
      assertEquals([error.kind, error.code], ["refused", "session_closed"]);
    }, EASY_WORKFLOW));
}
