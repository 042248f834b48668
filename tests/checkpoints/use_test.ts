import {
  type CheckpointCleanup,
  type CheckpointCleanupOptions,
  type CheckpointOptions,
  cleanupCheckpoints,
  listCheckpoints,
  type Resumed,
  type ResumeOptions,
  resumeSession,
  saveCheckpoint,
} from "../../src/checkpoints/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, startItem } from "../../src/work/item.ts";
import { abandonSession, approvePhase } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { namesIn } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  eventsOf,
  fixedHost,
  GIT_LS_FILES,
  idOf,
  LEGACY_ID,
  legacyState,
  loggedTypes,
  type Machine,
  refusalOf,
  stateOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { assert, assertEquals } from "@std/assert";

const PROGRAMS = {
  [GIT_LS_FILES]: { exitCode: 128 },
  "make test": { exitCode: 0 },
};

const CP = "tests/testdata/python-projects/cp";
const DIRECTORY = `.orchestrator/sessions/${idOf(0, 0)}/checkpoints`;

/** A test on a session that has started. */
function test(name: string, run: (root: string) => Promise<void>): void {
  Deno.test(name, () => withSession(run));
}

/** Makes a checkpoint; each number is another second. */
async function save(
  root: string,
  number: number,
  options: CheckpointOptions = {},
): Promise<string> {
  const at = `2026-03-01T10:00:0${number}Z`;
  const host = fixedHost({ number, at, programs: PROGRAMS });
  return (await saveCheckpoint(host, { root, ...options })).id;
}

test("saveCheckpoint() keeps message, decisions, files and what is worked on", async (root) => {
  await startItem(fixedHost({ number: 1 }), { root, itemId: "plan" });
  const programs = { [GIT_LS_FILES]: { stdout: "src/a.ts\0docs/b.md\0" } };
  const host = fixedHost({ number: 2, programs });
  const saved = await saveCheckpoint(host, {
    root,
    message: " Before the merge ",
    decisions: ["Tokens live an hour", " "],
    files: ["docs/b.md", "x.ts"],
  });
  assertEquals(saved.message, "Before the merge");
  assertEquals(saved.decisions, ["Tokens live an hour"]);
  assertEquals(saved.files, ["docs/b.md", "x.ts", "src/a.ts"]);
  assertEquals([saved.phaseId, saved.itemId], ["PLAN", "plan"]);
  assertEquals(
    host.requests.map(({ workingDirectory }) => workingDirectory),
    [root, root],
  );
  const file = JSON.parse(Deno.readTextFileSync(saved.path));
  assertEquals(file.checkpoint_id, saved.id);
  assertEquals(file.file_manifest, saved.files);
  assertEquals(file.workflow_state_snapshot.metadata.orc.serial, 2);
});

Deno.test("saveCheckpoint() adopts a legacy session first", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const host = fixedHost({ programs: PROGRAMS });
    const { path, place } = await saveCheckpoint(host, { root });
    assertEquals(place.session, LEGACY_ID);
    assert(path.includes(`/sessions/${LEGACY_ID}/checkpoints/cp_`), path);
    assertEquals(
      Deno.readTextFileSync(`${root}/.workflow_state.json`),
      legacyState(),
    );
  }));

test("saveCheckpoint() refuses a closed session and texts that are too long", async (root) => {
  const host = fixedHost({ number: 1, programs: PROGRAMS });
  const refused = (expected: string, decision: string) => {
    const run = () => saveCheckpoint(host, { root, decisions: [decision] });
    return assertRefusedWithoutTrace(root, expected, run);
  };
  await refused("usage text_too_long", "x".repeat(2001));
  await abandonSession(host, { root, reason: "Dropped" });
  await refused("refused session_closed", "x");
});

/** Eight checkpoints, one a day until March 8th. */
function withCheckpoints(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    for (let day = 1; day <= 8; day++) {
      const at = `2026-03-0${day}T10:00:00Z`;
      const host = fixedHost({ number: day, at, programs: PROGRAMS });
      await saveCheckpoint(host, { root });
    }
    await test(root);
  });
}

