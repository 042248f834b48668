import { encodeLogLine } from "../../src/engine/event.ts";
import {
  type HistoryOptions,
  readHistory,
} from "../../src/history/read_history.ts";
import { addNote } from "../../src/work/add_note.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  legacyState,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { appendToLog, logPath } from "../work/log_lines.ts";
import { recorded } from "./log_events.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

async function addNotes(root: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const host = fixedHost({ number, at: `2026-03-01T1${number}:00:00Z` });
    await addNote(host, { root, text: `Note ${number}`, itemId: "plan" });
  }
}

async function typesIn(
  root: string,
  options: HistoryOptions = {},
): Promise<readonly string[]> {
  const { events } = await readHistory(fixedHost(), { root, ...options });
  return events.map(({ type, message }) =>
    type === "note_added" ? message : type
  );
}

Deno.test("readHistory() gives the last events in their order and writes nothing", () =>
  withSession(async (root) => {
    await addNotes(root, 3);
    await withoutTrace(root, async () => {
      assertEquals(await typesIn(root), [
        "workflow_started",
        "phase_started",
        "Note: Note 1",
        "Note: Note 2",
        "Note: Note 3",
      ]);
      assertEquals(await typesIn(root, { limit: 2 }), [
        "Note: Note 2",
        "Note: Note 3",
      ]);
    });
  }));

Deno.test("readHistory() says whether there are earlier ones that fit", () =>
  withSession(async (root) => {
    await addNotes(root, 2);
    const hasEarlier = async (options: HistoryOptions) =>
      (await readHistory(fixedHost(), { root, ...options })).hasEarlier;
    assertEquals(await hasEarlier({}), false);
    assertEquals(await hasEarlier({ limit: 3 }), true);
    assertEquals(await hasEarlier({ limit: 4 }), false);
    assertEquals(await hasEarlier({ itemId: "plan", limit: 2 }), false);
    assertEquals(await hasEarlier({ itemId: "plan", limit: 1 }), true);
  }));

Deno.test("readHistory() filters by item, type and time", () =>
  withSession(async (root) => {
    await addNotes(root, 3);
    assertEquals(await typesIn(root, { type: "phase_started" }), [
      "phase_started",
    ]);
    assertEquals(await typesIn(root, { itemId: "idea" }), []);
    assertEquals(
      await typesIn(root, { since: "2026-03-01T11:30:00Z", itemId: "plan" }),
      ["Note: Note 2", "Note: Note 3"],
    );
    assertEquals(
      await typesIn(root, { until: "2026-03-01T11:30:00Z", phaseId: "PLAN" }),
      ["phase_started", "Note: Note 1"],
    );
  }));

Deno.test("readHistory() refuses what the workflow does not have, and a bad limit", () =>
  withSession(async (root) => {
    const codeOf = async (options: HistoryOptions) =>
      (await refusalOf(() => typesIn(root, options))).code;
    assertEquals(await codeOf({ itemId: "plann" }), "no_such_item");
    assertEquals(await codeOf({ phaseId: "plan" }), "no_such_phase");
    for (const limit of [0, -1, 1.5, NaN, 10_001]) {
      assertEquals(await codeOf({ limit }), "invalid_limit", String(limit));
    }
  }));

Deno.test("readHistory() shows an update whose events a crash kept out of the log", () =>
  withSession(async (root) => {
    await addNotes(root, 1);
    const [first = ""] = Deno.readTextFileSync(logPath(root)).split("\n");
    Deno.writeTextFileSync(logPath(root), `${first}\n`);
    assertEquals(await typesIn(root), [
      "workflow_started",
      "phase_started",
      "Note: Note 1",
    ]);
  }));

Deno.test("readHistory() warns of damaged lines and reads the rest", () =>
  withSession(async (root) => {
    appendToLog(root, [
      "{torn\n",
      recorded("note_added", {
        workflowId: "wf_00000000",
        message: "Behind it",
      }),
    ]);
    const history = await readHistory(fixedHost(), { root });
    assertEquals(history.events.at(-1)?.message, "Behind it");
    assertEquals(history.warnings.length, 1);
    assertStringIncludes(history.warnings[0] ?? "", "holds 1 line that is no");
  }));

Deno.test("readHistory() reads a legacy session's part of its log in place", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const events = ["wf_1a2b3c4d", "wf_ffffffff", "wf_1a2b3c4d"].map((
      workflowId,
      index,
    ) => recorded("item_completed", { workflowId, message: String(index) }));
    writeTree(root, {
      ".workflow_state.json": legacyState(),
      ".workflow_log.jsonl": events.map(encodeLogLine).join(""),
    });
    await withoutTrace(root, async () => {
      const history = await readHistory(fixedHost(), { root });
      assertEquals(history.events.map(({ message }) => message), ["0", "2"]);
    });
  }));
