/** What a crash can leave of a migration, and the next command that finds it. */
import {
  type RepositoryLayout,
  repositoryLayout,
} from "../../src/base/layout.ts";
import { migrationLayoutAt } from "../../src/transfer/layout.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import { type HeldLock, LockLost, withLock } from "../../src/files/lock.ts";
import { loadHash } from "../../src/files/tree.ts";
import type { Host } from "../../src/host/host.ts";
import { commitMigration } from "../../src/migration/apply.ts";
import { planMigration } from "../../src/migration/plan.ts";
import { scanLegacy } from "../../src/migration/scan.ts";
import { legacyPlaces } from "../../src/migration/scan_lines.ts";
import { migrate } from "../../src/migration/use.ts";
import type { MigrationRecord } from "../../src/transfer/record.ts";
import {
  readMigrationRecord,
  undoMigration,
} from "../../src/transfer/settle.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import { EVERYTHING, fullTree, makeDistinct } from "../migration/fixtures.ts";
import {
  foreignRecord,
  lockText,
  namesIn,
  storeContext,
} from "../session/fixtures.ts";
import { fixedHost, LEGACY_ID, refusalOf, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const DEAD = foreignRecord();
const OLDER_ID = "0000aaaa";

let machines = 0;

function machine(root: string): Host {
  const host = fixedHost({ number: machines++ % 90, workingDirectory: root });
  return { ...host, livenessOf: () => "dead" };
}

interface Fixture {
  readonly root: string;
  readonly layout: RepositoryLayout;
  /** Legacy files before anything happened. */
  readonly before: Readonly<Record<string, string>>;
}

function withLegacy(test: (fixture: Fixture) => Promise<void>): Promise<void> {
  return withRoot(EVERYTHING, (root) => {
    makeDistinct(root, EVERYTHING);
    return test({
      root,
      layout: repositoryLayout(root),
      before: legacyFiles(root),
    });
  });
}

function filesOf(tree: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(tree).filter((path) => !path.endsWith("/"));
}

function legacyFiles(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fullTree(root)).filter(([path]) =>
      !path.endsWith("/") && !path.startsWith(".orchestrator/")
    ),
  );
}

/** Lets a migration count, and kills it there; or it loses its lock when it looks once too often. */
async function commit(
  layout: RepositoryLayout,
  looks = Infinity,
): Promise<MigrationRecord> {
  const context = storeContext({ firstToken: 0xc0de + machines++ });
  Deno.mkdirSync(layout.sessions, { recursive: true });
  const newHash = await loadHash();
  const facts = await scanLegacy({
    places: legacyPlaces(layout),
    layout,
    newHash,
    includes: [],
    salt: "",
  });
  const plan = planMigration(facts, { localTime: "2026-03-01T11:00:00" });
  const { record } = await withLock(
    layout.directory,
    context,
    (held) => {
      const lock = losing(held, layout, looks);
      return Promise.resolve(commitMigration({
        ...{ layout, lock, plan, newHash },
        source: layout.root,
        canLink: true,
        workflowOfHash: new Map(),
        about: {
          ...{ id: "killed", at: context.now(), version: "0.0.0", made: [] },
          importedFrom: null,
          ...{ files: plan.files, retired: plan.retired, units: plan.units },
          sessions: plan.sessions.map(({ id }) => id),
        },
      }));
    },
  );
  writeTree(layout.directory, { lock: lockText(DEAD) });
  return record;
}

/** A lock that somebody takes over after its holder has looked so often. */
function losing<Lock extends Pick<HeldLock, "assertHeld">>(
  lock: Lock,
  { directory }: RepositoryLayout,
  looks: number,
): Lock {
  let left = looks;
  const assertHeld = () => {
    if (left-- === 0) throw new LockLost(directory);
  };
  return Object.assign(lock, { assertHeld });
}

type Move = readonly [from: string, to: string];

