import { listApprovals, watchApprovals } from "../../src/work/approvals.ts";
import { readNext } from "../../src/work/agent.ts";
import { approveItem } from "../../src/work/item.ts";
import { approvePhase } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import {
  agent,
  APPROVING,
  codeOf,
  fixedHost,
  idOf,
  legacyState,
  type Machine,
  NOW,
  stateOf,
  withRoot,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const PLANNED = `name: Planned
phases:
  - id: PLAN
    name: Plan
    exit_gate: human_approval
    items:
      - {id: plan_approval, name: The plan is good, verification: {type: manual_gate}}
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;

const FIRST = idOf(1, 0);
const SECOND = idOf(2, 0);

/** Two agents at work, each in a session of its own. */
function withTwoAgents(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": PLANNED }, async (root) => {
    for (const number of [1, 2]) {
      const host = fixedHost({ environment: agent(`${number}`), number });
      await startSession(host, { root, task: `Task ${number}` });
    }
    await test(root);
  });
}

/** Status of the plan's approval in each session. */
function statuses(root: string): readonly string[] {
  return [FIRST, SECOND].map((id) =>
    stateOf(root, id).phases.PLAN.items.plan_approval.status ?? "pending"
  );
}

/** Runs a command that was printed for people, as far as it names item and session. */
async function obey(
  root: string,
  command: string,
  machine: Machine,
): Promise<void> {
  const [, itemId = "", session] =
    /^orc approve-item (\S+) --session (\S+)$/.exec(command) ?? [];
  await approveItem(fixedHost(machine), { root, itemId, session });
}

Deno.test("each command printed for a human approves in the session it was printed for, whoever's session is current", () =>
  withTwoAgents(async (root) => {
    const next = async (number: number) =>
      (await readNext(
        fixedHost({ environment: agent(`${number}`), number: 8 }),
        { root },
      )).next;
    const [first, second] = [await next(1), await next(2)];
    assertEquals([first?.human, second?.human], [true, true]);
    const answers = ["plan_approval"];
    await obey(root, first?.command ?? "", { answers, number: 3 });
    assertEquals(statuses(root), ["completed", "pending"]);
    await obey(root, second?.command ?? "", { answers, number: 4 });
    assertEquals(statuses(root), ["completed", "completed"]);
  }));

Deno.test("listApprovals() lists what waits in all sessions, with the agent and the exact command", () =>
  withTwoAgents(async (root) => {
    const { approvals, place } = await listApprovals(fixedHost(), { root });
    assertEquals(place.session, null);
    assertEquals(
      approvals,
      [FIRST, SECOND].map((session, index) => ({
        session,
        task: `Task ${index + 1}`,
        agent: `claude-code:${index + 1}`,
        phaseId: "PLAN",
        itemId: "plan_approval",
        name: "The plan is good",
        since: NOW,
        command: `orc approve-item plan_approval --session ${session}`,
      })),
    );
  }));

Deno.test("listApprovals() knows a session of the older tool, and warns of one that cannot be read", () =>
  withTwoAgents(async (root) => {
    const items = [{
      id: "it",
      name: "It",
      verification: { type: "manual_gate" },
    }];
    const phases = [{ id: "DO", name: "Do", items }];
    const definition = { name: "Easy", phases };
    const state = legacyState({ workflow_definition: definition });
    Deno.writeTextFileSync(`${root}/.workflow_state.json`, state);
    const path = `${root}/.orchestrator/sessions/${SECOND}/state.json`;
    Deno.writeTextFileSync(path, "{");
    const { approvals, warnings } = await listApprovals(fixedHost(), { root });
    assertEquals(approvals.map(({ itemId }) => itemId), [
      "plan_approval",
      "it",
    ]);
    assertStringIncludes(warnings.join(), path);
  }));

Deno.test("approveItem() without a session takes the one in which the item waits, and names it", () =>
  withTwoAgents(async (root) => {
    const answers = ["plan_approval"];
    const what = { root, itemId: "plan_approval" };
    await approveItem(fixedHost({ answers, number: 3 }), {
      ...what,
      session: SECOND,
    });
    const host = fixedHost({ answers, number: 4 });
    await approveItem(host, what);
    assertEquals(statuses(root), ["completed", "completed"]);
    assertStringIncludes(host.questions.join(), `Session ${FIRST}: Task 1\n`);
  }));

const CHOICES: readonly (readonly [string, readonly string[]])[] = [
  ["2", ["pending", "completed"]],
  [FIRST, ["completed", "pending"]],
  [SECOND.slice(-22), ["pending", "completed"]],
  ["3", ["pending", "pending"]],
  ["", ["pending", "pending"]],
  ["0000", ["pending", "pending"]],
];

for (const [answer, expected] of CHOICES) {
  Deno.test(`approveItem() asks which session is meant where the item waits in several: ${answer || "nothing"} is typed`, () =>
    withTwoAgents(async (root) => {
      const answers = [answer, "plan_approval"];
      const host = fixedHost({ answers, number: 3 });
      const isRefused = !expected.includes("completed");
      const approve = () =>
        approveItem(host, { root, itemId: "plan_approval" });
      if (isRefused) {
        assertEquals(await codeOf(approve), "denied approval_declined");
      } else await approve();
      assertEquals(statuses(root), expected);
      const [question = ""] = host.questions;
      assertStringIncludes(question, '"plan_approval" waits in 2 sessions:\n');
      assertStringIncludes(question, "Task 1 (claude-code:1)\n");
    }));
}

Deno.test("approveItem() never guesses where nobody can be asked which session is meant", () =>
  withTwoAgents(async (root) => {
    const host = fixedHost({ environment: APPROVING, number: 3 });
    const what = { root, itemId: "plan_approval" };
    assertEquals(
      await codeOf(() => approveItem(host, what)),
      "refused session_ambiguous",
    );
    assertEquals(statuses(root), ["pending", "pending"]);
  }));

Deno.test("approveItem() that is repeated where nobody is asked does not go on to another session", () =>
  withTwoAgents(async (root) => {
    const environment = APPROVING;
    const what = { root, itemId: "plan_approval" };
    const path = `${root}/.orchestrator/current`;
    const session = Deno.readTextFileSync(path).trim();
    await approveItem(fixedHost({ environment, number: 3 }), {
      ...what,
      session,
    });
    const host = fixedHost({ environment, number: 4 });
    assertEquals((await approveItem(host, what)).changed, false);
    assertEquals(statuses(root).toSorted(), ["completed", "pending"]);
  }));

Deno.test("approvePhase() without a session takes the one whose phase waits", () =>
  withTwoAgents(async (root) => {
    const session = FIRST;
    const itemId = "plan_approval";
    const environment = APPROVING;
    const host = fixedHost({ environment, number: 3 });
    await approveItem(host, { root, itemId, session });
    await approvePhase(fixedHost({ answers: ["PLAN"], number: 4 }), { root });
    const approved = [FIRST, SECOND].map((id) =>
      stateOf(root, id).metadata.phase_PLAN_approved ?? false
    );
    assertEquals(approved, [true, false]);
  }));

Deno.test("watchApprovals() shows what waits, then what comes to wait, each once", () =>
  withTwoAgents(async (root) => {
    const environment = APPROVING;
    const itemId = "plan_approval";
    const steps = [
      () =>
        approveItem(fixedHost({ environment, number: 3 }), {
          root,
          itemId,
          session: FIRST,
        }),
      // Nothing of it waits for a human.
      () =>
        approvePhase(fixedHost({ environment, number: 4 }), {
          root,
          session: FIRST,
        }),
      () => Promise.reject(new Error("over")),
    ];
    const pause = async () => void await steps.shift()?.();
    const host = fixedHost({ number: 9 });
    const { batches } = watchApprovals(host, { root, pause });
    const seen: string[][] = [];
    try {
      for await (const batch of batches) {
        seen.push(
          batch.map(({ session, itemId, phaseId }) =>
            `${session} ${itemId ?? phaseId}`
          ),
        );
      }
    } catch (error) {
      assertEquals(String(error), "Error: over");
    }
    assertEquals(seen, [
      [`${FIRST} plan_approval`, `${SECOND} plan_approval`],
      [`${FIRST} PLAN`],
    ]);
  }));
