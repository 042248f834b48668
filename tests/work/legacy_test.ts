import { openRepository } from "../../src/repository/open.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { legacyConflict } from "../../src/session/legacy.ts";
import { adoptLegacySession } from "../../src/work/change.ts";
import { finishSession } from "../../src/work/phase.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  codeOf,
  codeWithoutTrace,
  edit,
  type Files,
  fixedHost,
  LEGACY_ID,
  legacyState,
  loggedTypes,
  refusalWithoutTrace,
  sessionsIn,
  stateOf,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const EVENT = {
  event_id: "evt_1",
  workflow_id: "wf_1a2b3c4d",
  event_type: "workflow_started",
  timestamp: "2026-01-02T03:04:05Z",
  message: "Started",
  details: {},
  actor: "system",
};

const LEGACY: Files = {
  ".workflow_state.json": legacyState(),
  ".workflow_log.jsonl": [EVENT, { ...EVENT, workflow_id: "wf_ffffffff" }]
    .map((event) => `${JSON.stringify(event)}\n`).join(""),
  ".workflow_checkpoints/cp_1.json": "{}",
};

/** Runs a test on a legacy session; what the older tool wrote must be as it was afterwards. */
function withLegacy(
  test: (root: string) => Promise<void>,
  files: Files = LEGACY,
): Promise<void> {
  return withRoot(files, async (root) => {
    await test(root);
    const after = readTree(root);
    for (const [path, text] of Object.entries(files)) {
      assertEquals(after[path], text, path);
    }
  });
}

function adopt(root: string, id: string = LEGACY_ID): Promise<void> {
  const host = fixedHost();
  const options = { root, lockTimeout: "0" };
  return adoptLegacySession(host, openRepository(host, options), id);
}

Deno.test("adoptLegacySession() writes the session to the new place with its own events, and makes it current", () =>
  withLegacy(async (root) => {
    await adopt(root);
    assertEquals(sessionsIn(root), [LEGACY_ID]);
    assertEquals(loggedTypes(root, LEGACY_ID), ["workflow_started"]);
    const current = Deno.readTextFileSync(`${root}/.orchestrator/current`);
    assertEquals(current, LEGACY_ID);
    const status = await readStatus(fixedHost(), { root });
    assertEquals([status.session, status.legacy], [LEGACY_ID, false]);
    assertEquals(status.sessionSource, "current");
    assertEquals([status.task, status.warnings], ["Old task", []]);
  }));

Deno.test("adoptLegacySession() may be repeated, and then changes no byte", () =>
  withLegacy(async (root) => {
    await adopt(root);
    await withoutTrace(root, () => adopt(root));
  }));

Deno.test("adoptLegacySession() leaves a current of others as it is", () =>
  withLegacy(async (root) => {
    writeTree(root, { ".orchestrator/current": "34aa3244" });
    await adopt(root);
    const current = Deno.readTextFileSync(`${root}/.orchestrator/current`);
    assertEquals(current, "34aa3244");
  }));

Deno.test("adoptLegacySession() waits for the repository's lock", () =>
  withLegacy(async (root) => {
    writeTree(root, { ".orchestrator/lock": lockText(foreignRecord()) });
    assertEquals(
      await codeWithoutTrace(root, () => adopt(root)),
      "conflict lock_held",
    );
  }));

Deno.test("adoptLegacySession() says so when the legacy state is gone, or another by now", () =>
  withRoot(LEGACY, async (root) => {
    const gone = "conflict legacy_state_gone";
    assertEquals(await codeOf(() => adopt(root, "ffffffff")), gone);
    assertEquals(sessionsIn(root), []);
    Deno.removeSync(`${root}/.workflow_state.json`);
    assertEquals(await codeOf(() => adopt(root)), gone);
  }));

Deno.test("adoptLegacySession() is called by the first update", () =>
  withLegacy(async (root) => {
    await completeItem(fixedHost(), { root, itemId: "it" });
    assertEquals(sessionsIn(root), [LEGACY_ID]);
    const { serial, session } = stateOf(root, LEGACY_ID).metadata.orc;
    assertEquals([serial, session], [1, LEGACY_ID]);
    const { legacy } = await readStatus(fixedHost(), { root });
    assertEquals(legacy, false);
  }));

