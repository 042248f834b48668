import { completeItem } from "../../src/work/complete_item.ts";
import { type Advanced, advancePhase } from "../../src/work/phase.ts";
import {
  agent,
  eventsOf,
  type FixedHost,
  fixedHost,
  loggedTypes,
  type Machine,
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
