import { OrcError } from "../../src/base/error.ts";
import {
  deleteRemoved,
  findRemoved,
  removeSession,
} from "../../src/session/session_remove.ts";
import { writeTree } from "../files/temporary.ts";
import {
  complete,
  foreignRecord,
  lockText,
  namesIn,
  SESSION_ID,
  withSession,
} from "./fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const always = () => true;

Deno.test("removeSession() removes a session and leaves nothing behind", () =>
  withSession(async ({ layout, context, paths }) => {
    writeTree(paths.directory, { "checkpoints/a.json": "{}", "feedback/": "" });
    assertEquals(
      await removeSession(layout, context, SESSION_ID, always),
      true,
    );
    assertEquals(namesIn(layout.sessions), []);
  }));

Deno.test("removeSession() leaves a session that may not go", () =>
  withSession(async ({ layout, context, paths }) => {
    const before = namesIn(paths.directory);
    const seen: string[] = [];
    const gone = await removeSession(layout, context, SESSION_ID, (session) => {
      seen.push(session.state.status);
      return false;
    });
    assertEquals([gone, seen], [false, ["active"]]);
    assertEquals(namesIn(paths.directory), before);
  }));

Deno.test("removeSession() of a session that is gone does nothing", () =>
  withSession(async ({ layout, context }) => {
    assertEquals(await removeSession(layout, context, "other", always), false);
  }));

Deno.test("removeSession() leaves a session that somebody else changed", () =>
  withSession(async ({ layout, context, paths }) => {
    const text = Deno.readTextFileSync(paths.state)
      .replace('"active"', '"completed"');
    Deno.writeTextFileSync(paths.state, text);
    const error = await assertRejects(
      () => removeSession(layout, context, SESSION_ID, always),
      OrcError,
    );
    assertEquals(error.code, "changed_outside");
    assertEquals(Deno.readTextFileSync(paths.state), text);
  }));

Deno.test("removeSession() waits for whoever changes the session", () =>
  withSession(async ({ layout, context, paths }) => {
    Deno.writeTextFileSync(
      `${paths.directory}/lock`,
      lockText(foreignRecord()),
    );
    const error = await assertRejects(
      () => removeSession(layout, context, SESSION_ID, always),
      OrcError,
    );
    assertEquals(error.code, "lock_held");
    assertEquals(namesIn(layout.sessions), [SESSION_ID]);
  }));

Deno.test("removeSession() lets an update that comes too late find no session", () =>
  withSession(async ({ layout, context, store, paths }) => {
    const update: Promise<unknown>[] = [];
    await removeSession(layout, context, SESSION_ID, () => {
      update.push(store.update(SESSION_ID, complete("a")));
      return true;
    });
    const error = await assertRejects(() => Promise.all(update), OrcError);
    // By when it looked: before it waited for the lock, or afterwards.
    const codes = ["no_such_session", "session_removed"];
    assertEquals(codes.includes(error.code), true, error.code);
    assertEquals(namesIn(layout.sessions), [], paths.directory);
  }, { timeoutMs: 5000 }));

Deno.test("findRemoved() finds what a removal left that was cut short", () =>
  withSession(({ layout }) => {
    const name = `.removed-${"0".repeat(32)}`;
    writeTree(layout.sessions, {
      [`${name}/state.json`]: "{}",
      ".removed-note": "a file of somebody else",
      ".removed-x/state.json": "{}",
      [`.new-${"0".repeat(32)}/state.json`]: "{}",
    });
    assertEquals(findRemoved(layout), [`${layout.sessions}/${name}`]);
    deleteRemoved(`${layout.sessions}/${name}`);
    deleteRemoved(`${layout.sessions}/${name}`);
    assertEquals(findRemoved(layout), []);
  }));

Deno.test("removeSession() sets aside what readers do not see", () =>
  withSession(({ layout, store }) => {
    writeTree(layout.sessions, {
      [`.removed-${"0".repeat(32)}/state.json`]: "{}",
    });
    assertEquals(store.ids(), [SESSION_ID]);
  }));
