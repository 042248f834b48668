import { addNote } from "../../src/work/add_note.ts";
import {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "../../src/work/complete_item.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { skipItem } from "../../src/work/skip_item.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  eventsOf,
  fixedHost,
  idOf,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withSession,
  WORKFLOW,
} from "./fixtures.ts";
import { assert, assertEquals } from "@std/assert";

function complete(
  root: string,
  itemId: string,
  options: Partial<CompleteOptions & Machine> = {},
): Promise<Completed> {
  const { environment, answers, programs, ...rest } = options;
  const host = fixedHost({ environment, answers, programs, number: 1 });
  return completeItem(host, { root, itemId, ...rest });
}

// deno-lint-ignore no-explicit-any
function itemOf(root: string, itemId: string): any {
  return stateOf(root).phases.PLAN.items[itemId];
}

const FAILING: Machine = {
  programs: { "make test": { exitCode: 2, stderr: "1 of 3 failed" } },
};
const PASSING: Machine = { programs: { "make test": {} } };

Deno.test("completeItem() completes an item that needs no check, with its notes", () =>
  withSession(async (root) => {
    const done = await complete(root, "idea", { notes: "Agreed with Ada" });
    assertEquals([done.item, done.changed, done.check], ["idea", true, null]);
    assertEquals(done.events.map(({ type }) => type), ["item_completed"]);
    assertEquals(done.serial, 2);
    assertEquals(done.summary.progress.completed, 1);
    const { status, notes } = itemOf(root, "idea");
    assertEquals([status, notes], ["completed", "Agreed with Ada"]);
  }));

Deno.test("completeItem() runs the check and keeps what it found", () =>
  withSession(async (root) => {
    const done = await complete(root, "tests", PASSING);
    assertEquals(done.check?.passed, true);
    assertEquals(loggedTypes(root).slice(2), ["gate_passed", "item_completed"]);
    assertEquals(itemOf(root, "tests").gate_result.exit_code, 0);
  }));

Deno.test("completeItem() counts and logs a failed check before it says so", () =>
  withSession(async (root) => {
    const error = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals([error.kind, error.code], ["refused", "check_failed"]);
    assertEquals(error.details?.tries, 1);
    assertEquals(itemOf(root, "tests").retry_count, 1);
    assertEquals(loggedTypes(root).slice(2), ["gate_failed"]);
    const again = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals(again.details?.tries, 2);
    assertEquals((await complete(root, "tests", PASSING)).changed, true);
  }));

Deno.test("completeItem() looks for a file that was written meanwhile", () =>
  withSession(async (root) => {
    const error = await refusalOf(() => complete(root, "plan"));
    assertEquals(
      error.message,
      'Cannot complete item "plan": docs/plan.md does not exist',
    );
    assertEquals(itemOf(root, "plan").status, "failed");
    writeTree(root, { "docs/plan.md": "" });
    const { check } = await complete(root, "plan");
    assert(check?.type === "file_exists" && check.passed);
    assertEquals(itemOf(root, "plan").status, "completed");
  }));

Deno.test("completeItem() holds no lock while a check runs, and decides on the state as it is then", () =>
  withSession(async (root) => {
    const host = {
      ...fixedHost({ number: 1 }),
      runProgram: async () => {
        assertEquals(
          Object.keys(readTree(root)).filter((path) => path.endsWith("lock")),
          [],
        );
        await addNote(fixedHost({ number: 2 }), { root, text: "Meanwhile" });
        await complete(root, "tests", PASSING);
        return {
          exitCode: 2,
          stdout: "",
          stderr: "",
          notUtf8: [],
          durationSeconds: 1,
          problem: null,
        };
      },
    };
    // Somebody else completed it: the check that failed here is history.
    const late = await completeItem(host, { root, itemId: "tests" });
    assertEquals([late.changed, late.check?.passed], [false, false]);
    assertEquals(itemOf(root, "tests").status, "completed");
    assertEquals(itemOf(root, "tests").retry_count, 0);
    assertEquals(late.summary.notes, ["Meanwhile"]);
  }));

Deno.test("completeItem() refuses what was skipped while its check ran", () =>
  withSession(async (root) => {
    const host = {
      ...fixedHost({ number: 1 }),
      runProgram: async () => {
        await skipItem(
          fixedHost({ environment: APPROVING, number: 2 }),
          {
            root,
            itemId: "tests",
            reason:
              "The release only changes comments, so no test can tell a difference",
            force: true,
          },
        );
        return {
          exitCode: 0,
          stdout: "",
          stderr: "",
          notUtf8: [],
          durationSeconds: 1,
          problem: null,
        };
      },
    };
    const error = await refusalOf(() =>
      completeItem(host, { root, itemId: "tests" })
    );
    assertEquals([error.kind, error.code], ["refused", "cannot_complete"]);
    assertEquals(itemOf(root, "tests").status, "skipped");
  }));

Deno.test("completeItem() does nothing for an item that is completed, and runs no check", () =>
  withSession(async (root) => {
    await complete(root, "tests", PASSING);
    const again = await withoutTrace(root, () => complete(root, "tests"));
    assertEquals(
      [again.changed, again.events, again.check, again.serial],
      [false, [], null, 2],
    );
  }));

