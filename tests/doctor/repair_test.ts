import type { OrcError } from "../../src/base/error.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { fixFindings, type SessionRepair } from "../../src/doctor/repair.ts";
import { diagnoseRepository, type Diagnosis } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/lock_record.ts";
import { openRepository } from "../../src/repository/open.ts";
import { startItem } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, tokenOf } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  edit,
  eventsOf,
  type Files,
  fixedHost,
  GIT_LS_FILES,
  idOf,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withSession,
} from "../work/fixtures.ts";
import { codesIn } from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ID = idOf(0, 0);
const SESSION = `.orchestrator/sessions/${ID}`;
const LOG = `${SESSION}/log.jsonl`;

/** Runs doctor with `fix`; returns what it says it did, and its warnings. */
async function fix(
  root: string,
  liveness: Liveness = "dead",
): Promise<readonly [readonly string[], readonly string[]]> {
  const host = { ...fixedHost({ number: 1 }), livenessOf: () => liveness };
  const options = { root, fix: true, lockTimeout: "3" };
  const { fixed, warnings } = await diagnoseRepository(host, options);
  return [fixed.map(({ code }) => code), warnings];
}

function cutLog(root: string): void {
  const text = Deno.readTextFileSync(`${root}/${LOG}`);
  Deno.writeTextFileSync(`${root}/${LOG}`, text.slice(0, -20));
}

const at = (path: string, text = "") => ({ [`.orchestrator/${path}`]: text });
const own = (path: string, text = "") => ({ [`${SESSION}/${path}`]: text });
const DEAD_LOCK = lockText(foreignRecord());

/** Files that are laid out or a change, what is found then, and how the tree differs in the end from one that was well. */
const CASES: readonly (readonly [
  code: string,
  made: Files | ((root: string) => void),
  Readonly<Record<string, string | undefined>>?,
])[] = [
  ["lock_stale", at("lock", DEAD_LOCK)],
  ["lock_stale", own("lock", DEAD_LOCK)],
  ["lock_unreadable", own("lock", "{")],
  ["leftovers", {
    ...at(`lock.${tokenOf(9)}.tmp`),
    ...at(`lock.break.${tokenOf(9)}.0`),
    ...at(`lock.wait.000000000000000.${tokenOf(9)}.tmp`),
  }],
  ["leftovers", {
    ...at(`sessions/.new-${tokenOf(9)}/state.json`),
    ...at(`sessions/.removed-${tokenOf(9)}/state.json`),
  }],
  ["leftovers", own(`state.json.${tokenOf(9)}.tmp`, "{")],
  ["unfinished_migration", at("migration_pending/staged/x")],
  ["not_ignored", (root) => {
    writeTree(root, { ".git/": "" });
    Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  }, { ".git/": "" }],
  ["current_names_nothing", at("current", "01kk0000000000000000000009"), {
    ".orchestrator/current": undefined,
  }],
  [
    "damaged_binding",
    at("bindings/a.json", "{"),
    at("bindings/a.json.corrupt-20260301T100000", "{"),
  ],
  ["binding_names_nothing", at("bindings/a.json", '{"session": "x"}')],
  ["log_behind_state", own("log.jsonl")],
  ["log_missing", (root) => Deno.removeSync(`${root}/${LOG}`)],
];

for (const [index, [code, made, changes = {}]] of CASES.entries()) {
  Deno.test(`fixFindings() puts right ${code}, and nothing else (case ${index + 1})`, () =>
    withSession(async (root) => {
      writeTree(root, { ".orchestrator/bindings/": "" });
      const expected = { ...readTree(root), ...changes };
      if (typeof made === "function") made(root);
      else writeTree(root, made);
      assert((await codesIn(root, "dead")).includes(code));
      assertEquals(await fix(root), [[code], []]);
      assertEquals({ ...expected, ...readTree(root) }, expected);
      assertEquals(await codesIn(root), []);
    }));
}

Deno.test("fixFindings() completes a line that a crash cut short", () =>
  withSession(async (root) => {
    cutLog(root);
    assertEquals(await fix(root), [["log_behind_state", "log_torn"], []]);
    assertEquals(loggedTypes(root), ["workflow_started", "phase_started"]);
  }));

Deno.test("fixFindings() leaves what is damaged as it is", () =>
  withSession(async (root) => {
    writeTree(root, {
      [`${SESSION}/state.json`]: "{",
      [`${SESSION}/meta.json`]: "[",
      ".orchestrator/meta.json": "",
      [`${SESSION}/lock`]: lockText(foreignRecord()),
    });
    const before = readTree(root);
    assertEquals(await fix(root), [["lock_stale"], []]);
    const { [`${SESSION}/lock`]: _lock, ...rest } = before;
    assertEquals(readTree(root), rest);
  }));

