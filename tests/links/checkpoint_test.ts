/** No checkpoint is read, written or removed through a link. */
import { OrcError } from "../../src/base/error.ts";
import {
  readCheckpoint,
  readCheckpoints,
  removeCheckpoints,
  writeCheckpoint,
} from "../../src/checkpoints/files.ts";
import { writeTree } from "../files/temporary.ts";
import { namesIn, SESSION_ID, withSession } from "../session/fixtures.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";

const FACTS = { message: null, decisions: [], files: [] };
const TEXT = JSON.stringify({
  checkpoint_id: "cp_a",
  workflow_id: "wf_00c0ffee",
  phase_id: "PLAN",
});

Deno.test("readCheckpoints() names a checkpoint that is a link, and reads it not", () =>
  withSession(({ layout, paths }) => {
    writeTree(layout.root, { "elsewhere.json": TEXT });
    Deno.mkdirSync(paths.checkpoints);
    const link = `${paths.checkpoints}/cp_a.json`;
    Deno.symlinkSync(`${layout.root}/elsewhere.json`, link);
    const found = readCheckpoints(layout, paths.checkpoints);
    const { checkpoints, problems } = found;
    assertEquals([checkpoints.length, problems.length], [0, 1]);
    const error = assertThrows(
      () => readCheckpoint(layout, paths.checkpoints, "cp_a"),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
  }));

Deno.test("removeCheckpoints() refuses a link and leaves it", () =>
  withSession(async ({ layout, paths, context }) => {
    Deno.mkdirSync(paths.checkpoints);
    Deno.symlinkSync(paths.state, `${paths.checkpoints}/cp_a.json`);
    const target = { layout, context };
    const error = await assertRejects(
      () => removeCheckpoints(target, SESSION_ID, ["cp_a"]),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
    assertEquals(namesIn(paths.checkpoints), ["cp_a.json"]);
  }));

Deno.test("writeCheckpoint() and readCheckpoints() refuse a directory that is a link", () =>
  withSession(async ({ layout, paths, context }) => {
    const elsewhere = `${layout.root}/elsewhere`;
    Deno.mkdirSync(elsewhere);
    Deno.symlinkSync(elsewhere, paths.checkpoints);
    const target = { layout, context };
    const error = await assertRejects(
      () => writeCheckpoint(target, SESSION_ID, FACTS),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
    assertThrows(() => readCheckpoints(layout, paths.checkpoints), OrcError);
    assertEquals(namesIn(elsewhere), []);
  }));
