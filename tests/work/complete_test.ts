import { checkVariables } from "../../src/host/check_mark.ts";
import type { ProgramRequest } from "../../src/host/host.ts";
import { instantOf } from "../../src/base/time.ts";
import { ENDED_WELL } from "../../src/host/test_host.ts";
import { OrcError } from "../../src/base/error.ts";
import {
  assertOutsideOwnCheck,
  type Completed,
  completeItem,
  type CompleteOptions,
} from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { readStatus } from "../../src/work/status.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  codeOf,
  codeWithoutTrace,
  eventsOf,
  fixedHost,
  HYBRID_WORKFLOW,
  idOf,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withSession,
  WORKFLOW,
} from "./fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

function completeLater(root: string, itemId: string, at: string) {
  return completeItem(fixedHost({ number: 2, at }), { root, itemId });
}

Deno.test("completeItem() starts the clock of a manual gate, stores that, and refuses until it is over", () =>
  withSession(async (root) => {
    const start = () => completeLater(root, "look", "2026-03-01T10:05:00Z");
    const error = await refusalOf(start);
    assertEquals([error.kind, error.code], ["refused", "approval_pending"]);
    assertEquals(error.details?.passesAt, "2026-03-01T10:35:00Z");
    const { status, started_at } = stateOf(root).phases.DO.items.look;
    assertEquals([status, started_at], ["in_progress", "2026-03-01T10:05:00Z"]);
    assertEquals(loggedTypes(root).slice(2), ["item_started"]);
    const [, look] = (await readStatus(fixedHost(), { root })).items;
    assertEquals(look?.approval, "clock");
    assertEquals(look?.passesAt, "2026-03-01T10:35:00Z");
    const early = await refusalWithoutTrace(
      root,
      () => completeLater(root, "look", "2026-03-01T10:34:59Z"),
    );
    assertEquals(early.message, error.message);
    await completeLater(root, "look", "2026-03-01T10:35:00Z");
    assertEquals(
      stateOf(root).phases.DO.items.look.skip_reason,
      "Auto-skipped (hybrid mode, not answered within 30 minutes)",
    );
  }, HYBRID_WORKFLOW));

Deno.test("completeItem() lets nobody wait less whose own clock is ahead of that of the files", () =>
  withSession(async (root) => {
    const minutesMs = (minutes: number) => minutes * 60_000;
    const later = (minutes: number) =>
      instantOf(Date.now() + minutesMs(minutes));
    await codeOf(() => completeLater(root, "look", later(0)));
    const { started_at } = stateOf(root).phases.DO.items.look;
    const early = () => completeLater(root, "look", later(40));
    assertEquals(await codeOf(early), "refused approval_pending");
    assertEquals(stateOf(root).phases.DO.items.look.started_at, started_at);
  }, HYBRID_WORKFLOW));

Deno.test("completeItem() counts the time of a human from the last update on, though the clock was set back for it", () =>
  withSession(async (root) => {
    const early = () => completeLater(root, "look", "2026-02-28T10:00:00Z");
    const { details } = await refusalOf(early);
    assertEquals(details?.passesAt, "2026-03-01T10:30:00Z");
    const start = () => completeLater(root, "look", "2026-03-01T10:29:00Z");
    assertEquals(await codeOf(start), "refused approval_pending");
  }, HYBRID_WORKFLOW));

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
function itemWith(root: string, itemId: string): any {
  return stateOf(root).phases.PLAN.items[itemId];
}

const FAILING: Machine = {
  programs: { "make test": { exitCode: 2, stderr: "1 of 3 failed" } },
};
const PASSING: Machine = { programs: { "make test": {} } };

Deno.test("completeItem() completes an item that needs no check, with its notes", () =>
  withSession(async (root) => {
    const done = await complete(root, "idea", { notes: "Agreed with Ada" });
    assertEquals([done.itemId, done.changed, done.check], ["idea", true, null]);
    assertEquals(done.events.map(({ type }) => type), ["item_completed"]);
    assertEquals(done.serial, 2);
    assertEquals(done.summary.progress.completed, 1);
    const { status, notes } = itemWith(root, "idea");
    assertEquals([status, notes], ["completed", "Agreed with Ada"]);
  }));

