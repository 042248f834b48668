import { encodeLogLine } from "../../src/engine/event.ts";
import {
  type HistoryStreamOptions,
  streamHistory,
} from "../../src/history/stream_history.ts";
import { addNote } from "../../src/work/add_note.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  LEGACY_ID,
  legacyState,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { appendToLog, logPath } from "../work/log_lines.ts";
import { recorded } from "./log_events.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

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
  }));

Deno.test("streamHistory() waits for the rest of a line, and gives nothing twice", () =>
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
    const { told } = await streamOf(root, { follow: true, all: true }, [
      () => note(root, 2),
      () => appendToLog(root, [line.slice(0, 40)]),
      () => appendToLog(root, [line.slice(40)]),
      () => abandon(root),
    ]);
    assertEquals(told, [
      ...START,
      "Note: 1",
      "-",
      "Note: 2",
      "-",
      "-",
      "In two pieces",
      "-",
      CLOSED,
    ]);
  }));

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
    const event = recorded("note_added", { workflowId, message: "Old" });
    writeTree(root, {
      ".workflow_state.json": legacyState(),
      ".workflow_log.jsonl": encodeLogLine(event),
    });
    const { told, warnings } = await streamOf(root, { follow: true }, [
      () => note(root, 1),
    ]);
    assertEquals(told, ["Old", "-"]);
    assertStringIncludes(warnings.join(), `Session "${LEGACY_ID}" was moved`);
  }));
