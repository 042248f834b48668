import { generateMarkdown } from "../../src/history/pages.ts";
import { readHistory, streamHistory } from "../../src/history/use.ts";
import { readSession } from "../../src/library/read.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { readStatus } from "../../src/work/status.ts";
import { undoUpdates } from "../../src/work/undo.ts";
import { orc } from "../commands/orc.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  edit,
  eventsOf,
  fixedHost,
  idOf,
  legacyState,
  NOW,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { forgeState } from "../session/forge.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const LOG = `.orchestrator/sessions/${idOf(0, 0)}/log.jsonl`;
const host = fixedHost();

/** Started, completed, undone, noted, abandoned: five updates. */
function within(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    await undoUpdates(fixedHost({ number: 2 }), { root });
    await addNote(fixedHost({ number: 3 }), { root, text: "Mind the gap" });
    const why = { root, session: idOf(0, 0), reason: "Dropped" };
    await abandonSession(fixedHost({ number: 4 }), why);
    await test(root);
  }, EASY_WORKFLOW);
}

/** As the older tool writes a line. */
function byOther(root: string, message: string): string {
  const [first] = eventsOf(root);
  return `${
    JSON.stringify({
      timestamp: "2026-03-01T10:00:00+00:00",
      event_type: "error",
      workflow_id: first?.workflowId,
      phase_id: "DO",
      item_id: null,
      message,
      details: {},
      actor: "system",
    })
  }\n`;
}

Deno.test("readStatus() shows a session as it was after each of its updates, and says so", () =>
  within(async (root) => {
    const session = idOf(0, 0);
    const shown = [];
    for (const at of [1, 2, "3", 4, 5]) {
      const status = await readStatus(host, { root, session, at });
      const { items, notes, past, warnings } = status;
      assertEquals([status.serial, past?.serial], [Number(at), Number(at)]);
      assertEquals(
        past?.message,
        `As it was after update ${at} of 5, at ${NOW}`,
      );
      assertEquals(warnings, []);
      shown.push([status.status, items[0]?.status, notes.length]);
    }
    assertEquals(shown, [
      ["active", "pending", 0],
      ["active", "completed", 0],
      ["active", "pending", 0],
      ["active", "pending", 1],
      ["abandoned", "pending", 1],
    ]);
    const now = await readStatus(host, { root, session });
    assertEquals("past" in now, false);
    const { state, past } = await readSession(host, { root, session, at: 2 });
    assertEquals([state.status, past?.latest], ["active", 5]);
  }));

Deno.test("readStatus() refuses what no update is called, and what no event tells", () =>
  within(async (root) => {
    const status = (at: number | string) =>
      codeOf(() => readStatus(host, { root, session: idOf(0, 0), at }));
    for (const at of [0, -1, 1.5, NaN, "", "1e0", " 1"]) {
      assertEquals(await status(at), "usage invalid_number");
    }
    assertEquals(await status(6), "not_found no_such_update");
  }));

Deno.test("readStatus() shows no update of the older tool, and what it left from orc's first on", () =>
  withRoot({
    ".workflow_state.json": legacyState(),
    "workflow.yaml": EASY_WORKFLOW,
  }, async (root) => {
    assertEquals(
      await codeOf(() => readStatus(host, { root, at: 1 })),
      "not_found no_such_update",
    );
    await addNote(fixedHost({ number: 1 }), { root, text: "Adopted" });
    await addNote(fixedHost({ number: 2 }), { root, text: "Once more" });
    const { notes, warnings } = await readStatus(host, { root, at: 1 });
    assertEquals([notes, warnings], [["Adopted"], []]);
  }));

