/** No checkpoint is read, written or removed through a link. */
import { OrcError } from "../../src/base/error.ts";
import {
  readCheckpoints,
  writeCheckpoint,
} from "../../src/checkpoints/files.ts";
import { writeTree } from "../files/temporary.ts";
import { namesIn, SESSION_ID, withSession } from "../session/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const FACTS = { message: null, decisions: [], files: [] };
const TEXT = JSON.stringify({
  checkpoint_id: "cp_a",
  workflow_id: "wf_00c0ffee",
  phase_id: "PLAN",
});

Deno.test("readCheckpoints() names a checkpoint that is a link, and reads it not", () =>
  withSession(async ({ layout, paths, store }) => {
    writeTree(layout.root, { "elsewhere.json": TEXT });
    Deno.mkdirSync(paths.checkpoints);
    const link = `${paths.checkpoints}/cp_a.json`;
    Deno.symlinkSync(`${layout.root}/elsewhere.json`, link);
    const kept = await store.checkpoints(SESSION_ID);
    const found = await readCheckpoints(kept);
    const { checkpoints, problems } = found;
    assertEquals([checkpoints.length, problems.length], [0, 1]);
    const error = await assertRejects(() => kept.read("cp_a"), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
  }));

Deno.test("removeCheckpoints() refuses a link and leaves it", () =>
  withSession(async ({ paths, store }) => {
    Deno.mkdirSync(paths.checkpoints);
    Deno.symlinkSync(paths.state, `${paths.checkpoints}/cp_a.json`);
    const kept = await store.checkpoints(SESSION_ID);
    const error = await assertRejects(() => kept.remove(["cp_a"]), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
    assertEquals(namesIn(paths.checkpoints), ["cp_a.json"]);
  }));

Deno.test("writeCheckpoint() and readCheckpoints() refuse a directory that is a link", () =>
  withSession(async ({ layout, paths, context, store }) => {
    const elsewhere = `${layout.root}/elsewhere`;
    Deno.mkdirSync(elsewhere);
    Deno.symlinkSync(elsewhere, paths.checkpoints);
    const target = { store, context };
    const error = await assertRejects(
      () => writeCheckpoint(target, SESSION_ID, FACTS),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
    const kept = await store.checkpoints(SESSION_ID);
    await assertRejects(() => readCheckpoints(kept), OrcError);
    assertEquals(namesIn(elsewhere), []);
  }));
