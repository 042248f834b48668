import { OrcError } from "../../src/base/error.ts";
import { readSessionName } from "../../src/session/session_meta.ts";
import { writeSessionName } from "../../src/session/session_rename.ts";
import {
  foreignRecord,
  lockText,
  namesIn,
  SESSION_ID,
  withSession,
} from "./fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const NAMING = {
  id: SESSION_ID,
  name: "Login",
  startedAtLocal: "2026-03-01T11:00:00.000000",
};

Deno.test("writeSessionName() changes the name and no other key", () =>
  withSession(async ({ layout, context, paths }) => {
    const meta = {
      session_id: SESSION_ID,
      created_at: "2026-03-01T11:00:00.5",
      isolated: true,
      worktree_path: null,
    };
    Deno.writeTextFileSync(paths.meta, JSON.stringify(meta));
    const state = Deno.readTextFileSync(paths.state);
    for (const name of ["Login", "Größer"]) {
      await writeSessionName(layout, context, { ...NAMING, name });
      assertEquals(JSON.parse(Deno.readTextFileSync(paths.meta)), {
        ...meta,
        name,
      });
      assertEquals(readSessionName(layout, SESSION_ID), name);
    }
    assertEquals(Deno.readTextFileSync(paths.state), state);
    assertEquals(namesIn(paths.directory).length, 3);
  }));

Deno.test("writeSessionName() makes a meta.json that the Python tool can read", () =>
  withSession(async ({ layout, context, paths }) => {
    Deno.removeSync(paths.meta);
    await writeSessionName(layout, context, NAMING);
    assertEquals(JSON.parse(Deno.readTextFileSync(paths.meta)), {
      session_id: SESSION_ID,
      created_at: NAMING.startedAtLocal,
      repo_root: ".",
      name: "Login",
    });
  }));

Deno.test("writeSessionName() writes nothing where it may not", () =>
  withSession(async ({ layout, context, paths }) => {
    const lock = `${paths.directory}/lock`;
    const refusal = (naming = NAMING) =>
      assertRejects(() => writeSessionName(layout, context, naming), OrcError);
    assertEquals((await refusal({ ...NAMING, id: "other" })).kind, "not_found");
    Deno.writeTextFileSync(lock, lockText(foreignRecord()));
    assertEquals((await refusal()).code, "lock_held");
    Deno.removeSync(lock);
    Deno.writeTextFileSync(paths.meta, "{");
    assertEquals((await refusal()).kind, "corrupt");
    assertEquals(Deno.readTextFileSync(paths.meta), "{");
  }));