function daysIn(root: string): string {
  const names = namesIn(`${root}/${DIRECTORY}`);
  return names.map((name) => name.slice(10, 11)).join("");
}

function clean(
  root: string,
  date: string,
  options?: CheckpointCleanupOptions,
  answers?: readonly string[],
): Promise<CheckpointCleanup> {
  const host = fixedHost({ number: 9, at: `${date}T10:00:00Z`, answers });
  return cleanupCheckpoints(host, { root, ...options ?? { yes: true } });
}

Deno.test("cleanupCheckpoints() keeps the newest five, and the others for 30 days", () =>
  withCheckpoints(async (root) => {
    const kept = await clean(root, "2026-03-31");
    assertEquals([kept.checkpoints.length, kept.kept], [0, 8]);
    const one = await clean(root, "2026-04-01");
    assertEquals([one.checkpoints.length, one.kept], [1, 7]);
    assertEquals(daysIn(root), "2345678");
    await clean(root, "2027-01-01");
    assertEquals(daysIn(root), "45678");
  }));

Deno.test("cleanupCheckpoints() takes other numbers", () =>
  withCheckpoints(async (root) => {
    const cases = [
      [{ maxAge: "7" }, "2345678"],
      [{ keep: "3", maxAge: "5" }, "45678"],
      [{ keep: "2" }, "78"],
    ] as const;
    for (const [options, days] of cases) {
      await clean(root, "2026-03-09", { ...options, yes: true });
      assertEquals(daysIn(root), days);
    }
    const none = () => clean(root, "2026-03-09", { keep: "-1", yes: true });
    await assertRefused("usage invalid_number", none);
  }));

Deno.test("cleanupCheckpoints() removes nothing in a dry run, and without a yes", () =>
  withCheckpoints(async (root) => {
    const run = (dryRun: boolean, answers?: readonly string[]) =>
      clean(root, "2026-03-09", { keep: "7", dryRun }, answers);
    const dry = await withoutTrace(root, () => run(true));
    assertEquals([dry.dryRun, dry.checkpoints.length], [true, 1]);
    const no = () => run(false, ["n"]);
    await assertRefusedWithoutTrace(root, "refused not_confirmed", no);
    await run(false, ["yes"]);
    assertEquals(daysIn(root), "2345678");
  }));

Deno.test("cleanupCheckpoints() leaves what is damaged, of other workflows or in the older tool's place", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree(CP));
    const own = `${root}/.orchestrator/sessions/3f1eb0bb/checkpoints`;
    const [first = ""] = namesIn(own);
    const old = first.replace("cp_2026", "cp_2025");
    const text = Deno.readTextFileSync(`${own}/${first}`);
    writeTree(root, {
      [`.workflow_checkpoints/${old}`]: text.replace("cp_2026", "cp_2025")
        .replace('"2026-11-20T08:01:24', '"2025-11-20T08:01:24'),
    });
    const { kept } = await clean(root, "2027-01-01", { keep: "0", yes: true });
    assertEquals(kept, 1);
    assertEquals(namesIn(own), ["cp_w.json", "cp_y.json", "cp_z.json"]);
    assertEquals(namesIn(`${root}/.workflow_checkpoints`), [old]);
  }));

Deno.test("listCheckpoints() lists those of the Python tool, without those of other workflows, each once", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree(CP));
    const directory = `${root}/.orchestrator/sessions/3f1eb0bb/checkpoints`;
    const [name = ""] = namesIn(directory);
    const text = Deno.readTextFileSync(`${directory}/${name}`);
    writeTree(root, { [`.workflow_checkpoints/${name}`]: text });
    const own = await listCheckpoints(fixedHost(), { root });
    const legacy = own.checkpoints.map((line) => line.legacy);
    assertEquals(legacy, Array(5).fill(false));
    assertEquals(own.warnings.length, 1);
    Deno.removeSync(`${root}/.workflow_checkpoints`, { recursive: true });
    const all = await listCheckpoints(fixedHost(), { root, all: true });
    assertEquals(all.checkpoints.length, 7);
  }));

