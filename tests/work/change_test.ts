import type { Approval, ApprovalRequest } from "../../src/host/host.ts";
import { openSession } from "../../src/repository/select.ts";
import { siteAt } from "../../src/settings/files.ts";
import {
  applyAction,
  askForApproval,
  type Changed,
} from "../../src/work/change.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem, startItem } from "../../src/work/item.ts";
import { approvePhase } from "../../src/work/phase.ts";
import type { Action } from "../../src/engine/action.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  codeOf,
  codeWithoutTrace,
  eventsOf,
  type FixedHost,
  fixedHost,
  idOf,
  legacyState,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const NOTE: Action = { type: "note", text: "Worth it", itemId: null };
const START: Action = { type: "start_item", itemId: "idea" };

Deno.test("applyAction() stores a change and tells where the session stands", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    const changed = await applyAction(host, opened, NOTE);
    assertEquals(changed, {
      place: { root, rootSource: "flag", session: idOf(0, 0) },
      changed: true,
      events: [{ type: "note_added", id: idOf(1, 0) }],
      serial: 2,
      summary: changed.summary,
      warnings: [],
    });
    assertEquals(changed.summary.notes, ["Worth it"]);
    assertEquals(stateOf(root).metadata.orc.serial, 2);
  }));

Deno.test("applyAction() writes nothing when there is nothing to do", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    await startItem(host, { root, itemId: "idea" });
    const opened = await openSession(host, { root });
    const { changed, events, serial } = await withoutTrace(
      root,
      () => applyAction(host, opened, START),
    );
    assertEquals([changed, events, serial], [false, [], 2]);
  }));

Deno.test("applyAction() decides on the state as it is, not as it was when it was opened", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" });
    const attempt = () => applyAction(host, opened, START);
    const code = await codeWithoutTrace(root, attempt);
    assertEquals(code, "refused cannot_start");
  }));

Deno.test("applyAction() completes a log that a crash left behind, and warns if it is lost", () =>
  withSession(async (root) => {
    const log = `.orchestrator/sessions/${idOf(0, 0)}/log.jsonl`;
    writeTree(root, { [log]: "" });
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    assertEquals((await applyAction(host, opened, NOTE)).warnings, []);
    assertEquals(eventsOf(root).length, 3);
    Deno.removeSync(`${root}/${log}`);
    const { warnings } = await applyAction(host, opened, NOTE);
    assertEquals(warnings.length, 1);
  }));

Deno.test("applyAction() says so when the session was removed meanwhile", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    const session = `${root}/.orchestrator/sessions/${idOf(0, 0)}`;
    Deno.removeSync(session, { recursive: true });
    const attempt = () => applyAction(host, opened, NOTE);
    const code = await codeWithoutTrace(root, attempt);
    assertEquals(code, "not_found no_such_session");
  }));

Deno.test("applyAction() refuses a session whose rules are not known, and asks nobody", () =>
  withRoot({
    ".workflow_state.json": legacyState({ workflow_definition: null }),
  }, async (root) => {
    const host = fixedHost({ answers: [] });
    const opened = await openSession(host, { root });
    for (const act of [undefined, ACT]) {
      const attempt = () => applyAction(host, opened, NOTE, act);
      const code = await codeWithoutTrace(root, attempt);
      assertEquals(code, "config no_workflow");
    }
    assertEquals(host.questions, []);
  }));

/** A place without any settings. */
const SITE = siteAt("/nowhere");

const ACT = { request: 'approve item "plan"', confirmation: "plan" };

/** Approves the manual gate of a session. */
function approve(root: string, machine: Machine): Promise<Changed> {
  const host = fixedHost({ number: 1, ...machine });
  return approveItem(host, { root, itemId: "consent", early: true });
}

function consentIn(root: string): unknown {
  return stateOf(root).phases.PLAN.items.consent.status;
}

