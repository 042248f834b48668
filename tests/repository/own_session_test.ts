import { OrcError } from "../../src/base/error.ts";
import { openRepository } from "../../src/repository/open.ts";
import { assertNoOwnSession } from "../../src/repository/own_session.ts";
import { addNote } from "../../src/work/add_note.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

/** Id of the caller's own session that keeps them from starting another; nothing is written. */
function ownOf(root: string, machine: Machine = {}): Promise<unknown> {
  return withoutTrace(root, async () => {
    const host = fixedHost(machine);
    try {
      await assertNoOwnSession(host, openRepository(host, { root }));
      return "none";
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      assertEquals([error.kind, error.code], ["refused", "session_active"]);
      return error.details?.session;
    }
  });
}

function withEasy(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, test);
}

async function start(
  root: string,
  number: number,
  machine: Machine = {},
): Promise<void> {
  const host = fixedHost({ ...machine, number });
  await startSession(host, { root, task: `Task ${number}`, beside: true });
}

Deno.test("assertNoOwnSession() finds the current session of who has none of their own", () =>
  withEasy(async (root) => {
    assertEquals(await ownOf(root), "none");
    await start(root, 1);
    assertEquals(await ownOf(root), idOf(1, 0));
    const nameless = { environment: { CLAUDECODE: "1" } };
    assertEquals(await ownOf(root, nameless), idOf(1, 0));
  }));

Deno.test("assertNoOwnSession() finds an agent's own session and nobody else's", () =>
  withEasy(async (root) => {
    await start(root, 1, ONE);
    await start(root, 2);
    assertEquals(await ownOf(root, ONE), idOf(1, 0));
    assertEquals(await ownOf(root, TWO), "none");
  }));

Deno.test("assertNoOwnSession() lets go on who has closed their session, or lost it", () =>
  withEasy(async (root) => {
    await start(root, 1, ONE);
    await abandonSession(fixedHost({ ...ONE, number: 2 }), {
      root,
      reason: "No longer wanted",
    });
    assertEquals(await ownOf(root, ONE), "none");
    assertEquals(await ownOf(root), "none");
    const session = `${root}/.orchestrator/sessions/${idOf(1, 0)}`;
    Deno.removeSync(session, { recursive: true });
    assertEquals(await ownOf(root, ONE), "none");
    assertEquals(await ownOf(root), "none");
  }));

Deno.test("assertNoOwnSession() finds the session of a linked worktree, also for an agent in it", () =>
  withRoot(WORKTREES, async (root) => {
    const linked = { workingDirectory: `${root}/wt` };
    await startSession(fixedHost({ ...linked, number: 1 }), { task: "One" });
    for (const machine of [linked, { ...linked, ...ONE }]) {
      const host = fixedHost(machine);
      const error = await refusalOf(() =>
        assertNoOwnSession(host, openRepository(host))
      );
      assertEquals(error.details, { session: idOf(1, 0) });
    }
  }));

Deno.test("assertNoOwnSession() counts a legacy session, until it was adopted and closed", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    assertEquals(await ownOf(root), LEGACY_ID);
    assertEquals(await ownOf(root, ONE), "none");
    await addNote(fixedHost({ number: 1 }), { root, text: "Adopted" });
    assertEquals(await ownOf(root), LEGACY_ID);
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    assertEquals(await ownOf(root), "none");
    Deno.removeSync(`${root}/.orchestrator/current`);
    assertEquals(await ownOf(root), "none");
    const closed = legacyState({ status: "completed" });
    writeTree(root, { ".workflow_state.json": closed });
    assertEquals(await ownOf(root), "none");
  }));

Deno.test("assertNoOwnSession() does not pass over a session it cannot read", () =>
  withEasy(async (root) => {
    await start(root, 1);
    const path = `.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(root, { [path]: "{" });
    const host = fixedHost();
    const error = await refusalWithoutTrace(
      root,
      () => assertNoOwnSession(host, openRepository(host, { root })),
    );
    assertEquals([error.kind, error.code], ["corrupt", "invalid_json"]);
  }));

Deno.test("assertNoOwnSession() names the session in one line, and a way on", () =>
  withEasy(async (root) => {
    const task = `${"a".repeat(100)}\nand more`;
    await startSession(fixedHost(), { root, task });
    const error = await refusalOf(() => {
      const host = fixedHost();
      return assertNoOwnSession(host, openRepository(host, { root }));
    });
    assertEquals(
      error.message,
      `Session 01kk…0000 ("${"a".repeat(60)}…") is still active`,
    );
    assertEquals(
      error.hint,
      'end it (orc finish), or work on both: orc start --beside "TASK"',
    );
  }));
