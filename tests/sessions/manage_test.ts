import { type Switched, switchSession } from "../../src/sessions/manage.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  type Machine,
  refusalWithoutTrace,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

/** A session of agent 1, one of agent 2 and one of somebody else, which is current. */
function withThree(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const [index, machine] of [ONE, TWO, {}].entries()) {
      const host = fixedHost({ ...machine, number: index + 1 });
      const task = `Task ${index + 1}`;
      await startSession(host, { root, task, beside: true });
    }
    await test(root);
  });
}

function switchTo(
  root: string,
  id: string,
  machine: Machine = {},
): Promise<Switched> {
  return switchSession(fixedHost({ ...machine, number: 9 }), { root, id });
}

async function taskOf(root: string, machine: Machine = {}): Promise<string> {
  return (await readStatus(fixedHost(machine), { root })).task;
}

Deno.test("switchSession() moves an agent and nobody else", () =>
  withThree(async (root) => {
    const switched = await switchTo(root, idOf(2, 0), ONE);
    assertEquals(switched, {
      place: { root, rootSource: "flag", session: idOf(2, 0) },
      session: idOf(2, 0),
      task: "Task 2",
      bound: "agent",
      warnings: [],
    });
    assertEquals(await taskOf(root, ONE), "Task 2");
    assertEquals(await taskOf(root, TWO), "Task 2");
    assertEquals(await taskOf(root), "Task 3");
  }));

Deno.test("switchSession() moves current for who has no session of their own", () =>
  withThree(async (root) => {
    const { bound } = await switchTo(root, idOf(1, 0));
    assertEquals(bound, "current");
    assertEquals(await taskOf(root), "Task 1");
    assertEquals(await taskOf(root, TWO), "Task 2");
    const current = Deno.readTextFileSync(`${root}/.orchestrator/current`);
    assertEquals(current, idOf(1, 0));
  }));

Deno.test("switchSession() moves a linked worktree alone", () =>
  withRoot(WORKTREES, async (root) => {
    const main = { workingDirectory: `${root}/main` };
    const linked = { workingDirectory: `${root}/wt` };
    for (const number of [1, 2]) {
      const task = `Task ${number}`;
      await startSession(fixedHost({ ...main, number }), {
        task,
        beside: true,
      });
    }
    const host = fixedHost({ ...linked, number: 3 });
    const { bound } = await switchSession(host, { id: idOf(1, 0) });
    assertEquals(bound, "worktree");
    const seen = await Promise.all(
      [linked, main].map((machine) => readStatus(fixedHost(machine))),
    );
    assertEquals(seen.map(({ task }) => task), ["Task 1", "Task 2"]);
  }));

Deno.test("switchSession() takes a unique beginning or the short form of an id", () =>
  withThree(async (root) => {
    assertEquals((await switchTo(root, "01kk02")).task, "Task 2");
  }));

Deno.test("switchSession() mends a current and a binding that name no session", () =>
  withThree(async (root) => {
    writeTree(root, { ".orchestrator/current": "../x" });
    await switchTo(root, idOf(1, 0));
    assertEquals(await taskOf(root), "Task 1");
    const bindings = `${root}/.orchestrator/bindings`;
    for (const name of Object.keys(readTree(bindings))) {
      writeTree(bindings, { [name]: "{}" });
    }
    await switchTo(root, idOf(2, 0), ONE);
    assertEquals(await taskOf(root, ONE), "Task 2");
  }));

Deno.test("switchSession() refuses an id that fits no session or several, and changes nothing", () =>
  withThree(async (root) => {
    for (
      const [id, kind, code] of [
        ["01kk09", "not_found", "no_such_session"],
        ["01kk", "usage", "ambiguous_session_id"],
        ["../x", "usage", "invalid_session_id"],
        ["", "usage", "invalid_session_id"],
      ]
    ) {
      const error = await refusalWithoutTrace(
        root,
        () => switchTo(root, id ?? ""),
      );
      assertEquals([error.kind, error.code], [kind, code]);
    }
  }));

Deno.test("switchSession() refuses a session that cannot be read", () =>
  withThree(async (root) => {
    const path = `.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(root, { [path]: "{" });
    const error = await refusalWithoutTrace(
      root,
      () => switchTo(root, idOf(1, 0)),
    );
    assertEquals(error.kind, "corrupt");
  }));
