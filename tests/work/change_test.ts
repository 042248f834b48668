import { openSession } from "../../src/repository/open_session.ts";
import { applyAction } from "../../src/work/change.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import type { Action } from "../../src/workflow/types.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  eventsOf,
  fixedHost,
  idOf,
  legacyState,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const NOTE: Action = { type: "note", text: "Worth it", itemId: null };

Deno.test("applyAction() stores a change and tells where the session stands", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const changed = await applyAction(
      host,
      await openSession(host, { root }),
      NOTE,
    );
    assertEquals(changed, {
      place: { root, rootSource: "flag", session: idOf(0, 0) },
      changed: true,
      events: [{ type: "note_added", id: idOf(1, 0) }],
      serial: 2,
      summary: changed.summary,
      warnings: [],
    });
    assertEquals(changed.summary.notes, ["Worth it"]);
    assertEquals(stateOf(root).metadata.orc.serial, 2);
  }));

Deno.test("applyAction() names the agent that asked", () =>
  withSession(async (root) => {
    const host = fixedHost({ environment: agent("1"), number: 1 });
    await applyAction(host, await openSession(host, { root }), NOTE);
    const [event] = eventsOf(root).slice(2);
    assertEquals(event?.details.get("agent"), "claude-code:1");
  }));

Deno.test("applyAction() writes nothing when there is nothing to do", () =>
  withSession(async (root) => {
    const complete: Action = {
      type: "complete",
      itemId: "idea",
      notes: null,
      result: undefined,
      skipVerify: false,
    };
    const host = fixedHost({ number: 1 });
    await completeItem(host, { root, itemId: "idea" });
    const opened = await openSession(host, { root });
    const { changed, events, serial } = await withoutTrace(
      root,
      () => applyAction(host, opened, complete),
    );
    assertEquals([changed, events, serial], [false, [], 2]);
  }));

Deno.test("applyAction() decides on the state as it is, not as it was when it was opened", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" });
    const start: Action = { type: "start_item", itemId: "idea" };
    const error = await refusalWithoutTrace(
      root,
      () => applyAction(host, opened, start),
    );
    assertEquals(error.code, "cannot_start");
  }));

Deno.test("applyAction() completes a log that a crash left behind, and warns if it is lost", () =>
  withSession(async (root) => {
    const log = `.orchestrator/sessions/${idOf(0, 0)}/log.jsonl`;
    writeTree(root, { [log]: "" });
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    assertEquals((await applyAction(host, opened, NOTE)).warnings, []);
    assertEquals(eventsOf(root).length, 3);
    Deno.removeSync(`${root}/${log}`);
    const { warnings } = await applyAction(host, opened, NOTE);
    assertEquals(warnings.length, 1);
  }));

Deno.test("applyAction() says so when the session was removed meanwhile", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    const session = `${root}/.orchestrator/sessions/${idOf(0, 0)}`;
    Deno.removeSync(session, { recursive: true });
    const error = await refusalWithoutTrace(
      root,
      () => applyAction(host, opened, NOTE),
    );
    assertEquals([error.kind, error.code], ["not_found", "no_such_session"]);
  }));

Deno.test("applyAction() adopts a legacy session by the first change only", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const host = fixedHost({ number: 1 });
    const opened = await openSession(host, { root });
    const refused: Action = { type: "start_item", itemId: "nothing" };
    const error = await refusalWithoutTrace(
      root,
      () => applyAction(host, opened, refused),
    );
    assertEquals(error.code, "no_such_item");
    const { changed } = await applyAction(host, opened, NOTE);
    assertEquals(changed, true);
    assertEquals(".orchestrator/current" in readTree(root), true);
  }));

Deno.test("applyAction() refuses a session whose rules are not known", () =>
  withRoot({
    ".workflow_state.json": legacyState({ workflow_definition: null }),
  }, async (root) => {
    const host = fixedHost();
    const opened = await openSession(host, { root });
    const error = await refusalOf(() => applyAction(host, opened, NOTE));
    assertEquals(error.code, "no_workflow");
  }));
