import { OrcError } from "../../src/base/error.ts";
import {
  assertPossible,
  assertReversible,
  doesNothing,
  planMigration,
} from "../../src/migration/plan.ts";
import {
  type LegacyFacts,
  type MigrationPlan,
  stateDifferences,
} from "../../src/migration/session_plan.ts";
import { facts, file, present, state } from "./facts.ts";
import { assertEquals, assertThrows } from "@std/assert";

const A = "wf_aaaaaaaa";
const B = "wf_bbbbbbbb";
const OPTIONS = { localTime: "2026-03-01T11:00:00" };

function plan(
  found: Partial<LegacyFacts>,
  force?: "old" | "new",
): MigrationPlan {
  return planMigration(facts(found), { ...OPTIONS, force });
}

function stepsOf({ steps }: MigrationPlan): readonly string[] {
  return steps.map((step) => {
    if (step.type !== "divide") return `${step.type} ${step.to}`;
    const targets = Array.from(step.to, ([id, to]) => `${id || "-"}>${to}`);
    return `divide ${targets.join(" ")}`;
  });
}

const STATE = { file: file(".workflow_state.json"), state: state(A) };
const part = (workflowId: string) => ({ workflowId, lines: 2, sizeBytes: 50 });
const LOG = {
  file: file(".workflow_log.jsonl"),
  role: "log" as const,
  parts: [part(A), part(""), part(B)],
};
const REBUILT = {
  workflowId: B,
  from: "log" as const,
  state: state(B, { status: "completed" }),
  text: "{}",
};

Deno.test("planMigration() does nothing where nothing is", () => {
  const empty = plan({});
  assertEquals(doesNothing(empty), true);
  assertEquals([empty.steps, empty.units], [[], []]);
});

Deno.test("planMigration() gives each workflow of a log its lines, and what names none to the state's", () => {
  const made = plan({ states: [STATE], lines: [LOG], rebuilt: [REBUILT] });
  assertEquals(made.sessions.map(({ id, from }) => [id, from]), [
    ["aaaaaaaa", "state"],
    ["bbbbbbbb", "log"],
  ]);
  assertEquals(stepsOf(made), [
    "copy sessions/aaaaaaaa/state.json",
    "text sessions/aaaaaaaa/meta.json",
    "text sessions/aaaaaaaa/log.jsonl",
    "text sessions/bbbbbbbb/state.json",
    "text sessions/bbbbbbbb/meta.json",
    "text sessions/bbbbbbbb/log.jsonl",
    `divide ${A}>sessions/aaaaaaaa/log.jsonl ->sessions/aaaaaaaa/log.jsonl ${B}>sessions/bbbbbbbb/log.jsonl`,
    "text current",
  ]);
  assertEquals(made.units, [
    { path: "sessions/aaaaaaaa", replaces: false },
    { path: "sessions/bbbbbbbb", replaces: false },
    { path: "current", replaces: false },
  ]);
  assertEquals(made.retired, [".workflow_state.json", ".workflow_log.jsonl"]);
  assertEquals(
    made.moves.map(({ to, count, what }) => `${count} ${what} ${to}`),
    [
      "1 files sessions/aaaaaaaa/state.json",
      "4 lines sessions/aaaaaaaa/log.jsonl",
      "2 lines sessions/bbbbbbbb/log.jsonl",
    ],
  );
});

Deno.test("planMigration() leaves a log that names no workflow", () => {
  const made = plan({ lines: [{ ...LOG, parts: [part("")] }] });
  assertEquals(made.left.map(({ path }) => path), [".workflow_log.jsonl"]);
  assertEquals(doesNothing(made), true);
});

Deno.test("planMigration() leaves a current session of others as it is", () => {
  const made = plan({ states: [STATE], hasCurrent: true });
  assertEquals(made.units.map(({ path }) => path), ["sessions/aaaaaaaa"]);
});

Deno.test("planMigration() links checkpoints, each into the session of its workflow", () => {
  const checkpoint = (name: string, workflowId: string) => ({
    file: file(`.workflow_checkpoints/${name}`),
    workflowId,
  });
  const found = {
    states: [STATE],
    rebuilt: [{ ...REBUILT, from: "checkpoint" as const }],
    trees: [".workflow_checkpoints"],
    checkpoints: [checkpoint("cp_1.json", A), checkpoint("cp_2.json", B)],
  };
  const made = plan(found);
  assertEquals(stepsOf(made).filter((step) => step.startsWith("link")), [
    "link sessions/aaaaaaaa/checkpoints/cp_1.json",
    "link sessions/bbbbbbbb/checkpoints/cp_2.json",
  ]);
  assertEquals(made.retired.at(-1), ".workflow_checkpoints");
  const copied = plan({ ...found, canLink: false });
  assertEquals(copied.neededBytes - made.neededBytes, 200);
});

