import { cleanupTree } from "../../src/sessions/cleanup_tree.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  refusalWithoutTrace,
  sessionsIn,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** Two repositories, each with a session that was abandoned and one that goes on. */
function withTree(test: (top: string) => Promise<void>): Promise<void> {
  return withRoot({
    "one/workflow.yaml": EASY_WORKFLOW,
    "two/workflow.yaml": EASY_WORKFLOW,
  }, async (top) => {
    for (const [index, name] of ["one", "two"].entries()) {
      const root = `${top}/${name}`;
      const number = 10 * index;
      await startSession(fixedHost({ number: number + 1 }), {
        root,
        task: "A",
      });
      const reason = "Dropped";
      await abandonSession(fixedHost({ number: number + 2 }), { root, reason });
      await startSession(fixedHost({ number: number + 3 }), {
        root,
        task: "B",
      });
    }
    await test(top);
  });
}

/** Eight days later. */
function later(workingDirectory: string): ReturnType<typeof fixedHost> {
  const at = "2026-03-09T10:00:00Z";
  return fixedHost({ workingDirectory, number: 50, at });
}

Deno.test("cleanupTree() removes old closed sessions of all repositories", () =>
  withTree(async (top) => {
    const { directory, sessions } = await cleanupTree(later(top), {
      yes: true,
    });
    assertEquals(directory, top);
    assertEquals(
      sessions.map((each) => [each.directory, each.session]),
      [[`${top}/one`, idOf(1, 0)], [`${top}/two`, idOf(11, 0)]],
    );
    assertEquals(sessionsIn(`${top}/one`), [idOf(3, 0)]);
    assertEquals(sessionsIn(`${top}/two`), [idOf(13, 0)]);
    const again = await cleanupTree(later(top), { yes: true });
    assertEquals(again.sessions, []);
  }));

Deno.test("cleanupTree() keeps what is younger than a week, unless told otherwise", () =>
  withTree(async (top) => {
    const at = "2026-03-08T09:00:00Z";
    const host = fixedHost({ workingDirectory: top, number: 50, at });
    assertEquals((await cleanupTree(host, { yes: true })).sessions, []);
    const younger = { yes: true, olderThan: "6", directory: "two" };
    assertEquals((await cleanupTree(host, younger)).sessions.length, 1);
    assertEquals(sessionsIn(`${top}/one`).length, 2);
  }));

Deno.test("cleanupTree() removes nothing anywhere without a yes", () =>
  withTree(async (top) => {
    const error = await refusalWithoutTrace(top, () => cleanupTree(later(top)));
    assertEquals(error.code, "not_confirmed");
  }));

Deno.test("cleanupTree() names what cannot be looked at, and cleans up the rest", () =>
  withTree(async (top) => {
    Deno.removeSync(`${top}/one/.orchestrator/sessions`, { recursive: true });
    writeTree(top, { "one/.orchestrator/sessions": "a file" });
    const { sessions, warnings } = await cleanupTree(later(top), { yes: true });
    assertEquals([sessions.length, warnings.length], [1, 1]);
  }));