Deno.test("completeItem() runs the check and keeps what it found", () =>
  withSession(async (root) => {
    const done = await complete(root, "tests", PASSING);
    assertEquals(done.check?.passed, true);
    assertEquals(loggedTypes(root).slice(2), ["gate_passed", "item_completed"]);
    assertEquals(itemWith(root, "tests").gate_result.exit_code, 0);
  }));

Deno.test("completeItem() hands on to the check what ends it, and waits for no lock once that is aborted", () =>
  withSession(async (root) => {
    const { signal } = new AbortController();
    const host = fixedHost();
    await completeItem(host, { root, itemId: "tests", signal }).catch(() => {});
    assertEquals(host.requests.at(-1)?.signal, signal);
    const gone = new Error("the caller went away");
    const error = await completeItem(host, {
      root,
      itemId: "idea",
      signal: AbortSignal.abort(gone),
    }).catch((error) => error);
    assertEquals(error, gone);
  }));

Deno.test("completeItem() counts and logs a failed check before it says so", () =>
  withSession(async (root) => {
    const error = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals([error.kind, error.code], ["refused", "check_failed"]);
    assertEquals(error.details?.tries, 1);
    assertEquals(itemWith(root, "tests").retry_count, 1);
    assertEquals(loggedTypes(root).slice(2), ["gate_failed"]);
    const again = await refusalOf(() => complete(root, "tests", FAILING));
    assertEquals(again.details?.tries, 2);
    assertEquals((await complete(root, "tests", PASSING)).changed, true);
  }));

Deno.test("completeItem() looks for a file that was written meanwhile", () =>
  withSession(async (root) => {
    const attempt = () => complete(root, "plan");
    assertEquals(await codeOf(attempt), "refused check_failed");
    assertEquals(itemWith(root, "plan").status, "failed");
    writeTree(root, { "docs/plan.md": "# Plan" });
    const { check } = await attempt();
    assert(check?.type === "file_exists" && check.passed);
    assertEquals(itemWith(root, "plan").status, "completed");
  }));

/** A machine whose check ends in some way after something else was done. */
function interruptedHost(exitCode: number, work: () => Promise<void>) {
  const host = fixedHost({ number: 1 });
  const runProgram = async (request: ProgramRequest) => {
    const { command } = request;
    const [program] = "shell" in command ? [] : command;
    // Files are listed before the check runs.
    if (program === "git") return await host.runProgram(request);
    await work();
    return { ...ENDED_WELL, exitCode };
  };
  return { ...host, runProgram };
}

Deno.test("completeItem() holds no lock while a check runs, and decides on the state as it is then", () =>
  withSession(async (root) => {
    const host = interruptedHost(2, async () => {
      const paths = Object.keys(readTree(root));
      assertEquals(paths.filter((path) => path.endsWith("lock")), []);
      await addNote(fixedHost({ number: 2 }), { root, text: "Meanwhile" });
      await complete(root, "tests", PASSING);
    });
    // Somebody else completed it: the check that failed here is history.
    const late = await completeItem(host, { root, itemId: "tests" });
    assertEquals([late.changed, late.check?.passed], [false, false]);
    const { status, retry_count } = itemWith(root, "tests");
    assertEquals([status, retry_count], ["completed", 0]);
    assertEquals(late.summary.notes, ["Meanwhile"]);
  }));

const NO_CHECK = { skipVerify: true } as const;

