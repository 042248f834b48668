import { openRepository } from "../../src/repository/open.ts";
import { addNote } from "../../src/work/add_note.ts";
import { legacyConflict } from "../../src/work/legacy_conflict.ts";
import { writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  LEGACY_ID,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

async function warns(root: string): Promise<boolean> {
  const repository = openRepository(fixedHost(), { root });
  const warnings = await withoutTrace(root, () => legacyConflict(repository));
  if (warnings.length > 0) {
    assertEquals(warnings, [
      `Both "${root}/.orchestrator" and "${root}/.workflow_state.json" hold a session; the first one is used`,
    ]);
  }
  return warnings.length > 0;
}

function withAdopted(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    await addNote(fixedHost(), { root, text: "Adopted" });
    await test(root);
  });
}

Deno.test("legacyConflict() says nothing where there is no legacy state", () =>
  withSession(async (root) => {
    assertEquals(await warns(root), false);
  }));

Deno.test("legacyConflict() says nothing of the state that was adopted, however the session went on", () =>
  withAdopted(async (root) => {
    assertEquals(await warns(root), false);
    await addNote(fixedHost({ number: 1 }), { root, text: "And more" });
    assertEquals(await warns(root), false);
  }));

Deno.test("legacyConflict() warns when the legacy state changed since it was adopted", () =>
  withAdopted(async (root) => {
    const changed = legacyState({ task_description: "Changed" });
    writeTree(root, { ".workflow_state.json": changed });
    assertEquals(await warns(root), true);
    const another = legacyState({ workflow_id: "wf_ffffffff" });
    writeTree(root, { ".workflow_state.json": another });
    assertEquals(await warns(root), true);
  }));

Deno.test("legacyConflict() warns of a legacy state that was never adopted", () =>
  withSession(async (root) => {
    writeTree(root, { ".workflow_state.json": legacyState() });
    assertEquals(await warns(root), true);
  }));

Deno.test("legacyConflict() warns of a legacy state that cannot be read", () =>
  withAdopted(async (root) => {
    for (const text of ["", "{", "[]"]) {
      writeTree(root, { ".workflow_state.json": text });
      assertEquals(await warns(root), true);
    }
  }));

Deno.test("legacyConflict() warns when nobody knows what the session was adopted from", () =>
  withAdopted(async (root) => {
    const meta = `.orchestrator/sessions/${LEGACY_ID}/meta.json`;
    for (const text of ["{}", "{"]) {
      writeTree(root, { [meta]: text });
      assertEquals(await warns(root), true);
    }
  }));