test("listCheckpoints() lists those of all sessions, whatever is wrong with one", async (root) => {
  const first = await save(root, 1);
  for (const number of [5, 6]) {
    const options = { root, task: "Other", beside: true };
    await startSession(fixedHost({ number }), options);
  }
  const second = await save(root, 2, { session: idOf(5, 0) });
  const session = idOf(6, 0);
  writeTree(`${root}/.orchestrator/sessions/${session}`, {
    checkpoints: "a file",
  });
  const host = fixedHost();
  const all = { root, all: true };
  const { checkpoints, warnings, place } = await listCheckpoints(host, all);
  assertEquals(checkpoints.map(({ id, session }) => [id, session]), [
    [second, idOf(5, 0)],
    [first, idOf(0, 0)],
  ]);
  assertEquals([warnings.length, place.session], [1, null]);
  const run = () => listCheckpoints(host, { root, session });
  await assertRefused("corrupt not_a_directory", run);
});

async function complete(root: string, itemId: string): Promise<void> {
  const host = fixedHost({ number: 30, programs: PROGRAMS });
  await completeItem(host, { root, itemId });
}

function resume(
  root: string,
  options: ResumeOptions = {},
  machine: Machine = {},
): Promise<Resumed> {
  return resumeSession(fixedHost({ number: 40, ...machine }), {
    root,
    ...options,
  });
}

function statusOf(root: string, itemId: string): string {
  return stateOf(root).phases.PLAN.items[itemId].status;
}

test("resumeSession() puts the session back in one logged update", async (root) => {
  const id = await save(root, 1, { decisions: ["Tokens live an hour"] });
  await complete(root, "idea");
  await complete(root, "tests");
  const human = fixedHost({ number: 3, environment: APPROVING });
  await approvePhase(human, { root });
  await addNote(fixedHost({ number: 4 }), { root, text: "Remember" });
  const { metadata: before } = stateOf(root);
  const resumed = await resume(root, { yes: true });
  assertEquals([resumed.changed, resumed.checkpoint.id], [true, id]);
  assertEquals(resumed.decisions, ["Tokens live an hour"]);
  assertEquals(resumed.summary.notes, ["Remember"]);
  const whats = resumed.changes.map(({ what }) => what);
  assertEquals(whats, ["approval", "item", "item"]);
  const statuses = ["idea", "tests"].map((itemId) => statusOf(root, itemId));
  assertEquals(statuses, ["pending", "pending"]);
  const { metadata } = stateOf(root);
  assertEquals("phase_PLAN_approved" in metadata, false);
  assertEquals(metadata.orc.serial, before.orc.serial + 1);
  const { type, message, actor } = eventsOf(root).at(-1) ?? {};
  const sentence = `Restored checkpoint ${id}`;
  assertEquals([type, message, actor], ["note_added", sentence, "system"]);
  assertEquals((await readStatus(fixedHost(), { root })).warnings, []);
});

test("resumeSession() tells what an agent has to know, and writes nothing where nothing changed", async (root) => {
  await save(root, 1, { decisions: ["First"] });
  await save(root, 2, { decisions: ["Second"] });
  const resumed = await withoutTrace(root, () => resume(root));
  const { changed, changes, decisions, summary } = resumed;
  assertEquals([changed, changes], [false, []]);
  assertEquals(decisions, ["First", "Second"]);
  assertEquals(summary.next?.item?.id, "idea");
  const earlier = await resume(root, { checkpoint: "100001" });
  assertEquals(earlier.decisions, ["First"]);
});

test("resumeSession() changes nothing in a dry run, and without a yes", async (root) => {
  await save(root, 1);
  await complete(root, "idea");
  const dry = () => resume(root, { dryRun: true, yes: true });
  const { changed, changes, dryRun } = await withoutTrace(root, dry);
  assertEquals([changed, dryRun, changes.length], [false, true, 1]);
  for (const answers of [undefined, ["no"]]) {
    const run = () => resume(root, {}, { answers });
    await assertRefusedWithoutTrace(root, "refused not_confirmed", run);
  }
});

