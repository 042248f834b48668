/** Each setting, where it belongs. */
import { captureFeedback } from "../../src/feedback/use.ts";
import { fileKind } from "../../src/files/read.ts";
import { handOff } from "../../src/handoff/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, approveItem } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  codeOf,
  eventsOf,
  type FixedHost,
  fixedHost,
  idOf,
  type Machine,
  refusalOf,
  sessionsIn,
  stateOf,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const REPOSITORY = ".orchestrator/config.yaml";
const USER = "home/.orchestrator/config.yaml";

/** A machine whose user's directory lies in the repository, for once. */
function hostAt(root: string, machine: Machine = {}): FixedHost {
  const host = fixedHost({ number: 1, ...machine });
  return { ...host, homeDirectory: () => `${root}/home` };
}

Deno.test("approveItem() takes the user's word in a file for a human's, but no agent's", () =>
  withSession(async (root) => {
    const approve = (machine: Machine = {}): Promise<unknown> =>
      approveItem(hostAt(root, machine), {
        root,
        itemId: "consent",
        early: true,
      });
    writeTree(root, { [REPOSITORY]: "approvals: any\n" });
    assertEquals((await refusalOf(() => approve())).kind, "denied");
    writeTree(root, { [USER]: "approvals: any\n" });
    const environment = agent("1");
    const byAgent = await refusalOf(() => approve({ environment }));
    assertEquals(byAgent.kind, "denied");
    writeTree(root, { [REPOSITORY]: "approvals: terminal\n" });
    assertEquals((await refusalOf(() => approve())).kind, "denied");
    writeTree(root, { [REPOSITORY]: "# nothing\n" });
    await approve();
    const last = eventsOf(root).at(-1);
    assertEquals(last?.details?.get("origin"), "setting");
  }));

Deno.test("an update waits for a lock as long as the settings say", () =>
  withSession(async (root) => {
    const note = () => addNote(hostAt(root), { root, text: "x" });
    writeTree(root, { [REPOSITORY]: "lock_timeout_seconds: soon\n" });
    assertEquals(await codeOf(note), "config invalid_setting");
    // The flag hides what a file says.
    await addNote(hostAt(root), { root, text: "x", lockTimeout: "1" });
    const lock = `.orchestrator/sessions/${idOf(0, 0)}/lock`;
    writeTree(root, {
      [REPOSITORY]: "lock_timeout_seconds: 0\n",
      [lock]: lockText(foreignRecord()),
    });
    assertEquals(await codeOf(note), "conflict lock_held");
  }));

Deno.test("completeItem() limits a check by its item, else by the settings", () =>
  withSession(async (root) => {
    const limits: unknown[] = [];
    for (const text of ["# none\n", "check_timeout_seconds: 1.5\n"]) {
      writeTree(root, { [REPOSITORY]: text });
      const programs = { "make test": { exitCode: 1 } };
      const host = hostAt(root, { programs });
      await refusalOf(() => completeItem(host, { root, itemId: "tests" }));
      limits.push(host.requests.at(-1)?.timeoutMs);
    }
    assertEquals(limits, [300_000, 1500]);
  }));

Deno.test("handOff() runs the program of the user, and never one of the repository", () =>
  withSession(async (root) => {
    writeTree(root, {
      [REPOSITORY]: "agent_program: evil\nclaude_binary: evil\n",
      ".orchestrator.yaml": "agent_program: evil\n",
    });
    const programs = { "claude --print": {}, "codex exec": {}, "mine": {} };
    const ran = async (agentProgram?: string): Promise<unknown> => {
      const host = hostAt(root, { programs });
      const handed = await handOff(host, { root, execute: true, agentProgram });
      assertEquals(handed.warnings.length, agentProgram === undefined ? 3 : 0);
      return host.requests.map(({ command }) => command);
    };
    assertEquals(await ran(), [["claude", "--print"]]);
    writeTree(root, { [USER]: "agent_program: codex exec\n" });
    assertEquals(await ran(), [["codex", "exec"]]);
    assertEquals(await ran("mine"), [["mine"]]);
  }));

Deno.test("captureFeedback() keeps nothing where anybody does not want it", () =>
  withSession(async (root) => {
    const capture = () => captureFeedback(hostAt(root), { root, auto: true });
    for (const path of [REPOSITORY, USER]) {
      writeTree(root, { [path]: "feedback: false\n" });
      const { feedback, reason } = await capture();
      assertEquals(feedback, null);
      assertEquals(reason, `feedback is false, from ${root}/${path}:1`);
      writeTree(root, { [path]: "feedback: true\n" });
    }
    const { feedback } = await capture();
    assertEquals(feedback === null, false);
  }));

/** Gives each session ids of its own. */
function sessionsSoFar(root: string): number {
  return fileKind(`${root}/.orchestrator/sessions`) === "absent"
    ? 0
    : sessionsIn(root).length;
}

/** The supervision mode pinned into a session that starts here. */
async function pinnedMode(root: string): Promise<unknown> {
  const host = hostAt(root, { number: sessionsSoFar(root) + 1 });
  const { place } = await startSession(host, { root, task: "x", beside: true });
  const { workflow_definition } = stateOf(root, place.session ?? "");
  return workflow_definition.settings?.supervision_mode;
}

const PLAIN = `name: Plain
phases: [{ id: DO, name: Do, items: [{ id: it, name: It }] }]
`;

Deno.test("startSession() takes the user's supervision mode where the workflow has none", () =>
  withRoot({ "workflow.yaml": PLAIN }, async (root) => {
    assertEquals(await pinnedMode(root), undefined);
    writeTree(root, { [REPOSITORY]: "supervision_mode: zero_human\n" });
    assertEquals(await pinnedMode(root), undefined);
    writeTree(root, { [USER]: "supervision_mode: hybrid\n" });
    assertEquals(await pinnedMode(root), "hybrid");
    writeTree(root, {
      "workflow.yaml": `${PLAIN}settings: { supervision_mode: supervised }\n`,
    });
    assertEquals(await pinnedMode(root), "supervised");
  }));

Deno.test("startSession() takes the user's supervision mode for the built-in workflow", () =>
  withRoot({ [USER]: "supervision_mode: zero_human\n" }, async (root) => {
    assertEquals(await pinnedMode(root), "zero_human");
    writeTree(root, { ".orchestrator.yaml": "supervision_mode: hybrid\n" });
    assertEquals(await pinnedMode(root), "hybrid");
  }));