Deno.test("readStatus() shows no update before those that the chain of events covers", () =>
  withSession(async (root) => {
    const session = idOf(0, 0);
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    await undoUpdates(fixedHost({ number: 2 }), { root });
    // As an orc left it that knew no chain.
    const path = `${root}/${LOG}`;
    const bare = Deno.readTextFileSync(path)
      .replaceAll(/, "chain": "[0-9a-f]+"/g, "");
    Deno.writeTextFileSync(path, bare);
    await forgeState(path.replace("log.jsonl", "state.json"), (state) => {
      delete state.metadata.orc.chain;
      for (const event of state.metadata.orc.events) delete event.chain;
    });
    const status = (at: number) => readStatus(host, { root, session, at });
    assertEquals(await codeOf(() => status(3)), "not_found not_covered");
    await addNote(fixedHost({ number: 3 }), { root, text: "Mind the gap" });
    for (const at of [1, 2]) {
      assertEquals(await codeOf(() => status(at)), "not_found not_covered");
    }
    const { past, notes } = await status(3);
    assertEquals(past?.message, "As it was after update 3 of 4");
    assertEquals([notes, (await status(4)).notes], [[], ["Mind the gap"]]);
  }, EASY_WORKFLOW));

Deno.test("readStatus() warns where the log is not what orc wrote", () =>
  within(async (root) => {
    edit(`${root}/${LOG}`, "Mind the gap", "Mind the gas");
    const options = { root, session: idOf(0, 0), at: 2 };
    const { warnings } = await readStatus(host, options);
    assertStringIncludes(warnings.join(), "see all: orc verify");
  }));

Deno.test("readHistory() and streamHistory() end with an update, and what another tool did next", () =>
  within(async (root) => {
    const path = `${root}/${LOG}`;
    const lines = Deno.readTextFileSync(path).split("\n");
    const others = [1, 2, 3].map((n) => byOther(root, `Other ${n}`));
    // One behind the second update, two behind the third.
    lines[2] += `\n${others[0]?.trimEnd()}`;
    lines[3] += `\n${others.slice(1).join("").trimEnd()}`;
    Deno.writeTextFileSync(path, lines.join("\n"));
    const session = idOf(0, 0);
    const messages = async (at: number, limit: number) => {
      const options = { root, session, at, limit };
      const { events, hasEarlier, past } = await readHistory(host, options);
      assertEquals(past?.message, `As it was after update ${at} of 5`);
      return [hasEarlier, ...events.map(({ message }) => message)];
    };
    assertEquals(await messages(2, 2), [true, "Completed item: it", "Other 1"]);
    assertEquals(await messages(2, 9), [
      ...[false, "Started workflow: Add login", "Started phase: Do"],
      ...["Completed item: it", "Other 1"],
    ]);
    assertEquals(await messages(3, 1), [true, "Other 3"]);
    const { batches } = await streamHistory(host, {
      ...{ root, session, at: 2, all: true, follow: true },
    });
    const all = (await Array.fromAsync(batches)).flat();
    assertEquals(all.map(({ message }) => message).slice(-2), [
      "Completed item: it",
      "Other 1",
    ]);
    assertEquals(
      await codeOf(() => readHistory(host, { root, session, at: 6 })),
      "not_found no_such_update",
    );
    const { warnings } = await readStatus(host, { root, session, at: 4 });
    assertStringIncludes(warnings.join(), "Another tool changed the session");
  }));

Deno.test("orc says in its first line of what it shows with --at that it was so", () =>
  within(async (root) => {
    const first = `As it was after update 2 of 5`;
    for (
      const argv of [
        ["status"],
        ["session", "info"],
        ["history"],
      ]
    ) {
      const { out } = await orc(root, [
        ...argv,
        ...["--at", "2", "--session", idOf(0, 0)],
      ]);
      assertStringIncludes(out.split("\n")[0] ?? "", first);
    }
    const options = { root, session: idOf(0, 0), at: 2, stdout: true };
    const { text } = await generateMarkdown(host, options);
    assertStringIncludes(text, `${first}, at ${NOW}\n`);
    assertStringIncludes(text, "Completed item: it");
    assertEquals(text.includes("Mind the gap"), false);
    const argv = ["status", "--at", "9", "--session", idOf(0, 0)];
    assertEquals((await orc(root, argv)).exitCode, 4);
  }));
