import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import {
  asArrived,
  clockStepText,
  newAccountant,
  startTexts,
  withArrival,
} from "../../src/replay/account.ts";
import type { EventType, SessionState } from "../../src/workflow/types.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("plan"), itemOf("sketch")]),
  phaseOf("EXECUTE", [itemOf("code")]),
]);

const done = withItemFields(
  workflow,
  withItemFields(workflow, sessionOf(workflow), "plan", {
    status: "completed",
  }),
  "sketch",
  { status: "skipped" },
);

const AT_TERMINAL = {
  origin: "terminal",
  presence: jsonObject({ user: "ada", host: "desk", prompt_ms: 12_400 }),
};

const LAST = { phaseId: "EXECUTE" };

let serial = 0;

function eventOf(
  type: EventType,
  itemId: string | null,
  details: Readonly<Record<string, JsonValue>> = {},
  fields: Partial<RecordedEvent> = {},
): RecordedEvent {
  serial += 1;
  return {
    id: `id${serial}`,
    serial,
    at: "2026-03-01T10:00:00Z",
    workflowId: "wf",
    phaseId: "PLAN",
    type,
    itemId,
    message: "",
    details: jsonObject(details),
    actor: "system",
    ...fields,
  };
}

function accountOf(
  events: readonly RecordedEvent[],
  state: SessionState = done,
) {
  const accountant = newAccountant();
  for (const event of events) accountant.take(event);
  return accountant.result(state);
}

const messagesOf = (
  events: readonly RecordedEvent[],
  state: SessionState = done,
) => accountOf(events, state).approvals.map(({ message }) => message);

Deno.test("newAccountant() says of each approval how it was given", () => {
  const approved = (details: Readonly<Record<string, JsonValue>>) =>
    eventOf("item_completed", "plan", { approved: true, ...details });
  const cases: readonly (readonly [RecordedEvent, string])[] = [
    [approved(AT_TERMINAL), "at a terminal by ada on desk after 12 s"],
    [approved({ origin: "terminal" }), "at a terminal"],
    [approved({ origin: "host" }), "by the host program"],
    [approved({ origin: "setting" }), "by the setting approvals: any"],
    [approved({}), "in another tool"],
  ];
  for (const [event, how] of cases) {
    assertEquals(messagesOf([event]), [`Item "plan" was approved ${how}`]);
  }
  const [{ user, machine, askedSeconds, origin, forced } = {}] =
    accountOf([approved(AT_TERMINAL)]).approvals;
  assertEquals(
    [user, machine, askedSeconds, origin, forced],
    ["ada", "desk", 12, "terminal", false],
  );
});

Deno.test("newAccountant() names what was forced, and what got past its check", () => {
  const origin = { origin: "host" };
  const forced = (type: EventType, itemId: string | null, key: string) =>
    eventOf(type, itemId, { [key]: true, ...origin });
  const closed: SessionState = {
    ...done,
    status: "completed",
    phases: done.phases.map((phase) => ({ ...phase, status: "completed" })),
  };
  const events = [
    forced("item_completed", "plan", "verification_skipped"),
    forced("item_skipped", "sketch", "force_skipped"),
    forced("phase_completed", null, "forced"),
    eventOf("note_added", null, { checkpoint_id: "cp", ...origin }),
    eventOf("human_override", null, { repair: "resign", ...origin }),
    eventOf("phase_completed", null, { forced: true, ...origin }, LAST),
    eventOf("workflow_completed", null, { forced: true, ...origin }, LAST),
  ];
  const { approvals } = accountOf(events, closed);
  assertEquals(approvals.every(({ forced }) => forced), true);
  assertEquals(approvals.map(({ message }) => message), [
    'Item "plan" was completed without its check by the host program',
    'Item "sketch" was skipped by force by the host program',
    'Phase "PLAN" was left by force by the host program',
    "A checkpoint was restored that held more by the host program",
    "The state was put right by hand by the host program",
    "The session was finished by force by the host program",
  ]);
});

Deno.test("newAccountant() lets go of what was taken back, or done by the rules since", () => {
  const yes = eventOf("item_completed", "plan", {
    approved: true,
    origin: "setting",
  });
  const open = sessionOf(workflow);
  assertEquals(messagesOf([yes], open), []);
  const rejected = eventOf("gate_failed", "plan", { rejected: true });
  assertEquals(messagesOf([yes, rejected]), []);
  assertEquals(messagesOf([yes, eventOf("item_completed", "plan")]), []);
  const phase = eventOf("human_override", null, { origin: "terminal" });
  assertEquals(messagesOf([phase], open), []);
  const approved: SessionState = {
    ...open,
    metadata: jsonObject({ phase_PLAN_approved: true }),
  };
  assertEquals(messagesOf([phase], approved), [
    'Phase "PLAN" was approved at a terminal',
  ]);
  const left = eventOf("phase_completed", null, { forced: true });
  const later = eventOf("phase_completed", null, { forced: false });
  const past = {
    ...open,
    phases: open.phases.map((one) => ({
      ...one,
      status: "completed" as const,
    })),
  };
  assertEquals(messagesOf([left], past).length, 1);
  assertEquals(messagesOf([left, later], past), []);
});

