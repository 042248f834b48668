import { LOCK_TIMEOUT_MS } from "../../src/base/limits.ts";
import { openRepository, placeOf } from "../../src/repository/open.ts";
import { addNote } from "../../src/work/item.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  fixedHost,
  idOf,
  refusalOf,
  refusalWithoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** Milliseconds that an update would wait for a lock. */
function timeoutMs(
  root: string,
  { flag, variable }: { flag?: string; variable?: string },
): Promise<number> {
  const environment = variable === undefined
    ? undefined
    : { ORCHESTRATOR_LOCK_TIMEOUT: variable };
  const options = { root, lockTimeout: flag };
  const { timeoutMs } = openRepository(fixedHost({ environment }), options)
    .context;
  return typeof timeoutMs === "number"
    ? Promise.resolve(timeoutMs)
    : timeoutMs();
}

Deno.test("openRepository() takes the root of the flag, then that of the environment, and makes nothing", () =>
  withRoot({ "a/": "", "b/": "" }, (root) => {
    const before = readTree(root);
    const host = fixedHost({
      environment: { ORCHESTRATOR_ROOT: `${root}/b` },
      workingDirectory: root,
    });
    const named = openRepository(host, { root: "a" }).found;
    assertEquals([named.root, named.source], [`${root}/a`, "flag"]);
    const { found } = openRepository(host, {});
    assertEquals([found.root, found.source], [`${root}/b`, "environment"]);
    assertEquals(readTree(root), before);
    return Promise.resolve();
  }));

Deno.test("openRepository() searches from the working directory where no root is named", () =>
  withRoot({ ".orchestrator/sessions/": "", "a/b/": "" }, (root) => {
    const environment = { ORCHESTRATOR_ROOT: "" };
    const workingDirectory = `${root}/a/b`;
    const { found } = openRepository(
      fixedHost({ environment, workingDirectory }),
      {},
    );
    assertEquals([found.root, found.source], [root, "marker"]);
    return Promise.resolve();
  }));

Deno.test({
  name:
    "openRepository() does not take the user's own directory for a repository",
  // What lies around the tests must not be seen: it is a repository too.
  permissions: { read: ["tests/.tmp"], write: ["tests/.tmp"] },
  fn: () =>
    withRoot({ ".orchestrator/sessions/": "", "a/.git/": "" }, (root) => {
      const host = {
        ...fixedHost({ workingDirectory: `${root}/a` }),
        homeDirectory: () => root,
      };
      assertEquals(openRepository(host, {}).found.root, `${root}/a`);
      return Promise.resolve();
    }),
});

Deno.test("openRepository() takes the lock's time limit from the flag, then from the environment", () =>
  withRoot({}, async (root) => {
    assertEquals(await timeoutMs(root, {}), LOCK_TIMEOUT_MS);
    assertEquals(await timeoutMs(root, { variable: "" }), LOCK_TIMEOUT_MS);
    assertEquals(await timeoutMs(root, { variable: "2.5" }), 2500);
    assertEquals(await timeoutMs(root, { flag: "0", variable: "2" }), 0);
    assertEquals(await timeoutMs(root, { flag: "86400" }), 86_400_000);
    // The flag that counts hides a variable that would be refused.
    assertEquals(await timeoutMs(root, { flag: "1", variable: "soon" }), 1000);
  }));

Deno.test("openRepository() refuses a time limit that is none, and says where it stands", () =>
  withSession(async (root) => {
    for (
      const text of ["abc", "-1", "1e9", "86401", "5s", " 5", "9".repeat(400)]
    ) {
      const byFlag = await refusalWithoutTrace(
        root,
        () => addNote(fixedHost(), { root, text: "x", lockTimeout: text }),
      );
      assertEquals([byFlag.kind, byFlag.code], [
        "usage",
        "invalid_lock_timeout",
      ]);
      assertEquals(
        byFlag.message,
        `--lock-timeout is "${text}", not a number of seconds from 0 to 86400`,
      );
      const environment = { ORCHESTRATOR_LOCK_TIMEOUT: text };
      const byVariable = await refusalWithoutTrace(
        root,
        () => addNote(fixedHost({ environment }), { root, text: "x" }),
      );
      assertEquals(
        byVariable.message,
        `ORCHESTRATOR_LOCK_TIMEOUT is "${text}", not a number of seconds from 0 to 86400`,
      );
    }
  }));

Deno.test("openRepository() makes an update wait no longer than the time limit, and name the holder", () =>
  withSession(async (root) => {
    const session = `${root}/.orchestrator/sessions/${idOf(0, 0)}`;
    writeTree(session, { lock: lockText(foreignRecord()) });
    const note = { root, text: "x", lockTimeout: "0" };
    const held = await refusalOf(() => addNote(fixedHost(), note));
    assertEquals([held.kind, held.code], ["conflict", "lock_held"]);
    assertEquals(held.details?.pid, foreignRecord().pid);
  }));

Deno.test("openRepository() tells who waits for a lock what it is held for", () =>
  withRoot({}, (root) => {
    const { context } = openRepository(fixedHost(), { root });
    assertEquals(context.purpose, "library call");
    const purpose = "orc note";
    const named = openRepository(fixedHost(), { root, purpose });
    assertEquals(named.context.purpose, "orc note");
    return Promise.resolve();
  }));

Deno.test("placeOf() names the root, why it is the root, and the session", () =>
  withRoot({}, (root) => {
    const repository = openRepository(fixedHost(), { root });
    const place = { root, rootSource: "flag" } as const;
    assertEquals(placeOf(repository, "a"), { ...place, session: "a" });
    assertEquals(placeOf(repository, null), { ...place, session: null });
    return Promise.resolve();
  }));