test("resumeSession() shows a person what changes before it asks", async (root) => {
  const id = await save(root, 1);
  await complete(root, "idea");
  const host = fixedHost({ number: 2, answers: ["y"] });
  const { changed } = await resumeSession(host, { root });
  assertEquals(changed, true);
  assertEquals(host.questions, [
    `Checkpoint ${id} changes:\n  item idea: completed -> pending\nRestore it? [y/N] `,
  ]);
});

/** A session that went back before a gate that a checkpoint has as passed. */
function withPassedGate(
  test: (root: string, later: string) => Promise<void>,
): Promise<void> {
  return withSession(async (root) => {
    const early = await save(root, 1);
    await complete(root, "tests");
    const later = await save(root, 2);
    await resume(root, { checkpoint: early, yes: true });
    assertEquals(statusOf(root, "tests"), "pending");
    await test(root, later);
  });
}

Deno.test("resumeSession() passes no gate by a checkpoint, and asks nobody about it", () =>
  withPassedGate(async (root, later) => {
    for (const yes of [true, false]) {
      const run = () => resume(root, { checkpoint: later, yes });
      await assertRefusedWithoutTrace(root, "refused restore_forward", run);
    }
    const { changes } = await resume(root, { dryRun: true });
    assertEquals(changes.map(({ forward }) => forward), [true]);
  }));

Deno.test("resumeSession() logs an agent that forces a gate, and refuses it", () =>
  withPassedGate(async (root, later) => {
    const options = { checkpoint: later, force: true };
    const run = () => resume(root, options, { environment: agent("1") });
    await assertRefused("denied approval_required", run);
    assertEquals(loggedTypes(root).at(-1), "error");
    assertEquals(statusOf(root, "tests"), "pending");
  }));

Deno.test("resumeSession() lets a human force it, who types the word", () =>
  withPassedGate(async (root, later) => {
    const host = fixedHost({ number: 50, answers: ["y", "restore"] });
    await resumeSession(host, { root, checkpoint: later, force: true });
    assertEquals(host.questions.length, 2);
    assertEquals(statusOf(root, "tests"), "completed");
    assertEquals(eventsOf(root).at(-1)?.actor, "human");
  }));

test("resumeSession() refuses to take back what was done after its plan", async (root) => {
  await save(root, 1);
  await complete(root, "idea");
  const host = fixedHost({ number: 2, answers: ["y"] });
  let other: Promise<unknown> | undefined;
  const terminal = {
    ...host.terminal,
    readLine: () => {
      // The other process is done before the lock is asked for.
      other = addNote(fixedHost({ number: 3 }), { root, text: "Meanwhile" });
      return "y";
    },
  };
  const waiting = {
    ...host,
    terminal,
    idSource: async () => {
      await other;
      return await host.idSource();
    },
  };
  const run = () => resumeSession(waiting, { root });
  await assertRefused("conflict session_changed", run);
  assertEquals(statusOf(root, "idea"), "completed");
});

test("resumeSession() names what is missing, and hides nothing that is damaged", async (root) => {
  await assertRefused("not_found no_checkpoint", () => resume(root));
  const id = await save(root, 1);
  writeTree(root, { [`${DIRECTORY}/cp_z.json`]: "broken" });
  const { warnings, checkpoint: found } = await resume(root);
  assertEquals([warnings.length, found.id], [1, id]);
  const unknown = () => resume(root, { checkpoint: "cp_none" });
  await assertRefused("not_found no_such_checkpoint", unknown);
});

/** A checkpoint that claims to be the newest of all, with a state that was changed by hand. */
function forge(
  root: string,
  id: string,
  stateOf: (state: object) => unknown,
): string {
  const forged = "cp_x1";
  const text = Deno.readTextFileSync(`${root}/${DIRECTORY}/${id}.json`);
  const file = JSON.parse(text);
  const content = JSON.stringify({
    ...file,
    checkpoint_id: forged,
    timestamp: "9999-01-01T00:00:00+00:00",
    workflow_state_snapshot: stateOf(file.workflow_state_snapshot),
  });
  writeTree(root, { [`${DIRECTORY}/${forged}.json`]: content });
  return forged;
}