/** What finishing does, one after the other. */
function movesIn(
  { root, directory, migrationPending }: RepositoryLayout,
  { units, retired }: MigrationRecord,
): readonly Move[] {
  const { staged, originals } = migrationLayoutAt(migrationPending);
  return [
    ...units.map(({ path }): Move => [
      `${staged}/${path}`,
      `${directory}/${path}`,
    ]),
    ...retired.map((path): Move => [
      `${root}/${path}`,
      `${originals}/${path}`,
    ]),
  ];
}

function perform(moves: readonly Move[]): void {
  for (const [from, to] of moves) {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.renameSync(from, to);
  }
}

async function assertWhole({ root, layout }: Fixture): Promise<void> {
  const names = namesIn(layout.directory);
  assertEquals(
    names.filter((name) => /pending|undo|new-|lock|tmp/.test(name)),
    [],
  );
  assertEquals(namesIn(layout.sessions), [OLDER_ID, LEGACY_ID]);
  assertEquals(Object.keys(legacyFiles(root)), ["README.md"]);
  const older = await readStatus(machine(root), { root, session: OLDER_ID });
  assertEquals(older.task, "The older task");
}

const MOVES = 15;

for (let count = 0; count <= MOVES; count++) {
  Deno.test(`a migration that was killed after ${count} moves is read, gone on with, and finished`, () =>
    withLegacy(async (fixture) => {
      const { root, layout, before } = fixture;
      const moves = movesIn(layout, await commit(layout));
      assertEquals(moves.length, MOVES);
      perform(moves.slice(0, count));
      const { session, task } = await readStatus(machine(root), { root });
      assertEquals([session, task], [LEGACY_ID, "Old task"]);
      const { action, finished } = await migrate(machine(root), { root });
      assertEquals([action, finished], ["nothing", true]);
      await assertWhole(fixture);
      await migrate(machine(root), { root, rollback: true });
      assertEquals(legacyFiles(root), before);
    }));
}

Deno.test("an update of a legacy session finishes a migration that was killed, and counts", () =>
  withLegacy(async (fixture) => {
    const { root, layout } = fixture;
    await commit(layout);
    await addNote(machine(root), { root, text: "goes on" });
    const { notes, legacy } = await readStatus(machine(root), { root });
    assertEquals([notes, legacy], [["goes on"], false]);
    await assertWhole(fixture);
  }));

Deno.test("a start removes what a migration put aside that does not count", () =>
  withLegacy(async ({ root, layout, before }) => {
    await commit(layout);
    Deno.removeSync(layout.migrationRecord);
    writeTree(layout.directory, {
      [`.new-${DEAD.token}/staged/config.yaml`]: "half",
      [`.migration_complete.${DEAD.token}.tmp`]: "{",
    });
    assertEquals((await readStatus(machine(root), { root })).legacy, true);
    const task = "Beside";
    await startSession(machine(root), { root, task, beside: true });
    assertEquals(legacyFiles(root), before);
    assertEquals(
      namesIn(layout.directory).filter((name) => /^migration|new-/.test(name)),
      [],
    );
  }));

for (const looks of [0, 1]) {
  Deno.test(`a migration that is displaced after ${looks} looks at its lock changes nothing`, () =>
    withLegacy(async ({ root, layout, before }) => {
      const error = await refusalOf(() => commit(layout, looks));
      assertEquals(error.code, "lock_lost");
      assertEquals(legacyFiles(root), before);
      assertEquals(namesIn(layout.directory), ["sessions"]);
    }));
}

Deno.test("a rollback that is displaced changes nothing", () =>
  withLegacy(async ({ root, layout }) => {
    await migrate(machine(root), { root });
    const record = readMigrationRecord(layout);
    if (record === undefined) throw new Error("There is no record");
    const all = fullTree(root);
    const held = { token: DEAD.token, assertHeld: () => {} };
    const lock = losing(held, layout, 0);
    const newHash = await loadHash();
    const error = await refusalOf(() =>
      undoMigration({ layout, lock, record, newHash })
    );
    assertEquals(error.code, "lock_lost");
    assertEquals(fullTree(root), all);
  }));

