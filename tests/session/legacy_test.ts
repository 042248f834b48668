import { sha256Hex } from "../../src/base/checksum.ts";
import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import { readLegacyState } from "../../src/session/legacy.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const REAL = "tests/testdata/python-projects/lfb/.workflow_state.json";

Deno.test("readLegacyState() reads a state of the Python tool in its place", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    const text = Deno.readTextFileSync(REAL);
    writeTree(root, { ".workflow_state.json": text });
    const legacy = await readLegacyState(layout);
    assert(legacy);
    const { session, sha256 } = legacy;
    assertEquals(session.id, "c7f12380");
    assertEquals(session.legacyPath, `${root}/.workflow_state.json`);
    assertEquals([session.serial, session.sessionId], [0, null]);
    assertEquals(session.state.workflowId, "wf_c7f12380");
    assertEquals(sha256, await sha256Hex(new TextEncoder().encode(text)));
    assertEquals(readTree(root), { ".workflow_state.json": text });
  }));

Deno.test("readLegacyState() finds nothing where there is nothing", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    assertEquals(await readLegacyState(layout), undefined);
  }));

Deno.test("readLegacyState() refuses what it cannot read and leaves it", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    const cases = [["", "invalid_json"], ["{}", "invalid_state"]];
    for (const [text = "", code] of cases) {
      writeTree(root, { ".workflow_state.json": text });
      const error = await assertRejects(
        () => readLegacyState(layout),
        OrcError,
      );
      assertEquals([error.kind, error.code], ["corrupt", code]);
      assertEquals(readTree(root), { ".workflow_state.json": text });
    }
  }));
