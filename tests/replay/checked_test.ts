import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { encodeReceipt, type Receipt } from "../../src/engine/receipt.ts";
import { isOtherCheck } from "../../src/replay/checked.ts";
import { COMMAND, itemOf, phaseOf, workflowOf } from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const WORKFLOW = workflowOf([phaseOf("P", [
  itemOf("a", {
    verification: { ...COMMAND, command: "x", prove: { base: null, with: [] } },
  }),
])]);

const RECEIPT: Receipt = {
  ...{ command: "x", program: null, exitCode: 0, durationMs: 1 },
  ...{ stdout: null, stderr: null, output: null, orcVersion: "0.1.0" },
  ...{ environment: null, takenOut: [], runner: null, testsRun: null },
  ...{ tree: null, treeReason: null },
  proved: {
    ...{ base: "0123", origin: "HEAD", reason: null },
    red: { exitCode: 1, testsRun: 1 },
    control: { exitCode: 0, testsRun: null },
  },
};

function eventWith(
  type: "verification_passed" | "verification_failed",
  receipt: JsonValue,
): RecordedEvent {
  return {
    ...{ id: null, serial: 2, at: "2026-03-01T10:00:00Z", workflowId: "wf_1" },
    ...{ type, phaseId: "P", itemId: "a", message: "", actor: "system" },
    details: jsonObject({ command: "x", receipt }),
  } as unknown as RecordedEvent;
}

Deno.test("isOtherCheck() misses the proof of a check that passed, and of none that failed", () => {
  const { proved } = RECEIPT;
  const isOther = (changes: Partial<NonNullable<Receipt["proved"]>> | null) =>
    isOtherCheck(
      WORKFLOW,
      eventWith(
        "verification_passed",
        encodeReceipt({
          ...RECEIPT,
          proved: changes && proved && { ...proved, ...changes },
        }),
      ),
    );
  assertEquals(isOther({}), false);
  assertEquals(isOther(null), true);
  assertEquals(isOther({ reason: "no" }), true);
  assertEquals(isOther({ control: null }), true);
  assertEquals(isOther({ red: null }), true);
  assertEquals(isOther({ red: { exitCode: 0, testsRun: 1 } }), true);
  const told = encodeReceipt({ ...RECEIPT, proved: null });
  assertEquals(
    isOtherCheck(WORKFLOW, eventWith("verification_failed", told)),
    false,
  );
  assertEquals(
    isOtherCheck(WORKFLOW, eventWith("verification_passed", null)),
    true,
  );
});