/** Machines by what they say to the question; `null` where nobody can be asked. */
const ANSWERS:
  readonly (readonly [string, string | null, readonly Machine[]])[] = [
    [
      "believes who types the word, blanks around it or not",
      "terminal",
      ["plan", " plan ", "plan\r"].map((answer) => ({ answers: [answer] })),
    ],
    [
      "takes anything else for a no, and the end of input too",
      "denied approval_declined",
      ["", "y", "yes", "Plan", "plan plan", undefined].map((answer) => ({
        answers: [answer],
      })),
    ],
    ["asks nobody where no human is known to be", null, [
      {},
      { environment: agent("1"), answers: ["plan"] },
      { environment: { CLAUDECODE: "1" }, answers: ["plan"] },
      { environment: { ORCHESTRATOR_MODE: "llm" }, answers: ["plan"] },
      // An agent could set the variable itself.
      { environment: { ...agent("1"), ...APPROVING } },
      { environment: { ORCHESTRATOR_APPROVALS: "terminal" } },
      { environment: { ORCHESTRATOR_APPROVALS: "" } },
    ]],
    ["lets the setting stand in for a human, and asks nobody", "setting", [
      { environment: APPROVING, answers: [] },
    ]],
    [
      "refuses a setting it does not know, and asks nobody",
      "usage invalid_setting",
      ["Any", "all", "1", "any "].map((value) => ({
        environment: { ORCHESTRATOR_APPROVALS: value },
        answers: ["plan"],
      })),
    ],
  ];

for (const [what, expected, machines] of ANSWERS) {
  Deno.test(`askForApproval() ${what}`, async () => {
    const isAsked = ["terminal", "denied approval_declined"].includes(
      `${expected}`,
    );
    for (const machine of machines) {
      const host = fixedHost(machine);
      const ask = () => askForApproval(host, SITE, ACT);
      const isRefused = expected?.includes(" ");
      assertEquals(await (isRefused ? codeOf(ask) : ask()), expected);
      const question = 'To approve item "plan", type plan: ';
      assertEquals(host.questions, isAsked ? [question] : []);
    }
  });
}

/** A machine that has a human asked, and what they were asked. */
function askingHost(
  answer: (request: ApprovalRequest) => Promise<Approval>,
  machine: Machine = {},
): FixedHost & { readonly asked: ApprovalRequest[] } {
  const asked: ApprovalRequest[] = [];
  const approve = (request: ApprovalRequest) => {
    asked.push(request);
    return answer(request);
  };
  return { ...fixedHost({ number: 1, ...machine }), approve, asked };
}

Deno.test("a host may have a human asked, for an agent that calls too", () =>
  withSession(async (root) => {
    const machine = { environment: agent("1"), answers: [] };
    const host = askingHost(() => Promise.resolve({ approved: true }), machine);
    const { changed } = await approveItem(host, {
      root,
      itemId: "consent",
      early: true,
    });
    assertEquals([changed, host.questions], [true, []]);
    const [asked] = host.asked;
    assertEquals(asked, {
      request: 'approve item "consent"',
      itemId: "consent",
      session: idOf(0, 0),
      root,
      shown: [],
      signal: undefined,
    });
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.actor, event?.details.get("origin")], [
      "human",
      "host",
    ]);
  }));

Deno.test("a human who is asked by the host may say no, and why", () =>
  withSession(async (root) => {
    const host = askingHost(() =>
      Promise.resolve({ approved: false, reason: "Not\ryet" })
    );
    const attempt = () =>
      approveItem(host, { root, itemId: "consent", early: true });
    const { code, message } = await refusalWithoutTrace(root, attempt);
    assertEquals([code, message], [
      "approval_declined",
      String
        .raw`Cannot approve item "consent": the human who was asked said no: Not\u{d}yet`,
    ]);
  }));

Deno.test("what a host answers for a human is a yes or a no, and nothing else", () =>
  withSession(async (root) => {
    for (const answer of [undefined, true, {}, { approved: "no" }]) {
      const host = askingHost(() =>
        Promise.resolve(answer as unknown as Approval)
      );
      const attempt = () =>
        approveItem(host, { root, itemId: "consent", early: true });
      const code = await codeWithoutTrace(root, attempt);
      assertEquals(code, "usage invalid_host");
    }
  }));

Deno.test("who stops waiting for a human ends at once, and nothing is changed", () =>
  withSession(async (root) => {
    const waiting = new AbortController();
    const { signal } = waiting;
    const host = askingHost(() => {
      waiting.abort("too late");
      return new Promise(() => {});
    });
    const options = { root, itemId: "consent", early: true, signal };
    const reason = await approveItem(host, options).catch((error) => error);
    assertEquals([reason, consentIn(root)], ["too late", "pending"]);
    assertEquals(host.asked[0]?.signal, signal);
  }));

Deno.test("a host may ask no human where the setting stands in for one", () =>
  withSession(async (root) => {
    const host = askingHost(
      () => Promise.reject(new Error("Nobody is asked")),
      { environment: APPROVING },
    );
    await approveItem(host, { root, itemId: "consent", early: true });
    assertEquals(host.asked, []);
  }));

