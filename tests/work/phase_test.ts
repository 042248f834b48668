import { completeItem } from "../../src/work/complete.ts";
import {
  addNote,
  approveItem,
  skipItem,
  startItem,
} from "../../src/work/item.ts";
import {
  abandonSession,
  type Advanced,
  advancePhase,
  approvePhase,
  finishSession,
} from "../../src/work/phase.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  eventsOf,
  type FixedHost,
  fixedHost,
  loggedTypes,
  type Machine,
  NOW,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

/** Three phases, of which only the first has anything to do. */
const OPEN_PHASES = `name: Open
phases:
  - {id: ONE, name: One, items: [{id: it, name: It}]}
  - {id: TWO, name: Two}
  - {id: THREE, name: Three}
`;

function advance(
  root: string,
  machine: Machine = {},
  force = false,
): Promise<Advanced> {
  return advancePhase(fixedHost({ number: 1, ...machine }), { root, force });
}

async function completeIt(root: string): Promise<void> {
  await completeItem(fixedHost({ number: 2 }), { root, itemId: "it" });
}

/** A machine that does something between looking at a session and changing it. */
function interruptedHost(
  machine: Machine,
  interrupt: () => Promise<unknown>,
): FixedHost {
  const host = fixedHost(machine);
  return {
    ...host,
    idSource: async () => {
      await interrupt();
      return await host.idSource();
    },
  };
}

Deno.test("advancePhase() leaves a phase that is done and enters the next", () =>
  withSession(async (root) => {
    await completeIt(root);
    const { from, to, changed, summary } = await advance(root);
    assertEquals([from, to, changed], ["ONE", "TWO", true]);
    assertEquals(summary.phase, "TWO");
    const { current_phase_id, phases } = stateOf(root);
    assertEquals(current_phase_id, "TWO");
    assertEquals([phases.ONE.status, phases.TWO.status], [
      "completed",
      "active",
    ]);
  }, OPEN_PHASES));

Deno.test("advancePhase() refuses while something is open, and says what", () =>
  withSession(async (root) => {
    const error = await refusalWithoutTrace(root, () => advance(root));
    assertEquals([error.kind, error.code], ["refused", "blocked"]);
    const { blockers } = Object(error.details);
    assertEquals(
      blockers.map(({ code, itemId }: { code: string; itemId: string }) => [
        code,
        itemId,
      ]),
      [
        ["item_open", "idea"],
        ["item_open", "plan"],
        ["item_open", "tests"],
        ["item_open", "consent"],
        ["approval_missing", null],
      ],
    );
  }));

Deno.test("advancePhase() does nothing in the last phase when that is done, by force neither", () =>
  withSession(async (root) => {
    await completeIt(root);
    await advance(root);
    await advance(root, { number: 3 });
    for (const force of [false, true]) {
      const host = { answers: [], number: 4 };
      const done = await withoutTrace(root, () => advance(root, host, force));
      assertEquals([done.from, done.to, done.changed], ["THREE", null, false]);
    }
  }, OPEN_PHASES));

Deno.test("advancePhase() lets a human leave a phase by force, who types its id", () =>
  withSession(async (root) => {
    const { to } = await advance(root, { answers: ["ONE"] }, true);
    assertEquals(to, "TWO");
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["phase_completed", "human"]);
    assertEquals(event?.details.get("forced"), true);
  }, OPEN_PHASES));

Deno.test("advancePhase() lets no agent leave a phase by force, and logs the try", () =>
  withSession(async (root) => {
    const error = await refusalOf(() =>
      advance(root, { environment: agent("1") }, true)
    );
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(loggedTypes(root).slice(2), ["error"]);
    assertEquals(stateOf(root).current_phase_id, "ONE");
  }, OPEN_PHASES));

Deno.test("advancePhase() leaves one phase when two advance at once", () =>
  withSession(async (root) => {
    await completeIt(root);
    const host = interruptedHost(
      { number: 1 },
      () => advance(root, { number: 3 }),
    );
    const error = await refusalOf(() => advancePhase(host, { root }));
    assertEquals([error.kind, error.code], ["conflict", "phase_left"]);
    assertEquals(stateOf(root).current_phase_id, "TWO");
  }, OPEN_PHASES));

Deno.test("advancePhase() takes a human's yes for the phase it was given for, and no other", () =>
  withSession(async (root) => {
    const host = interruptedHost(
      { answers: ["ONE"], number: 1 },
      async () => {
        await completeIt(root);
        await advance(root, { number: 3 });
      },
    );
    const error = await refusalOf(() =>
      advancePhase(host, { root, force: true })
    );
    assertEquals([error.kind, error.code], ["conflict", "phase_left"]);
    assertEquals(stateOf(root).current_phase_id, "TWO");
  }, OPEN_PHASES));

Deno.test("approvePhase() approves the current phase for a human who types its id", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    const { changed, summary } = await approvePhase(host, { root });
    assertEquals(changed, true);
    assertEquals(host.questions, ['To approve phase "PLAN", type PLAN: ']);
    assertEquals(stateOf(root).metadata.phase_PLAN_approved, true);
    assertEquals(
      summary.blockers.some(({ code }) => code === "approval_missing"),
      false,
    );
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["human_override", "human"]);
  }));

Deno.test("approvePhase() does nothing and asks nobody where no approval is awaited", () =>
  withSession(async (root) => {
    const approve = async (phaseId: string) => {
      const host = fixedHost({ answers: [], number: 2 });
      const { changed } = await withoutTrace(
        root,
        () => approvePhase(host, { root, phaseId }),
      );
      assertEquals([changed, host.questions], [false, []]);
    };
    await approve("BUILD");
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    await approvePhase(host, { root, phaseId: "PLAN" });
    await approve("PLAN");
  }));

Deno.test("approvePhase() refuses a phase that the workflow does not have", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["NONE"], number: 1 });
    for (const phaseId of ["NONE", "plan", ""]) {
      const error = await refusalWithoutTrace(
        root,
        () => approvePhase(host, { root, phaseId }),
      );
      assertEquals([error.kind, error.code], ["not_found", "no_such_phase"]);
    }
  }));

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
