import { jsonObject } from "../../src/base/json.ts";
import { decide } from "../../src/engine/decide.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { newReplayer } from "../../src/replay/replay.ts";
import type { Event } from "../../src/workflow/types.ts";
import {
  AGENT,
  AT,
  itemOf,
  MANUAL,
  phaseOf,
  SETTING,
  START,
  workflowOf,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("consent", { verification: MANUAL })], {
    exitGate: "human_approval",
  }),
  phaseOf("EXECUTE", [itemOf("code")]),
]);

const recorded = (serial: number) => (event: Event, index: number) => ({
  ...event,
  id: `${serial}-${index}`,
  serial,
  at: AT,
  workflowId: START.workflowId,
  link: { others: 0, base: null, chain: "ab" },
} satisfies RecordedEvent);

/** An orc of before called a human's what a setting had let pass. */
const ofBefore = (event: RecordedEvent): RecordedEvent => ({
  ...event,
  actor: "human",
  message: event.message.replace(/^Approved phase/, "Human approved phase"),
});

Deno.test("newReplayer() follows what a setting let pass, also as an older orc wrote it, and nothing that a human is said to have done", () => {
  const started = decide(workflow, undefined, START, { at: AT, caller: AGENT });
  const by = { at: AT, caller: SETTING };
  const item = {
    type: "approve_item",
    itemId: "consent",
    notes: null,
  } as const;
  const approved = decide(workflow, started.state, item, by);
  const phase = { type: "approve_phase", phaseId: "PLAN" } as const;
  const left = decide(workflow, approved.state, phase, by);
  const events = [started, approved, left].flatMap(({ events }, index) =>
    events.map(recorded(index + 1))
  );
  // Without its workflow, a session is believed.
  const known = { ...left.state, definition: jsonObject({}) };
  const replayed = (change: (event: RecordedEvent) => RecordedEvent) => {
    const replayer = newReplayer(workflow, known);
    for (const event of events) {
      replayer.take(event.serial === 1 ? event : change(event));
    }
    return replayer.result();
  };
  for (const change of [(event: RecordedEvent) => event, ofBefore]) {
    const { problems, state } = replayed(change);
    assertEquals([problems, state?.phases, state?.metadata], [
      [],
      left.state.phases,
      left.state.metadata,
    ]);
  }
  const asHuman = (event: RecordedEvent): RecordedEvent => ({
    ...event,
    details: new Map(event.details).set("origin", "terminal"),
  });
  assertEquals(replayed(asHuman).problems.map(({ serial }) => serial), [2, 3]);
});
