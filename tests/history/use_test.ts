import { encodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import {
  analyzeSessions,
  type HistoryOptions,
  type HistoryStreamOptions,
  readHistory,
  streamHistory,
} from "../../src/history/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, skipItem } from "../../src/work/item.ts";
import { abandonSession, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefused } from "../work/refused.ts";
import { appendToLog, logPath } from "../work/log_lines.ts";
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
    const later = fixedHost({ number: 9, at: "2026-03-01T10:30:00Z" });
    await skipItem(await start(0), { root, itemId: "it", reason });
    await finishSession(later, { root, notes });
    await abandonSession(await start(1), { root, reason });
    await completeItem(await start(2), { root, itemId: "it", notes });
    await test(root);
  });
}

Deno.test("analyzeSessions() counts over all sessions and writes nothing", () =>
  withSessions(async (root) => {
    const run = () => analyzeSessions(fixedHost(), { root });
    const { analysis, warnings, place } = await withoutTrace(root, run);
    assertEquals(analysis, {
      total: 3,
      completed: 1,
      abandoned: 1,
      active: 1,
      skippedItems: {
        it: { count: 1, reasons: ["Nothing to be done here"] },
      },
      checkFailures: {},
      checkRuns: {},
      humanWaits: {},
      phaseDurations: { DO: { averageMinutes: 30, count: 1 } },
      events: 11,
      isCut: false,
    });
    assertEquals([warnings, place.session], [[], null]);
  }));

