import { encodeLogLine } from "../../src/engine/event.ts";
import { analyzeSessions } from "../../src/history/analyze_sessions.ts";
import { addNote } from "../../src/work/add_note.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import {
  abandonSession,
  finishSession,
} from "../../src/work/finish_session.ts";
import { skipItem } from "../../src/work/skip_item.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  legacyState,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { appendToLog } from "../work/log_lines.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** Three sessions, one ended in each way. */
async function withSessions(
  test: (root: string) => Promise<void>,
): Promise<void> {
  await withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const start = async (number: number) => {
      const host = fixedHost({ number });
      await startSession(host, { root, task: "Add login" });
      return host;
    };
    const [reason, notes] = ["Nothing to be done here", "Done as agreed"];
    const first = await start(0);
    await skipItem(first, { root, itemId: "it", reason });
    await finishSession(fixedHost({ number: 9, at: "2026-03-01T10:30:00Z" }), {
      root,
      notes,
    });
    await abandonSession(await start(1), { root, reason });
    await completeItem(await start(2), { root, itemId: "it", notes });
    await test(root);
  });
}

Deno.test("analyzeSessions() counts over all sessions and writes nothing", () =>
  withSessions((root) =>
    withoutTrace(root, async () => {
      const { analysis, warnings, place } = await analyzeSessions(
        fixedHost(),
        { root },
      );
      const { total, completed, abandoned, active, events } = analysis;
      assertEquals([total, completed, abandoned, active], [3, 1, 1, 1]);
      assertEquals(events, 11);
      assertEquals([...analysis.skippedItems], [
        ["it", { count: 1, reasons: ["Nothing to be done here"] }],
      ]);
      assertEquals([...analysis.phaseDurations], [
        ["DO", { averageMinutes: 30, count: 1 }],
      ]);
      assertEquals([warnings, place.session], [[], null]);
    })
  ));

Deno.test("analyzeSessions() leaves out what it cannot read, and says so", () =>
  withSessions(async (root) => {
    appendToLog(root, ["torn\n"]);
    const state = `.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(root, { [state]: "{" });
    const { analysis, warnings } = await analyzeSessions(fixedHost(), { root });
    assertEquals([analysis.total, analysis.abandoned], [2, 0]);
    assertEquals(warnings.length, 2);
    assertStringIncludes(warnings[0] ?? "", "1 line that is no event");
    assertStringIncludes(warnings[1] ?? "", "state.json");
  }));

/** What the Python tool leaves: a state, and a log of several workflows. */
function writeLegacy(root: string): void {
  const event = (type: string, workflowId: string) =>
    recorded(type, { workflowId, itemId: "it" });
  const log = [
    event("workflow_started", "wf_0000aaaa"),
    event("verification_failed", "wf_0000aaaa"),
    event("workflow_completed", "wf_0000aaaa"),
    event("workflow_started", "wf_1a2b3c4d"),
    event("verification_failed", "wf_1a2b3c4d"),
  ];
  writeTree(root, {
    ".workflow_state.json": legacyState(),
    ".workflow_log.jsonl": log.map(encodeLogLine).join(""),
  });
}

Deno.test("analyzeSessions() counts the workflows of the legacy log, each once", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    writeLegacy(root);
    const analyze = async () => {
      const { analysis } = await analyzeSessions(fixedHost(), { root });
      const { total, completed, active, checkFailures, events } = analysis;
      return [total, completed, active, checkFailures.get("it"), events];
    };
    assertEquals(await analyze(), [2, 1, 1, 2, 5]);
    // Its first update copies the session, and its part of the log.
    await addNote(fixedHost(), { root, text: "Adopted" });
    assertEquals(await analyze(), [2, 1, 1, 2, 6]);
  }));

Deno.test("analyzeSessions() counts nothing in an empty repository", () =>
  withRoot({}, async (root) => {
    const { analysis, warnings } = await analyzeSessions(fixedHost(), { root });
    assertEquals([analysis.total, analysis.events, warnings], [0, 0, []]);
  }));

Deno.test("analyzeSessions() tells how far a long reading is", () =>
  withSessions(async (root) => {
    const event = recorded("note_added", { workflowId: "wf_00000000" });
    appendToLog(root, Array(20_000).fill(event));
    const fractions: number[] = [];
    await analyzeSessions(fixedHost(), {
      root,
      onProgress: (fraction) => fractions.push(fraction),
    });
    assertEquals(fractions, fractions.toSorted((a, b) => a - b));
    assert(fractions.length >= 4 && fractions.every((each) => each <= 1 / 3));
  }));