Deno.test("completeItem() refuses an item of another phase, or of none, and runs no check", () =>
  withSession(async (root) => {
    const other = await refusalWithoutTrace(root, () => complete(root, "code"));
    assertEquals([other.kind, other.code], ["refused", "item_in_other_phase"]);
    const none = await refusalWithoutTrace(root, () => complete(root, "ide"));
    assertEquals([none.kind, none.code], ["not_found", "no_such_item"]);
  }));

Deno.test("completeItem() refuses notes that are too long before it runs the check", () =>
  withSession(async (root) => {
    const notes = "x".repeat(2001);
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "tests", { notes }),
    );
    assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
  }));

Deno.test("completeItem() refuses a manual gate and says who can pass it", () =>
  withSession(async (root) => {
    for (const skipVerify of [false, true]) {
      const error = await refusalWithoutTrace(
        root,
        () =>
          complete(root, "consent", {
            skipVerify,
            environment: APPROVING,
          }),
      );
      assertEquals([error.kind, error.code], ["refused", "approval_required"]);
      assertEquals(
        error.hint,
        "a human runs, in a terminal: orc approve-item consent",
      );
    }
  }));

Deno.test("completeItem() skips a manual gate where the workflow does without humans, and asks nobody", () =>
  withSession(
    async (root) => {
      const environment = agent("1");
      const options = { environment, skipVerify: true };
      const done = await complete(root, "consent", options);
      assertEquals(done.events.map(({ type }) => type), ["item_skipped"]);
      // Nobody asked for what only a human may do, so nothing is logged as such.
      assertEquals(loggedTypes(root).slice(2), ["item_skipped"]);
    },
    WORKFLOW.replace("settings:", "settings:\n  supervision_mode: zero_human"),
  ));

Deno.test("completeItem() completes without the check for a human who types the item's id", () =>
  withSession(async (root) => {
    const options = { skipVerify: true, answers: ["plan"], notes: "Seen" };
    const done = await complete(root, "plan", options);
    assertEquals([done.changed, done.check], [true, null]);
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.actor, event?.details.get("origin")], [
      "human",
      "terminal",
    ]);
    assertEquals(event?.details.get("verification_skipped"), true);
  }));

Deno.test("completeItem() lets no agent do without the check, and logs the try", () =>
  withSession(async (root) => {
    const options = { skipVerify: true, environment: agent("1") };
    const error = await refusalOf(() => complete(root, "plan", options));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    const [event] = eventsOf(root).slice(2);
    assertEquals(
      [event?.type, event?.details.get("request")],
      ["error", 'complete item "plan" without its check'],
    );
    assertEquals(itemOf(root, "plan").status, "pending");
  }));

Deno.test("completeItem() lets nobody do without the check of a gate, and asks nobody", () =>
  withSession(async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "tests", { skipVerify: true, answers: [] }),
    );
    assertEquals([error.kind, error.code], ["refused", "cannot_complete"]);
  }));

Deno.test("completeItem() changes nothing in a closed session, and runs no check", () =>
  withSession(async (root) => {
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "tests"),
    );
    assertEquals([error.kind, error.code], ["refused", "session_closed"]);
  }));

const EVIDENCE = WORKFLOW.replace(
  "step_type: gate,",
  "step_type: gate, evidence_schema: SpecReviewEvidence,",
);

Deno.test("completeItem() runs no check without the evidence it asks for", () =>
  withSession(async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "tests"),
    );
    assertEquals([error.kind, error.code], ["refused", "evidence_missing"]);
  }, EVIDENCE));

Deno.test("completeItem() keeps evidence with a check that failed, for the next try", () =>
  withSession(async (root) => {
    const evidence = ["requirements_extracted=login"];
    await refusalOf(() => complete(root, "tests", { ...FAILING, evidence }));
    assertEquals(loggedTypes(root).slice(2), [
      "evidence_validated",
      "gate_failed",
    ]);
    await complete(root, "tests", PASSING);
    assertEquals(itemOf(root, "tests").status, "completed");
    assertEquals(itemOf(root, "tests").evidence, {
      requirements_extracted: ["login"],
    });
  }, EVIDENCE));

Deno.test("completeItem() takes evidence as an object, where nothing asks for it too", () =>
  withSession(async (root) => {
    const evidence = new Map([["seen", "Ada"]]);
    await complete(root, "idea", { evidence });
    assertEquals(itemOf(root, "idea").evidence, { seen: "Ada" });
  }));

Deno.test("completeItem() tells a check which item it checks, and reports how far it is", () =>
  withSession(async (root) => {
    const onProgress = () => {};
    const host = fixedHost({ ...PASSING, number: 1 });
    await completeItem(host, { root, itemId: "tests", onProgress });
    assertEquals(host.requests[0]?.variables, {
      ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests`,
    });
    assertEquals(host.requests[0]?.onProgress, onProgress);
  }));

Deno.test("completeItem() refuses an item within its own check, and runs no check", () =>
  withSession(async (root) => {
    const environment = { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests` };
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "tests", { environment }),
    );
    assertEquals([error.kind, error.code], ["refused", "inside_own_check"]);
    assertEquals((await complete(root, "idea", { environment })).changed, true);
  }));