Deno.test("planMigration() only adds to a session that was adopted from the same state", () => {
  const adopted = present("aaaaaaaa", A, {
    adoptedSha256: STATE.file.sha256,
    state: state(A, { status: "completed" }),
  });
  const process = { ...LOG, file: file("p"), role: "process" as const };
  const made = plan({
    states: [STATE],
    lines: [LOG, process],
    rebuilt: [REBUILT],
    present: [{ ...adopted, feedback: new Set(["process" as const]) }],
  });
  assertEquals(made.conflicts, []);
  assertEquals(
    stepsOf(made).filter((step) => step.includes("aaaaaaaa")),
    [
      `divide ${A}>sessions/aaaaaaaa/feedback/process.jsonl ->sessions/aaaaaaaa/feedback/process.jsonl ${B}>sessions/bbbbbbbb/feedback/process.jsonl`,
      "append sessions/aaaaaaaa/feedback/process.jsonl",
    ],
  );
  assertEquals(made.lockedSessions, ["aaaaaaaa"]);
  assertEquals(made.units[0], {
    path: "sessions/aaaaaaaa/feedback/process.jsonl",
    replaces: true,
  });
});

Deno.test("planMigration() refuses a session that contradicts the legacy state, until told which is right", () => {
  const found = {
    states: [STATE],
    present: [
      present("3f1eb0bb", A, { state: state(A, { status: "paused" }) }),
    ],
  };
  assertEquals(plan(found).conflicts, [{
    oldPath: ".workflow_state.json",
    newPath: "sessions/3f1eb0bb",
    differences: ['status: old "active", new "paused"'],
  }]);
  const old = plan(found, "old");
  assertEquals([old.conflicts, old.units[0], old.lockedSessions], [
    [],
    { path: "sessions/3f1eb0bb", replaces: true },
    ["3f1eb0bb"],
  ]);
  const now = plan(found, "new");
  assertEquals(
    [now.conflicts, now.retired, stepsOf(now)],
    [[], [".workflow_state.json"], ["text current"]],
  );
});

Deno.test("planMigration() takes no id that belongs to another workflow", () => {
  for (const force of [undefined, "old", "new"] as const) {
    const made = plan(
      { states: [STATE], present: [present("aaaaaaaa", B)] },
      force,
    );
    assertEquals(made.conflicts.length, 1);
  }
});

Deno.test("planMigration() compares files that move as they are by their hash", () => {
  const retired = ".secrets.enc";
  const whole = { file: file(retired, "one"), to: "secrets/x", retired };
  const table: readonly [
    string | null,
    "old" | "new" | undefined,
    readonly string[],
    number,
  ][] = [
    [null, undefined, ["copy secrets/x"], 0],
    ["one", undefined, [], 0],
    ["two", undefined, [], 1],
    ["two", "old", ["copy secrets/x"], 0],
    ["two", "new", [], 0],
  ];
  for (const [there, force, steps, conflicts] of table) {
    const made = plan({ wholes: [{ ...whole, present: there }] }, force);
    assertEquals([stepsOf(made), made.conflicts.length], [steps, conflicts]);
    assertEquals(made.retired, conflicts === 0 ? [retired] : []);
  }
});

Deno.test("planMigration() refuses two legacy states of one workflow that differ", () => {
  const twin = { ...STATE, file: file(".orchestrator/state.json", "other") };
  assertEquals(plan({ states: [STATE, twin] }).conflicts.length, 1);
  const old = plan({ states: [STATE, twin] }, "old");
  assertEquals(old.retired, [
    ".workflow_state.json",
    ".orchestrator/state.json",
  ]);
});

Deno.test("assertPossible() refuses a migration that the disk has no room for, and needs none where nothing is to be moved", () => {
  const full = { freeBytes: 0 };
  const error = assertThrows(
    () => assertPossible(plan({ ...full, states: [STATE] }), "/r"),
    OrcError,
  );
  assertEquals([error.kind, error.code], ["external", "not_enough_space"]);
  assertPossible(plan(full), "/r");
  assertPossible(plan({ freeBytes: null, states: [STATE] }), "/r");
});

Deno.test("stateDifferences() names what differs, item by item", () => {
  const old = state(A);
  const now = state(A, {
    current_phase_id: "END",
    phases: {
      DO: {
        id: "DO",
        items: {
          it: { id: "it", status: "completed", notes: "done\nwell" },
          new: { id: "new" },
        },
      },
    },
  });
  assertEquals(stateDifferences(old, now), [
    'phase: old "DO", new "END"',
    'item DO/it: old "pending", new "completed, done…"',
    'item DO/new: old missing, new "pending"',
  ]);
  assertEquals(stateDifferences(old, old), []);
});

Deno.test("assertReversible() refuses what would lose something, unless changes may be kept aside by force", () => {
  const nothing = { missing: [], altered: [], inTheWay: [], changed: [] };
  const changed = [{
    path: "sessions/a",
    files: ["sessions/a/state.json"],
    updates: ["Note added"],
  }];
  const codeOf = (found: Partial<typeof nothing> | object, force = false) =>
    assertThrows(
      () => assertReversible({ ...nothing, ...found }, force),
      OrcError,
    ).code;
  assertEquals(codeOf({ missing: ["a"] }, true), "backup_incomplete");
  assertEquals(codeOf({ altered: ["a"] }), "backup_changed");
  assertEquals(
    codeOf({ inTheWay: ["a"], altered: ["b"] }, true),
    "legacy_again",
  );
  assertEquals(codeOf({ changed }), "changed_since");
  assertReversible({ ...nothing, changed }, true);
});