test("resumeSession() passes over a newest checkpoint that cannot be used, and names it", async (root) => {
  const id = await save(root, 1);
  await complete(root, "idea");
  const snapshots = [
    () => ({ a: 1 }),
    () => null,
    (state: object) => ({ ...state, workflow_id: "wf_ffffffff" }),
    (state: object) => ({ ...state, current_phase_id: "X\n" }),
  ];
  for (const snapshotOf of snapshots) {
    const bad = forge(root, id, snapshotOf);
    const found = await resume(root, { dryRun: true });
    assertEquals([found.checkpoint.id, found.changes.length], [id, 1]);
    const [warning = "", ...others] = found.warnings;
    assertEquals(others, []);
    assert(warning.startsWith(`Passed over checkpoint "${bad}": `), warning);
    assert(warning.endsWith("orc checkpoints"), warning);
    assert(!warning.includes("\n"), warning);
    const named = await refusalOf(() => resume(root, { checkpoint: bad }));
    assert(named.hint?.includes("orc checkpoints"), named.hint);
  }
});

test("resumeSession() says what is wrong where no checkpoint can be used", async (root) => {
  const id = await save(root, 1);
  const bad = forge(root, id, () => ({ a: 1 }));
  Deno.removeSync(`${root}/${DIRECTORY}/${id}.json`);
  const run = () => resume(root);
  const error = await assertRefused("corrupt invalid_state", run);
  assert(error.message.includes(bad), error.message);
  assert(error.hint?.includes("orc checkpoints"), error.hint);
});

test("resumeSession() restores nothing in a closed session, and still tells what was decided", async (root) => {
  await save(root, 1, { decisions: ["Keep it"] });
  await complete(root, "idea");
  await abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" });
  const run = () => resume(root, { yes: true });
  await assertRefusedWithoutTrace(root, "refused session_closed", run);
  const { decisions } = await resume(root, { dryRun: true });
  assertEquals(decisions, ["Keep it"]);
});

Deno.test("resumeSession() restores a checkpoint of the Python tool in its session", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree(CP));
    const { changes, warnings, checkpoint: found } = await resume(root, {
      yes: true,
    });
    assertEquals(found.id, "cp_20261120_080127_450017_0723_d897");
    assertEquals(warnings.length, 1);
    for (const { forward } of changes) assertEquals(forward, false);
    const again = await withoutTrace(root, () => resume(root));
    assertEquals(again.changes, []);
  }));

Deno.test("resumeSession() finds the checkpoints of a legacy session, before it is adopted and after", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const done = { id: "it", status: "completed" };
    const phases = { DO: { id: "DO", status: "active", items: { it: done } } };
    const id = "cp_20260104_120000_abcdef";
    const file = {
      checkpoint_id: id,
      workflow_id: "wf_1a2b3c4d",
      phase_id: "DO",
      item_id: null,
      timestamp: "2026-01-04T12:00:00+00:00",
      key_decisions: ["Old but good"],
      workflow_state_snapshot: JSON.parse(legacyState()),
    };
    const foreign = { ...file, checkpoint_id: "cp_other", workflow_id: "wf_x" };
    writeTree(root, {
      ".workflow_state.json": legacyState({ phases }),
      [`.workflow_checkpoints/${id}.json`]: JSON.stringify(file),
      ".workflow_checkpoints/cp_other.json": JSON.stringify(foreign),
    });
    const dry = await withoutTrace(root, () => resume(root, { dryRun: true }));
    assertEquals([dry.checkpoint.id, dry.changes.length], [id, 1]);
    const { place, decisions, summary } = await resume(root, { yes: true });
    assertEquals([place.session, decisions], [LEGACY_ID, ["Old but good"]]);
    assertEquals(summary.items[0]?.status, "pending");
    const again = await resume(root);
    assert(again.checkpoint.legacy);
    assertEquals(again.changes, []);
  }));