/** What is refused at once: nobody is asked, and no check is run. */
const REFUSED: readonly (readonly [
  string,
  Partial<CompleteOptions & Machine>,
  string,
])[] = [
  ["code", {}, "refused item_in_other_phase"],
  ["tests", { ...NO_CHECK, answers: [] }, "refused cannot_complete"],
  [
    "consent",
    { ...NO_CHECK, environment: APPROVING },
    "refused approval_required",
  ],
  [
    "tests",
    { environment: { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests` } },
    "refused inside_own_check",
  ],
];

Deno.test("completeItem() refuses before it runs a check or asks anybody", () =>
  withSession(async (root) => {
    for (const [itemId, options, expected] of REFUSED) {
      const attempt = () => complete(root, itemId, options);
      assertEquals(await codeWithoutTrace(root, attempt), expected);
    }
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    const late = () => complete(root, "tests");
    assertEquals(await codeWithoutTrace(root, late), "refused session_closed");
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
    const options = { ...NO_CHECK, answers: ["plan"], notes: "Seen" };
    const done = await complete(root, "plan", options);
    assertEquals([done.changed, done.check], [true, null]);
    const [event] = eventsOf(root).slice(2);
    assertEquals(event?.actor, "human");
    assertEquals(event?.details.get("verification_skipped"), true);
  }));

const EVIDENCE = WORKFLOW.replace(
  "step_type: gate,",
  "step_type: gate, evidence_schema: SpecReviewEvidence,",
);

Deno.test("completeItem() takes evidence as an object, where nothing asks for it too", () =>
  withSession(async (root) => {
    const evidence = new Map([["seen", "Ada"]]);
    await complete(root, "idea", { evidence });
    assertEquals(itemWith(root, "idea").evidence, { seen: "Ada" });
  }));

Deno.test("completeItem() stores no file from outside of the working tree for an agent", () =>
  withTemporaryDirectory((directory) =>
    withSession(async (root) => {
      const outside = `${directory}/shadow.json`;
      Deno.writeTextFileSync(outside, '{"root": "x"}');
      const evidence = [outside];
      const code = await codeWithoutTrace(
        root,
        () =>
          completeItem(fixedHost({ environment: agent("5f0c") }), {
            ...{ root, itemId: "idea", evidence },
          }),
      );
      assertEquals(code, "denied approval_required");
      const host = fixedHost({ answers: ["idea"], number: 1 });
      await completeItem(host, { root, itemId: "idea", evidence });
      assertEquals(host.questions, [
        `To take evidence from "${outside}", outside of the repository, type idea: `,
      ]);
      assertEquals(itemWith(root, "idea").evidence, { root: "x" });
    })
  ));

Deno.test("completeItem() keeps evidence with a check that failed, for the next try", () =>
  withSession(async (root) => {
    const bare = () => complete(root, "tests");
    assertEquals(
      await codeWithoutTrace(root, bare),
      "refused evidence_missing",
    );
    const evidence = ["requirements_extracted=login"];
    await refusalOf(() => complete(root, "tests", { ...FAILING, evidence }));
    const types = ["evidence_validated", "gate_failed"];
    assertEquals(loggedTypes(root).slice(2), types);
    await complete(root, "tests", PASSING);
    const { status, evidence: kept } = itemWith(root, "tests");
    assertEquals(status, "completed");
    assertEquals(kept, { requirements_extracted: ["login"] });
  }, EVIDENCE));

Deno.test("completeItem() tells a check which item it checks, and reports how far it is", () =>
  withSession(async (root) => {
    const onProgress = () => {};
    const host = fixedHost({ ...PASSING, number: 1 });
    await completeItem(host, { root, itemId: "tests", onProgress });
    const check = host.requests.at(-1);
    assertEquals(check?.variables, {
      ORCHESTRATOR_CHECK: `${idOf(0, 0)}/tests`,
    });
    assertEquals(check?.onProgress, onProgress);
  }));

Deno.test("checkVariables() names the check, after those around it", () => {
  const outer = checkVariables(fixedHost(), "s1", "tests");
  assertEquals(outer, { ORCHESTRATOR_CHECK: "s1/tests" });
  const inner = fixedHost({ environment: outer });
  assertEquals(checkVariables(inner, "s2", "größe"), {
    ORCHESTRATOR_CHECK: "s1/tests s2/größe",
  });
});

Deno.test("assertOutsideOwnCheck() refuses an item within its own check, however deep", () => {
  const environment = { ORCHESTRATOR_CHECK: "s1/tests s1/lint" };
  const host = fixedHost({ environment });
  for (const itemId of ["tests", "lint"]) {
    const error = assertThrows(
      () => assertOutsideOwnCheck(host, "s1", itemId),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["refused", "inside_own_check"]);
    assertEquals(
      error.message,
      `Cannot complete item "${itemId}": its own check asks for it`,
    );
  }
  assertOutsideOwnCheck(host, "s1", "test");
  assertOutsideOwnCheck(host, "s2", "tests");
  assertOutsideOwnCheck(fixedHost(), "s1", "tests");
});
