import {
  type CheckpointCleanup,
  type CheckpointCleanupOptions,
  cleanCheckpoints,
  listCheckpoints,
  saveCheckpoint,
} from "../../src/checkpoints/use.ts";
import { startItem } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { namesIn } from "../session/fixtures.ts";
import {
  fixedHost,
  GIT_LS_FILES,
  idOf,
  LEGACY_ID,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { assert, assertEquals } from "@std/assert";

const NO_GIT = { [GIT_LS_FILES]: { exitCode: 128 } };

Deno.test("saveCheckpoint() keeps message, decisions, files and what is worked on", () =>
  withSession(async (root) => {
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
    assertEquals([saved.phase, saved.item], ["PLAN", "plan"]);
    assertEquals(
      host.requests.map(({ workingDirectory }) => workingDirectory),
      [root, root],
    );
    const file = JSON.parse(Deno.readTextFileSync(saved.path));
    assertEquals(file.checkpoint_id, saved.id);
    assertEquals(file.file_manifest, saved.files);
    assertEquals(file.workflow_state_snapshot.metadata.orc.serial, 2);
  }));

Deno.test("saveCheckpoint() changes nothing of the session", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const host = fixedHost({ number: 2, programs: NO_GIT });
    const { path, files, message } = await saveCheckpoint(host, { root });
    assertEquals([files, message], [[], null]);
    const after = Object.entries(readTree(root));
    const name = path.slice(root.length + 1);
    const directory = `.orchestrator/sessions/${idOf(0, 0)}/checkpoints/`;
    const rest = after.filter(([key]) => key !== name && key !== directory);
    assertEquals(Object.fromEntries(rest), before);
    assert(after.some(([key]) => key === name));
  }));

Deno.test("saveCheckpoint() adopts a legacy session first", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const host = fixedHost({ programs: NO_GIT });
    const { path, place } = await saveCheckpoint(host, { root });
    assertEquals(place.session, LEGACY_ID);
    assert(path.includes(`/sessions/${LEGACY_ID}/checkpoints/cp_`), path);
    assertEquals(
      Deno.readTextFileSync(`${root}/.workflow_state.json`),
      legacyState(),
    );
  }));

Deno.test("saveCheckpoint() refuses a closed session and texts that are too long", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1, programs: NO_GIT });
    const refused = (expected: string, decision: string) =>
      assertRefusedWithoutTrace(
        root,
        expected,
        () => saveCheckpoint(host, { root, decisions: ["ok", decision] }),
      );
    await refused("usage text_too_long", "x".repeat(2001));
    await abandonSession(host, { root, reason: "Dropped" });
    await refused("refused session_closed", "x");
  }));

/** Eight checkpoints, one a day until March 8th. */
function withCheckpoints(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    for (let day = 1; day <= 8; day++) {
      const at = `2026-03-0${day}T10:00:00Z`;
      const host = fixedHost({ number: day, at, programs: NO_GIT });
      await saveCheckpoint(host, { root });
    }
    await test(root);
  });
}

function daysIn(root: string): string {
  const directory = `${root}/.orchestrator/sessions/${idOf(0, 0)}/checkpoints`;
  return namesIn(directory).map((name) => name.slice(10, 11)).join("");
}

function clean(
  root: string,
  date: string,
  options?: CheckpointCleanupOptions,
  answers?: readonly string[],
): Promise<CheckpointCleanup> {
  const host = fixedHost({ number: 9, at: `${date}T10:00:00Z`, answers });
  return cleanCheckpoints(host, { root, ...options ?? { yes: true } });
}

Deno.test("cleanCheckpoints() keeps the newest five, and the others for 30 days", () =>
  withCheckpoints(async (root) => {
    const kept = await clean(root, "2026-03-31");
    assertEquals([kept.checkpoints.length, kept.kept], [0, 8]);
    const one = await clean(root, "2026-04-01");
    assertEquals([one.checkpoints.length, one.kept], [1, 7]);
    assertEquals(daysIn(root), "2345678");
    await clean(root, "2027-01-01");
    assertEquals(daysIn(root), "45678");
  }));

Deno.test("cleanCheckpoints() takes other numbers", () =>
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

Deno.test("cleanCheckpoints() removes nothing in a dry run, and without a yes", () =>
  withCheckpoints(async (root) => {
    const run = (dryRun: boolean, answers?: readonly string[]) =>
      clean(root, "2026-03-09", { keep: "7", dryRun }, answers);
    const dry = await withoutTrace(root, () => run(true));
    assertEquals([dry.dryRun, dry.checkpoints.length], [true, 1]);
    await assertRefusedWithoutTrace(
      root,
      "refused not_confirmed",
      () => run(false, ["n"]),
    );
    await run(false, ["yes"]);
    assertEquals(daysIn(root), "2345678");
  }));

Deno.test("cleanCheckpoints() leaves what is damaged, of other workflows or in the older tool's place", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree("tests/testdata/python-projects/cp"));
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

async function save(
  root: string,
  number: number,
  session?: string,
): Promise<string> {
  const at = `2026-03-01T10:00:0${number}Z`;
  const host = fixedHost({ number, at, programs: NO_GIT });
  return (await saveCheckpoint(host, { root, session })).id;
}

Deno.test("listCheckpoints() lists those of the session, newest first, and writes nothing", () =>
  withSession(async (root) => {
    const first = await save(root, 1);
    const second = await save(root, 2);
    const run = () => listCheckpoints(fixedHost(), { root });
    const { checkpoints, warnings, place } = await withoutTrace(root, run);
    assertEquals(checkpoints.map(({ id }) => id), [second, first]);
    assertEquals([warnings, place.session], [[], idOf(0, 0)]);
  }));

Deno.test("listCheckpoints() lists those of the Python tool, without those of other workflows", () =>
  withRoot({}, async (root) => {
    writeTree(root, readTree("tests/testdata/python-projects/cp"));
    const own = await listCheckpoints(fixedHost(), { root });
    assertEquals(own.checkpoints.length, 5);
    assertEquals(own.warnings.length, 1);
    const all = await listCheckpoints(fixedHost(), { root, all: true });
    assertEquals(all.checkpoints.length, 7);
  }));

Deno.test("listCheckpoints() lists those of all sessions, whatever is wrong with one", () =>
  withSession(async (root) => {
    const first = await save(root, 1);
    for (const number of [5, 6]) {
      const options = { root, task: "Other", beside: true };
      await startSession(fixedHost({ number }), options);
    }
    const second = await save(root, 2, idOf(5, 0));
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
  }));