Deno.test("what a migration has moved stays where it is although the record is gone", () =>
  withLegacy(async ({ root, layout, before }) => {
    const moves = movesIn(layout, await commit(layout));
    perform(moves);
    Deno.removeSync(layout.migrationRecord);
    const all = fullTree(layout.migrationPending);
    const error = await refusalOf(() => migrate(machine(root), { root }));
    assertEquals([error.kind, error.code], ["corrupt", "damaged_migration"]);
    const fix = { root, fix: true };
    const { warnings } = await diagnoseRepository(machine(root), fix);
    assertEquals(warnings.length, 1);
    const left = fullTree(layout.migrationPending);
    assertEquals(filesOf(left), filesOf(all));
    const { record } = migrationLayoutAt(layout.migrationPending);
    Deno.copyFileSync(record, layout.migrationRecord);
    await migrate(machine(root), { root });
    await migrate(machine(root), { root, rollback: true });
    assertEquals(legacyFiles(root), before);
  }));

Deno.test("a rollback without its record is refused, and named by doctor", () =>
  withLegacy(async ({ root, layout }) => {
    writeTree(layout.migrationUndo, { "originals/a": "precious" });
    const error = await refusalOf(() => migrate(machine(root), { root }));
    assertEquals([error.kind, error.code], ["corrupt", "damaged_migration"]);
    const fix = { root, fix: true };
    const { findings } = await diagnoseRepository(machine(root), fix);
    assertEquals(
      findings.some(({ code }) => code === "unfinished_migration"),
      true,
    );
    assertEquals(
      Deno.readTextFileSync(`${layout.migrationUndo}/originals/a`),
      "precious",
    );
  }));

Deno.test("a legacy file that was written after the migration counted stays, and is named", () =>
  withLegacy(async ({ root, layout }) => {
    await commit(layout);
    const text = Deno.readTextFileSync(layout.legacyLog);
    Deno.writeTextFileSync(layout.legacyLog, `${text}more\n`);
    await addNote(machine(root), { root, text: "finishes it" });
    assertEquals(
      Deno.readTextFileSync(layout.legacyLog),
      `${text}more\n`,
    );
  }));

Deno.test("a file that came into a legacy directory after the migration counted stays", () =>
  withLegacy(async ({ root, layout }) => {
    await commit(layout);
    const late = `${layout.legacyCheckpoints}/late.json`;
    Deno.writeTextFileSync(late, "late");
    await addNote(machine(root), { root, text: "finishes it" });
    assertEquals(Deno.readTextFileSync(late), "late");
  }));

Deno.test("a legacy file that was changed to something of the same size stays", () =>
  withLegacy(async ({ root, layout }) => {
    await commit(layout);
    const text = Deno.readTextFileSync(layout.legacyLog);
    const changed = text.replace("workflow_started", "workflow_STARTED");
    Deno.writeTextFileSync(layout.legacyLog, changed);
    await addNote(machine(root), { root, text: "finishes it" });
    assertEquals(Deno.readTextFileSync(layout.legacyLog), changed);
  }));

Deno.test("a legacy file that was made while a rollback was killed stays", () =>
  withLegacy(async ({ root, layout }) => {
    const { backup } = await migrate(machine(root), { root });
    Deno.renameSync(backup ?? "", layout.migrationUndo);
    Deno.writeTextFileSync(layout.legacyLog, "made");
    await diagnoseRepository(machine(root), { root, fix: true });
    assertEquals(Object.hasOwn(fullTree(root), ".workflow_state.json"), true);
    assertEquals(Deno.readTextFileSync(layout.legacyLog), "made");
  }));

Deno.test("what another program made after the migration counted is not replaced", () =>
  withLegacy(async ({ root, layout }) => {
    await commit(layout);
    const made = `${layout.sessions}/${OLDER_ID}`;
    writeTree(made, { "state.json": "made" });
    await addNote(machine(root), { root, text: "finishes it" });
    assertEquals(namesIn(made), ["state.json"]);
    assertEquals(Deno.readTextFileSync(`${made}/state.json`), "made");
  }));