Deno.test("fixFindings() goes on past what it cannot put right, and says why", () =>
  withSession(async (root) => {
    writeTree(root, {
      ".orchestrator/lock": lockText(foreignRecord()),
      [`.orchestrator/sessions/.new-${tokenOf(9)}/`]: "",
      [LOG]: "",
    });
    const host = fixedHost({ number: 1 });
    const repository = openRepository(host, { root, lockTimeout: "0.05" });
    const { findings } = await diagnoseRepository(
      { ...host, livenessOf: () => "unknown" },
      { root },
    );
    const problems = await fixFindings(repository, findings);
    assertEquals(problems.length, 1);
    assert(problems[0]?.includes("held for 12 s by process 815"), problems[0]);
    assertEquals(loggedTypes(root).length, 2);
  }));

Deno.test("fixFindings() does not take the lock of a living process, nor sweep what it is writing", () =>
  withSession(async (root) => {
    const record = foreignRecord();
    const staged = `${SESSION}/state.json.${record.token}.tmp`;
    writeTree(root, { [`${SESSION}/lock`]: lockText(record), [staged]: "{" });
    const before = readTree(root);
    assertEquals(await fix(root, "alive"), [[], []]);
    assertEquals(readTree(root), before);
  }));

Deno.test("fixFindings() leaves the session that is chosen where current names none", () =>
  withSession(async (root) => {
    writeTree(root, { ".orchestrator/current": "01kk0000000000000000000009" });
    await fix(root);
    const host = fixedHost({ number: 2 });
    assertEquals((await readStatus(host, { root })).session, ID);
    await startItem(host, { root, itemId: "idea" });
  }));

const STATE = `${SESSION}/state.json`;

const CHECKPOINTING: Machine = { number: 3, programs: { [GIT_LS_FILES]: {} } };

function repair(
  root: string,
  repair: SessionRepair,
  machine: Machine = { environment: APPROVING },
): Promise<Diagnosis> {
  const host = fixedHost({ number: 1, ...machine });
  return diagnoseRepository(host, { root, repair: { repair, session: ID } });
}

function refusedRepair(...how: Parameters<typeof repair>): Promise<OrcError> {
  return refusalWithoutTrace(how[0], () => repair(...how));
}

/** Puts the state back that was there before an update. */
async function putOlderStateBack(root: string): Promise<void> {
  const older = Deno.readTextFileSync(`${root}/${STATE}`);
  await startItem(fixedHost({ number: 5 }), { root, itemId: "idea" });
  Deno.writeTextFileSync(`${root}/${STATE}`, older);
}

function changeByHand(root: string): void {
  edit(`${root}/${STATE}`, "Add login", "Add logout");
}

/** The session takes updates again, and all is in step. */
async function assertWell(root: string): Promise<void> {
  const host = fixedHost({ number: 7 });
  const { changed } = await startItem(host, { root, itemId: "sketch" });
  assert(changed);
  assertEquals(await codesIn(root), []);
}

function lastOf(root: string): unknown {
  const event = eventsOf(root).at(-1);
  return [
    event?.type,
    event?.actor,
    event?.serial,
    event?.details.get("repair"),
  ];
}

Deno.test("repairDamaged() goes on from an older state and puts the log aside", () =>
  withSession(async (root) => {
    await putOlderStateBack(root);
    const log = Deno.readTextFileSync(`${root}/${LOG}`);
    const { repaired, healthy } = await repair(root, "trust_state");
    const aside = `${root}/${LOG}.corrupt-20260301T100000`;
    assertEquals([repaired?.serial, repaired?.aside], [2, aside]);
    assertEquals(Deno.readTextFileSync(aside), log);
    assertEquals(lastOf(root), ["human_override", "system", 2, "trust_state"]);
    assert(healthy);
    await assertWell(root);
  }));

Deno.test("repairDamaged() signs a state that was changed by hand, and only adds to its log", () =>
  withSession(async (root) => {
    changeByHand(root);
    const before = loggedTypes(root);
    const { repaired } = await repair(root, "resign");
    assertEquals([repaired?.serial, repaired?.aside], [2, null]);
    assertEquals(loggedTypes(root), [...before, "human_override"]);
    assertEquals(lastOf(root), ["human_override", "system", 2, "resign"]);
    const { task } = await readStatus(fixedHost(), { root });
    assertEquals(task, "Add logout");
    await assertWell(root);
  }));