const REFUSED: Readonly<Record<string, (root: string) => Promise<unknown>>> = {
  "an item that does not exist": (root) =>
    completeItem(fixedHost(), { root, itemId: "none" }),
  "a human who says no": (root) =>
    finishSession(fixedHost({ answers: ["no"] }), { root, force: true }),
};

for (const [because, attempt] of Object.entries(REFUSED)) {
  Deno.test(`adoptLegacySession() is not called by what is refused for ${because}`, () =>
    withLegacy(async (root) => {
      await refusalWithoutTrace(root, () => attempt(root));
    }));
}

Deno.test("adoptLegacySession() is not called by what does nothing", () => {
  const done = { id: "it", status: "completed" };
  const phases = { DO: { id: "DO", status: "active", items: { it: done } } };
  const files = { ".workflow_state.json": legacyState({ phases }) };
  return withLegacy(async (root) => {
    const { changed } = await withoutTrace(
      root,
      () => completeItem(fixedHost(), { root, itemId: "it" }),
    );
    assertEquals(changed, false);
  }, files);
});

Deno.test("adoptLegacySession() is not called for a closed session", () =>
  withLegacy(async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => addNote(fixedHost(), { root, text: "Too late" }),
    );
    assertEquals(error.code, "session_closed");
  }, { ".workflow_state.json": legacyState({ status: "completed" }) }));

Deno.test("adoptLegacySession() lets two first updates at once both count", () =>
  withLegacy(async (root) => {
    await Promise.all(
      [1, 2].map((number) =>
        addNote(fixedHost({ number }), { root, text: `Note ${number}` })
      ),
    );
    const { notes, serial } = await readStatus(fixedHost(), { root });
    assertEquals([notes.toSorted(), serial], [["Note 1", "Note 2"], 2]);
  }));

Deno.test("adoptLegacySession() refuses a state that was changed outside", () =>
  withRoot({}, async (root) => {
    const from =
      "tests/testdata/python-projects/au/.orchestrator/sessions/de19a506/state.json";
    const path = `${root}/.workflow_state.json`;
    Deno.writeTextFileSync(path, Deno.readTextFileSync(from));
    edit(path, '"status": "active"', '"status": "paused"');
    assertEquals(
      await codeWithoutTrace(
        root,
        () => addNote(fixedHost(), { root, text: "Refused" }),
      ),
      "corrupt changed_outside",
    );
  }));

async function warns(root: string): Promise<boolean> {
  const { layout } = openRepository(fixedHost(), { root });
  const warnings = await withoutTrace(root, () => legacyConflict(layout));
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

Deno.test("legacyConflict() says nothing where there is no legacy state, and warns of one that was never adopted", () =>
  withSession(async (root) => {
    assertEquals(await warns(root), false);
    writeTree(root, { ".workflow_state.json": legacyState() });
    assertEquals(await warns(root), true);
  }));

Deno.test("legacyConflict() says nothing of the state that was adopted, however the session went on", () =>
  withAdopted(async (root) => {
    assertEquals(await warns(root), false);
    await addNote(fixedHost({ number: 1 }), { root, text: "And more" });
    assertEquals(await warns(root), false);
  }));

Deno.test("legacyConflict() warns when the legacy state changed since it was adopted, or cannot be read", () =>
  withAdopted(async (root) => {
    const texts = [
      legacyState({ task_description: "Changed" }),
      legacyState({ workflow_id: "wf_ffffffff" }),
      "",
      "{",
    ];
    for (const text of texts) {
      writeTree(root, { ".workflow_state.json": text });
      assertEquals(await warns(root), true, text);
    }
    writeTree(root, { ".workflow_state.json": '{"last_run_time": 1}' });
    assertEquals(await warns(root), false, "another program keeps it by now");
  }));

Deno.test("legacyConflict() warns when nobody knows what the session was adopted from", () =>
  withAdopted(async (root) => {
    const meta = `.orchestrator/sessions/${LEGACY_ID}/meta.json`;
    for (const text of ["{}", "{"]) {
      writeTree(root, { [meta]: text });
      assertEquals(await warns(root), true);
    }
  }));