Deno.test("askForApproval() shows what could disguise the question, and takes the word as shown", async () => {
  const confirmation = "A\r\x1b[2K\u202eB";
  const shown = String.raw`A\u{d}\u{1b}[2K\u{202e}B`;
  const host = fixedHost({ answers: [shown] });
  const act = { request: `approve phase "${confirmation}"`, confirmation };
  assertEquals(await askForApproval(host, SITE, act), "terminal");
  assertEquals(host.questions, [
    `To approve phase "${shown}", type ${shown}: `,
  ]);
});

Deno.test("applyAction() refuses an agent and logs the try with its name", () =>
  withSession(async (root) => {
    const machine = { environment: agent("1"), answers: ["consent"] };
    assertEquals(
      await codeOf(() => approve(root, machine)),
      "denied approval_required",
    );
    assertEquals(consentIn(root), "pending");
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["error", "system"]);
    assertEquals(event?.itemId, "consent");
    const { request, agent: who } = Object.fromEntries(event?.details ?? []);
    assertEquals([request, who], ['approve item "consent"', "claude-code:1"]);
  }));

Deno.test("applyAction() logs every try, that of a script too", () =>
  withSession(async (root) => {
    const code = await codeOf(() => approve(root, {}));
    assertEquals(code, "denied approval_required");
    await refusalOf(() => approve(root, { number: 2 }));
    await refusalOf(() => approvePhase(fixedHost({ number: 3 }), { root }));
    assertEquals(loggedTypes(root).slice(2), ["error", "error", "error"]);
    assertEquals(stateOf(root).metadata.orc.serial, 4);
  }));

Deno.test("applyAction() changes nothing when a human types something else", () =>
  withSession(async (root) => {
    const attempt = () => approve(root, { answers: ["yes"] });
    const error = await refusalWithoutTrace(root, attempt);
    assertEquals([error.kind, error.code], ["denied", "approval_declined"]);
    const message = 'Cannot approve item "consent": "consent" was not typed';
    assertEquals(error.message, message);
  }));

Deno.test("applyAction() takes nobody for a human who sits below an agent's program, and logs whose it is", () =>
  withSession(async (root) => {
    const above = { agent: "claude-code", pid: 4711 };
    const host = {
      ...fixedHost({ number: 1, answers: ["consent"] }),
      agentAbove: () => Promise.resolve(above),
    };
    const attempt = () =>
      approveItem(host, { root, itemId: "consent", early: true });
    const error = await refusalOf(attempt);
    assertEquals([error.kind, error.code, error.message], [
      "denied",
      "approval_required",
      'Cannot approve item "consent": only a human may, and claude-code (process 4711) runs this terminal',
    ]);
    assertEquals(host.questions, []);
    const [event] = eventsOf(root).slice(2);
    assertEquals(
      [event?.type, event?.details.get("agent")],
      ["error", "claude-code"],
    );
    assertEquals(consentIn(root), "pending");
  }));

Deno.test("applyAction() asks for no agent above where nobody is asked at a terminal", () =>
  withSession(async (root) => {
    const agentAbove = () => Promise.reject(new Error("looked"));
    for (const machine of [{ environment: APPROVING }, {}]) {
      const host = { ...fixedHost({ number: 1, ...machine }), agentAbove };
      await approveItem(host, { root, itemId: "consent", early: true }).catch((
        error,
      ) => assertEquals(error.code, "approval_required"));
    }
  }));

Deno.test("applyAction() says in the log that a setting stood in", () =>
  withSession(async (root) => {
    await approve(root, { environment: APPROVING });
    const [event] = eventsOf(root).slice(2);
    assertEquals(
      [event?.actor, event?.details.get("origin")],
      ["system", "setting"],
    );
    assertEquals(consentIn(root), "completed");
  }));

Deno.test("a check approves nothing, whatever terminal, host or setting it has, and the try is logged", () =>
  withSession(async (root) => {
    const check = { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests` };
    const yes = () => Promise.resolve({ approved: true });
    const hosts = [
      fixedHost({ environment: check, answers: ["consent"], number: 1 }),
      fixedHost({ environment: { ...APPROVING, ...check }, number: 2 }),
      { ...fixedHost({ environment: check, number: 3 }), approve: yes },
    ];
    for (const host of hosts) {
      const options = { root, itemId: "consent", early: true };
      const code = await codeOf(() => approveItem(host, options));
      assertEquals([code, consentIn(root)], [
        "denied approval_required",
        "pending",
      ]);
    }
    assertEquals(loggedTypes(root).slice(-3), ["error", "error", "error"]);
  }));
