import { completeItem } from "../../src/work/complete.ts";
import { addNote, approveItem, skipItem } from "../../src/work/item.ts";
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
  codeOf,
  codeWithoutTrace,
  EASY_WORKFLOW,
  eventsOf,
  type FixedHost,
  fixedHost,
  idOf,
  loggedTypes,
  type Machine,
  NOW,
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
    assertEquals(summary.phaseId, "TWO");
    assertEquals(stateOf(root).current_phase_id, "TWO");
  }, OPEN_PHASES));

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

/** Acts that take force, or are approvals; no agent may do them. */
const HUMAN_ACTS: readonly (readonly [
  string,
  string,
  (host: FixedHost, root: string) => Promise<unknown>,
])[] = [
  [
    "advancePhase",
    'leave phase "PLAN" by force',
    (host, root) => advancePhase(host, { root, force: true }),
  ],
  [
    "approvePhase",
    'approve phase "PLAN"',
    (host, root) => approvePhase(host, { root }),
  ],
  [
    "finishSession",
    "finish an incomplete session",
    (host, root) => finishSession(host, { root, force: true }),
  ],
  [
    "skipItem",
    'skip item "tests" by force',
    (host, root) =>
      skipItem(host, {
        root,
        itemId: "tests",
        reason: GOOD_REASON,
        force: true,
      }),
  ],
  [
    "completeItem",
    'complete item "plan" without its check',
    (host, root) =>
      completeItem(host, { root, itemId: "plan", skipVerify: true }),
  ],
];

for (const [name, request, act] of HUMAN_ACTS) {
  Deno.test(`${name}() lets no agent do what only a human may, and logs the try`, () =>
    withSession(async (root) => {
      const host = fixedHost({ environment: agent("1"), number: 1 });
      const code = await codeOf(() => act(host, root));
      assertEquals(code, "denied approval_required");
      const [refused, ...more] = eventsOf(root).slice(2);
      assertEquals([refused?.type, more], ["error", []]);
      assertEquals(refused?.details.get("request"), request);
    }));
}

Deno.test("advancePhase() takes a yes for the phase it was given for, and no other", () =>
  withSession(async (root) => {
    await completeIt(root);
    const host = interruptedHost(
      { number: 1 },
      () => advance(root, { number: 3 }),
    );
    const code = await codeOf(() => advancePhase(host, { root }));
    assertEquals(code, "conflict phase_left");
    assertEquals(stateOf(root).current_phase_id, "TWO");
    const human = interruptedHost(
      { answers: ["TWO"], number: 4 },
      () => advance(root, { number: 5 }),
    );
    const forced = { root, force: true };
    const late = await codeOf(() => advancePhase(human, forced));
    assertEquals(late, "conflict phase_left");
    assertEquals(stateOf(root).current_phase_id, "THREE");
  }, OPEN_PHASES));

Deno.test("approvePhase() approves the current phase for a human who types its id", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    const { changed, summary } = await approvePhase(host, { root });
    assertEquals(changed, true);
    assertEquals(host.questions, [
      `Session ${idOf(0, 0)}: Add login\n` +
      "Phase PLAN: Plan\n  idea: open\n  plan: open\n  sketch: open, optional\n" +
      "  tests: open\n  consent: open\n" +
      'To approve phase "PLAN", type PLAN: ',
    ]);
    assertEquals(stateOf(root).metadata.phase_PLAN_approved, true);
    const codes = summary.blockers.map(({ code }) => code);
    assertEquals(codes.includes("approval_missing"), false);
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
    const none = () => approve("");
    assertEquals(await codeOf(none), "not_found no_such_phase");
    await approve("BUILD");
    const host = fixedHost({ answers: ["PLAN"], number: 1 });
    await approvePhase(host, { root, phaseId: "PLAN" });
    await approve("PLAN");
  }));

Deno.test("finishSession() closes a session whose phases are done, with its notes", () =>
  withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    const notes = "Released with 1.4";
    const host = fixedHost({ number: 2 });
    const { summary } = await finishSession(host, { root, notes });
    assertEquals([summary.active, summary.status], [false, "completed"]);
    const { status, completed_at, metadata } = stateOf(root);
    assertEquals([status, completed_at], ["completed", NOW]);
    assertEquals(metadata.completion_notes, notes);
  }, EASY_WORKFLOW));

Deno.test("finishSession() lets a human finish by force, who types the word", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["finish"], number: 1 });
    await finishSession(host, { root, force: true });
    const question = `Session ${idOf(0, 0)}: Add login\n` +
      "To finish an incomplete session, type finish: ";
    assertEquals(host.questions, [question]);
    const closing = eventsOf(root).at(-1);
    assertEquals(closing?.type, "workflow_completed");
    assertEquals(closing?.actor, "human");
  }));

Deno.test("abandonSession() closes a session for a reason, and keeps what came of it", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const blank = { root, reason: " \n" };
    const attempt = () => abandonSession(host, blank);
    const code = await codeWithoutTrace(root, attempt);
    assertEquals(code, "usage reason_missing");
    const options = { root, reason: " Dropped ", notes: "A sketch" };
    const { summary } = await abandonSession(host, options);
    assertEquals(summary.status, "abandoned");
    const { abandon_reason, completion_notes } = stateOf(root).metadata;
    assertEquals([abandon_reason, completion_notes], ["Dropped", "A sketch"]);
    assertEquals(loggedTypes(root).slice(2), ["workflow_abandoned"]);
  }));

/** What changes a session in one way or the other, done to one that is closed. */
const CHANGES: Readonly<Record<string, (root: string) => Promise<unknown>>> = {
  addNote: (root) => addNote(human(), { root, text: "Too late" }),
  "completeItem by force": (root) =>
    completeItem(human(), { root, itemId: "it", skipVerify: true }),
  approveItem: (root) => approveItem(human(), { root, itemId: "it" }),
  approvePhase: (root) => approvePhase(human(), { root }),
  "advancePhase by force": (root) =>
    advancePhase(human(), { root, force: true }),
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
      assertEquals(
        await codeWithoutTrace(root, () => change(root)),
        "refused session_closed",
      );
    }, EASY_WORKFLOW));
}