Deno.test("newAccountant() finds where the clock ran backwards, and passes over what all clocks do", () => {
  const at = (at: string, id?: string) =>
    eventOf("note_added", null, {}, { at, ...id === undefined ? {} : { id } });
  const waited = eventOf("item_skipped", "sketch", {
    approval_timeout_minutes: 30,
  });
  const steps = [at("2026-03-01T12:00:00Z"), at("2026-03-01T10:00:00Z")];
  // Where no gate went by the clock, nobody gains by it.
  assertEquals(accountOf(steps).clockSteps, []);
  const { clockSteps } = accountOf([
    waited,
    at("2026-03-01T10:00:00Z"),
    at("2026-03-01T09:59:50Z"),
    // The older tool's instants are its own.
    at("2026-03-01T08:00:00Z", ""),
    at("2026-03-01T12:00:00Z"),
    at("2026-03-01T10:01:00Z"),
    at("2026-03-01T10:02:00Z"),
  ]);
  assertEquals(clockSteps.map(({ message }) => message.split(":")[0]), [
    `The clock ran backwards before update ${serial - 1}, from 2026-03-01T12`,
  ]);
  const times = ["2026-03-01T10:00:10.001Z", "2026-03-01T10:00:00Z"] as const;
  assertEquals(clockStepText(...times)?.startsWith("from "), true);
  assertEquals(clockStepText("2026-03-01T10:00:10Z", times[1]), undefined);
  assertEquals(clockStepText("yesterday", times[1]), undefined);
});

Deno.test("newAccountant() keeps what a session began with", () => {
  const details = {
    commit: "c".repeat(40),
    indexed: false,
    definition_sha256: "d".repeat(64),
    metadata: jsonObject({ workflow_yaml_path: "/shop/workflow.yaml" }),
    abandoned: [jsonObject({ session: "s1", at: "2026-02-01T10:00:00Z" })],
  };
  const started = eventOf("workflow_started", null, details);
  const { start } = accountOf([started, eventOf("workflow_started", null)]);
  assertEquals(start?.indexed, false);
  assertEquals(startTexts(start), [
    `It began at commit ${
      "c".repeat(40)
    }, with a workflow file that git does not have like that`,
    "It is about a task that was abandoned before: s1",
  ]);
  const told = { committed: false, uncommitted: "9 lines", continued: "s0" };
  const more = eventOf("workflow_started", null, { ...details, ...told });
  assertEquals(startTexts(accountOf([more]).start), [
    `It began at commit ${
      "c".repeat(40)
    }, with a workflow file that is not committed`,
    "What was not committed when it began is more than its size may change: 9 lines",
    'What changed since session "s0" began, which was abandoned, is measured as part of it',
    "It is about a task that was abandoned before: s1",
  ]);
  assertEquals(startTexts(null), []);
  const older = eventOf("workflow_started", null, {}, { id: "" });
  assertEquals(startTexts(accountOf([older]).start), [
    "It began in another tool",
  ]);
});

Deno.test("withArrival() keeps the runs of updates that came, and forgets what did not", () => {
  assertEquals(withArrival([], 0, 3), [[1, 3]]);
  assertEquals(withArrival([[1, 3]], 5, 6), [[1, 3], [6, 6]]);
  assertEquals(withArrival([[1, 3], [6, 9]], 6, 8), [[1, 3], [6, 6], [7, 8]]);
  assertEquals(withArrival([[1, 3], [6, 9]], 5, 7), [[1, 3], [6, 7]]);
  assertEquals(withArrival([[1, 3]], 3, 3), [[1, 3]]);
});

Deno.test("asArrived() believes a signature only where the workflow asks for one", () => {
  const approval = (signedBy: string | null) => ({
    ...{ phaseId: null, itemId: "a", serial: 2, at: "", forced: false },
    ...{ origin: "terminal" as const, user: null, machine: null },
    ...{ askedSeconds: null, signedBy, elsewhere: false, message: "Yes" },
  });
  const isElsewhere = (signedBy: string | null, asks: boolean) =>
    asArrived(approval(signedBy), [[1, 2]], asks).elsewhere;
  assertEquals(isElsewhere(null, false), true);
  assertEquals(isElsewhere("ada", false), true);
  assertEquals(isElsewhere(null, true), true);
  assertEquals(isElsewhere("ada", true), false);
  assertEquals(asArrived(approval(null), [[3, 9]], false).elsewhere, false);
});