Deno.test("analyzeSessions() leaves out what it cannot read, and says so", () =>
  withSessions(async (root) => {
    appendToLog(root, ["torn\n"]);
    const state = `.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(root, { [state]: "{" });
    const { analysis, warnings } = await analyzeSessions(fixedHost(), { root });
    assertEquals([analysis.total, analysis.abandoned], [2, 0]);
    const [torn, damaged, ...others] = warnings;
    assertStringIncludes(torn ?? "", "1 line that is no event");
    assertStringIncludes(damaged ?? "", "state.json");
    assertEquals(others, []);
  }));

/** What the Python tool leaves: a state, and a log of one or several workflows. */
function writeLegacy(root: string, events: readonly RecordedEvent[]): void {
  writeTree(root, {
    ".workflow_state.json": legacyState(),
    ".workflow_log.jsonl": events.map(encodeLogLine).join(""),
  });
}

Deno.test("analyzeSessions() counts the workflows of the legacy log, each once", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const event = (type: string, workflowId: string) =>
      recorded(type, { workflowId, itemId: "it" });
    writeLegacy(root, [
      event("workflow_started", "wf_0000aaaa"),
      event("verification_failed", "wf_0000aaaa"),
      event("workflow_completed", "wf_0000aaaa"),
      event("workflow_started", "wf_1a2b3c4d"),
      event("verification_failed", "wf_1a2b3c4d"),
    ]);
    const analyze = async () => {
      const { analysis } = await analyzeSessions(fixedHost(), { root });
      const { total, completed, active, checkFailures, events } = analysis;
      return [total, completed, active, checkFailures.it, events];
    };
    assertEquals(await analyze(), [2, 1, 1, 2, 5]);
    // Its first update copies the session, and its part of the log.
    await addNote(fixedHost(), { root, text: "Adopted" });
    assertEquals(await analyze(), [2, 1, 1, 2, 6]);
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

Deno.test("readHistory() gives the last events that fit in their order, and writes nothing", () =>
  withSession(async (root) => {
    await addNotes(root, 3);
    const [one, two, three] = ["Note: Note 1", "Note: Note 2", "Note: Note 3"];
    const started = ["workflow_started", "phase_started"];
    const noon = "2026-03-01T11:30:00Z";
    const cases: readonly [HistoryOptions, readonly unknown[]][] = [
      [{}, [...started, one, two, three]],
      [{ limit: 2 }, [two, three]],
      [{ type: "phase_started" }, ["phase_started"]],
      [{ since: noon, itemId: "plan" }, [two, three]],
      [{ until: noon, phaseId: "PLAN" }, ["phase_started", one]],
    ];
    for (const [options, expected] of cases) {
      const types = await withoutTrace(root, () => typesIn(root, options));
      assertEquals(types, expected);
    }
  }));

Deno.test("readHistory() says whether there are earlier ones that fit", () =>
  withSession(async (root) => {
    await addNotes(root, 2);
    const cases: readonly [HistoryOptions, boolean][] = [
      [{}, false],
      [{ limit: 3 }, true],
      [{ limit: 4 }, false],
      [{ itemId: "plan", limit: 2 }, false],
      [{ itemId: "plan", limit: 1 }, true],
    ];
    for (const [options, expected] of cases) {
      const history = await readHistory(fixedHost(), { root, ...options });
      assertEquals(history.hasEarlier, expected, JSON.stringify(options));
    }
  }));

Deno.test("readHistory() refuses what the workflow does not have, and a bad limit", () =>
  withSession(async (root) => {
    const refused = (expected: string, options: HistoryOptions) =>
      assertRefused(expected, () => typesIn(root, options));
    await refused("not_found no_such_item", { itemId: "plann" });
    for (const limit of [0, -1, 1.5, NaN, 10_001]) {
      await refused("usage invalid_limit", { limit });
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
    const event = { workflowId: "wf_00000000", message: "Behind it" };
    appendToLog(root, ["{torn\n", recorded("note_added", event)]);
    const history = await readHistory(fixedHost(), { root });
    assertEquals(history.events.at(-1)?.message, "Behind it");
    assertStringIncludes(history.warnings.join(), "holds 1 line that is no");
  }));

Deno.test("readHistory() reads a legacy session's part of its log in place", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const ids = ["wf_1a2b3c4d", "wf_ffffffff", "wf_1a2b3c4d"];
    const events = ids.map((workflowId, index) =>
      recorded("item_completed", { workflowId, message: String(index) })
    );
    writeLegacy(root, events);
    const history = await withoutTrace(
      root,
      () => readHistory(fixedHost(), { root }),
    );
    assertEquals(history.events.map(({ message }) => message), ["0", "2"]);
  }));

type Told = readonly string[];

/** What a stream gives, with a dash where it waited, and its warnings. */
async function streamOf(
  root: string,
  options: HistoryStreamOptions,
  pauses: readonly (() => unknown)[] = [],
): Promise<{ readonly told: Told; readonly warnings: Told }> {
  const told: string[] = [];
  let count = 0;
  const pause = async () => {
    told.push("-");
    const happens = pauses[count++];
    if (happens === undefined) throw new Error("It waits for nothing");
    await happens();
  };
  const stream = await streamHistory(fixedHost(), { root, ...options, pause });
  for await (const batch of stream.batches) {
    told.push(...batch.map(({ message }) => message));
  }
  return { told, warnings: stream.warnings() };
}

const START = ["Started workflow: Add login", "Started phase: Plan"];

function note(root: string, number: number): Promise<unknown> {
  return addNote(fixedHost({ number }), { root, text: String(number) });
}

function abandon(root: string): Promise<unknown> {
  return abandonSession(fixedHost({ number: 9 }), { root, reason: "Done" });
}

const CLOSED = "Workflow abandoned: Done";

Deno.test("streamHistory() gives the last events, or all of them", () =>
  withSession(async (root) => {
    const event = recorded("note_added", { workflowId: "wf_00000000" });
    appendToLog(root, Array(200).fill(event));
    assertEquals((await streamOf(root, { limit: 60 })).told.length, 60);
    const { told, warnings } = await streamOf(root, { all: true });
    assertEquals([told.length, told.slice(0, 2)], [202, START]);
    assertEquals(warnings, []);
  }));

Deno.test("streamHistory() follows the log until the session is closed", () =>
  withSession(async (root) => {
    const { told } = await streamOf(root, { follow: true, limit: 1 }, [
      () => note(root, 1),
      () => undefined,
      async () => {
        await note(root, 2);
        await abandon(root);
      },
    ]);
    const expected = ["-", "Note: 1", "-", "-", "Note: 2", CLOSED];
    assertEquals(told, [...START.slice(1), ...expected]);
    const closed = await streamOf(root, { follow: true, all: true });
    assertEquals(closed.told, [...START, "Note: 1", "Note: 2", CLOSED]);
    const last = await streamOf(root, { follow: true, limit: 1 });
    assertEquals(last.told, [CLOSED]);
    // Closed after its state was read.
    const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
    edit(path, '"abandoned"', '"active"');
    const late = await streamOf(root, { follow: true, limit: 1 });
    assertEquals(late.told, [CLOSED]);
  }));

for (const all of [true, false]) {
  Deno.test(`streamHistory() waits for the rest of a line, and gives nothing twice, with all ${all}`, () =>
    withSession(async (root) => {
      await note(root, 1);
      // A crash before the log was extended: the next update writes it again.
      const log = Deno.readTextFileSync(logPath(root));
      const whole = log.split("\n").slice(0, 2).join("\n");
      Deno.writeTextFileSync(logPath(root), `${whole}\n`);
      const line = encodeLogLine(recorded("note_added", {
        workflowId: "wf_00000000",
        message: "In two pieces",
      }));
      const { told } = await streamOf(root, { follow: true, all }, [
        () => note(root, 2),
        () => appendToLog(root, [line.slice(0, 40)]),
        () => appendToLog(root, [line.slice(40)]),
        () => abandon(root),
      ]);
      const pieces = ["-", "Note: 2", "-", "-", "In two pieces", "-", CLOSED];
      assertEquals(told, [...START, "Note: 1", ...pieces]);
    }));
}

Deno.test("streamHistory() filters while it follows, and counts damaged lines once", () =>
  withSession(async (root) => {
    appendToLog(root, ["torn\n"]);
    const options = { follow: true, type: "workflow_abandoned" };
    const { told, warnings } = await streamOf(root, options, [
      () => note(root, 1),
      () => appendToLog(root, ["torn\n"]),
      () => abandon(root),
    ]);
    assertEquals(told, ["-", "-", "-", CLOSED]);
    assertStringIncludes(warnings.join(), "2 lines that are no event");
  }));

Deno.test("streamHistory() begins anew when the log was moved away", () =>
  withSession(async (root) => {
    const { told } = await streamOf(root, { follow: true, limit: 1 }, [
      () => Deno.removeSync(logPath(root)),
      () => abandon(root),
    ]);
    assertEquals(told.slice(-1), [CLOSED]);
  }));

Deno.test("streamHistory() ends when a legacy session moves to the new layout", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const workflowId = "wf_1a2b3c4d";
    writeLegacy(root, [recorded("note_added", { workflowId, message: "Old" })]);
    const { told, warnings } = await streamOf(root, { follow: true }, [
      () => note(root, 1),
    ]);
    assertEquals(told, ["Old", "-"]);
    assertStringIncludes(warnings.join(), `Session "${LEGACY_ID}" was moved`);
  }));