const UNDO_MOVES = MOVES;

/** What taking a migration back does, one after the other. */
function undoMovesIn(
  { root, directory, migrationUndo }: RepositoryLayout,
  { units, retired }: MigrationRecord,
): readonly Move[] {
  const { originals, withdrawn } = migrationLayoutAt(migrationUndo);
  return [
    ...retired.map((path): Move => [
      `${originals}/${path}`,
      `${root}/${path}`,
    ]),
    ...units.toReversed().map(({ path }): Move => [
      `${directory}/${path}`,
      `${withdrawn}/${path}`,
    ]),
  ];
}

for (let count = 0; count <= UNDO_MOVES; count++) {
  Deno.test(`a rollback that was killed after ${count} moves is read and finished`, () =>
    withLegacy(async ({ root, layout, before }) => {
      const { backup } = await migrate(machine(root), { root });
      const record = readMigrationRecord(layout);
      if (record === undefined) throw new Error("There is no record");
      Deno.renameSync(backup ?? "", layout.migrationUndo);
      writeTree(layout.directory, { lock: lockText(DEAD) });
      perform(undoMovesIn(layout, record).slice(0, count));
      const { session } = await readStatus(machine(root), { root });
      assertEquals(session, LEGACY_ID);
      const error = await refusalOf(() =>
        migrate(machine(root), { root, rollback: true })
      );
      assertEquals(error.code, "no_migration");
      assertEquals(legacyFiles(root), before);
      assertEquals(
        Object.keys(fullTree(root)).filter((path) =>
          /migration|sessions\/./.test(path)
        ),
        [],
      );
    }));
}

Deno.test("an update that came between a killed rollback and its end is kept aside", () =>
  withLegacy(async ({ root, layout, before }) => {
    const { backup } = await migrate(machine(root), { root });
    Deno.renameSync(backup ?? "", layout.migrationUndo);
    await addNote(machine(root), { root, text: "in between" });
    const error = await refusalOf(() =>
      migrate(machine(root), { root, rollback: true })
    );
    assertEquals(error.code, "no_migration");
    assertEquals(legacyFiles(root), before);
    const [place] = namesIn(layout.migrationBackup);
    const { kept } = migrationLayoutAt(`${layout.migrationBackup}/${place}`);
    const state = Deno.readTextFileSync(
      `${kept}/sessions/${LEGACY_ID}/state.json`,
    );
    assertEquals(state.includes("in between"), true);
  }));

Deno.test("a rollback that fails after it counts says so, and doctor finishes it", () =>
  withLegacy(async ({ root, layout, before }) => {
    const { backup } = await migrate(machine(root), { root });
    const record = readMigrationRecord(layout);
    if (record === undefined) throw new Error("There is no record");
    const newHash = await loadHash();
    const lock = { token: DEAD.token, assertHeld: () => {} };
    // Nothing can be renamed to the name of a directory's own part.
    const [first] = record.retired;
    const bad = { ...record, retired: [`${first}/part`] };
    writeTree(`${backup}/originals`, { "x/part": "" });
    Deno.renameSync(`${backup}/originals/${first}`, `${root}/aside`);
    Deno.renameSync(`${backup}/originals/x`, `${backup}/originals/${first}`);
    writeTree(root, { [first ?? ""]: "in the way" });
    const error = await refusalOf(async () => {
      await Promise.resolve();
      undoMigration({ layout, lock, record: bad, newHash });
    });
    assertEquals(error.code, "rollback_unfinished");
    Deno.removeSync(`${root}/${first}`);
    const undone = `${layout.migrationUndo}/originals/${first}`;
    Deno.removeSync(undone, { recursive: true });
    Deno.renameSync(`${root}/aside`, undone);
    await diagnoseRepository(machine(root), { root, fix: true });
    assertEquals(legacyFiles(root), before);
  }));
