import { encodeLogLine } from "../../src/engine/event.ts";
import { writeTree } from "../files/temporary.ts";
import { recorded } from "../history/log_events.ts";
import { withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** What some months of work leave behind. */
function writeLog(root: string): Promise<void> {
  const skip = (itemId: string, reason: string) =>
    recorded("item_skipped", { itemId, details: { reason } });
  const events = [
    recorded("workflow_started", { workflowId: "wf_0000aaaa" }),
    recorded("phase_started", { at: "2026-03-01T10:00:00Z" }),
    skip("sketch", "Nothing that could be drawn"),
    skip(
      "sketch",
      "Still nothing that could be drawn, and it will stay so for long",
    ),
    skip("a_longer_id", ""),
    ...Array.from(
      { length: 12 },
      (_, number) => recorded("gate_failed", { itemId: `gate_${number}` }),
    ),
    recorded("verification_failed", { itemId: "gate_7" }),
    recorded("phase_completed", { at: "2026-03-01T10:12:30Z" }),
    recorded("workflow_completed", { workflowId: "wf_0000aaaa" }),
  ];
  writeTree(root, {
    ".workflow_log.jsonl": events.map(encodeLogLine).join(""),
  });
  return Promise.resolve();
}

testOutput({
  name: "orc analyze counts over sessions and the legacy log",
  argv: ["analyze"],
  within: withSession,
  before: writeLog,
});

testText({
  name: "orc analyze --all shows every row",
  argv: ["analyze", "--all"],
  within: withSession,
  before: writeLog,
});

testOutput({
  name: "orc analyze says that there is no data",
  argv: ["analyze"],
});