Deno.test("repairDamaged() returns to the newest checkpoint, and gives out no serial twice", () =>
  withSession(async (root) => {
    await saveCheckpoint(fixedHost(CHECKPOINTING), { root });
    await startItem(fixedHost({ number: 4 }), { root, itemId: "idea" });
    writeTree(root, { [STATE]: "\0\0\0" });
    const { repaired } = await repair(root, "restore");
    const aside = `${root}/${STATE}.corrupt-20260301T100000`;
    assertEquals([repaired?.serial, repaired?.aside], [3, aside]);
    assertEquals(Deno.readTextFileSync(aside), "\0\0\0");
    assertEquals(lastOf(root), ["human_override", "system", 3, "restore"]);
    await assertWell(root);
  }));

Deno.test("repairDamaged() returns to a checkpoint when there is no state at all", () =>
  withSession(async (root) => {
    await saveCheckpoint(fixedHost(CHECKPOINTING), { root });
    Deno.removeSync(`${root}/${STATE}`);
    const { repaired } = await repair(root, "restore");
    assertEquals(repaired?.aside, null);
    await assertWell(root);
  }));

Deno.test("repairDamaged() changes nothing when there is no checkpoint that can be read", () =>
  withSession(async (root) => {
    const name = "cp_20260301_100000_000000_0000_0000.json";
    writeTree(root, {
      [STATE]: "{",
      [`${SESSION}/checkpoints/${name}`]: "{",
    });
    const error = await refusedRepair(root, "restore");
    assertEquals([error.kind, error.code], ["not_found", "no_checkpoint"]);
  }));

Deno.test("repairDamaged() refuses what is not needed", () =>
  withSession(async (root) => {
    for (const each of ["trust_state", "resign", "restore"] as const) {
      const error = await refusedRepair(root, each);
      assertEquals([error.kind, error.code], ["refused", "not_damaged"]);
    }
  }));

Deno.test("repairDamaged() asks a human to type the id", () =>
  withSession(async (root) => {
    changeByHand(root);
    const declined = await refusedRepair(root, "resign", {
      answers: ["yes"],
    });
    assertEquals(declined.code, "approval_declined");
    const { repaired } = await repair(root, "resign", { answers: [ID] });
    assertEquals(repaired?.session, ID);
  }));

Deno.test("repairDamaged() is refused to agents and where nobody can be asked", () =>
  withSession(async (root) => {
    changeByHand(root);
    const machines: readonly Machine[] = [
      {},
      { environment: { ...agent("1"), ...APPROVING }, answers: [ID] },
    ];
    for (const machine of machines) {
      const error = await refusedRepair(root, "resign", machine);
      assertEquals([error.kind, error.code], ["denied", "approval_required"]);
      assertStringIncludes(error.message, `session "${ID}"`);
    }
  }));

Deno.test("repairDamaged() does not sign what only a newer orc understands", () =>
  withSession(async (root) => {
    edit(`${root}/${STATE}`, '"format": 1', '"format": 9');
    const error = await refusedRepair(root, "resign");
    assertEquals(error.code, "newer_format");
  }));

Deno.test("repairDamaged() does not return to what was copied from another session", () =>
  withSession(async (root) => {
    await saveCheckpoint(fixedHost(CHECKPOINTING), { root });
    const other = `${root}/.orchestrator/sessions/1a2b3c4d`;
    writeTree(other, { "state.json": "", "checkpoints/": "" });
    for (const { name } of Deno.readDirSync(`${root}/${SESSION}/checkpoints`)) {
      Deno.copyFileSync(
        `${root}/${SESSION}/checkpoints/${name}`,
        `${other}/checkpoints/${name}`,
      );
    }
    const host = fixedHost({ number: 4, environment: APPROVING });
    const request = { repair: "restore", session: "1a2b3c4d" } as const;
    const error = await refusalWithoutTrace(
      root,
      () => diagnoseRepository(host, { root, repair: request }),
    );
    assertEquals(error.code, "no_checkpoint");
  }));

Deno.test("repairDamaged() replaces nothing that was put right while the human was asked", () =>
  withSession(async (root) => {
    const good = Deno.readTextFileSync(`${root}/${STATE}`);
    await saveCheckpoint(fixedHost(CHECKPOINTING), { root });
    writeTree(root, { [STATE]: "{" });
    const host = fixedHost({ number: 1, answers: [ID] });
    const readLine = (): string => {
      writeTree(root, { [STATE]: good });
      return ID;
    };
    const terminal = { ...host.terminal, readLine };
    const request = { repair: "restore", session: ID } as const;
    const error = await refusalOf(() =>
      diagnoseRepository({ ...host, terminal }, { root, repair: request })
    );
    assertEquals([error.kind, error.code], ["conflict", "session_changed"]);
    assertEquals(Deno.readTextFileSync(`${root}/${STATE}`), good);
  }));
