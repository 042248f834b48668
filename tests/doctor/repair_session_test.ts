import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import type { SessionRepair } from "../../src/doctor/repair_session.ts";
import { diagnoseRepository, type Diagnosis } from "../../src/doctor/use.ts";
import { startItem } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  edit,
  eventsOf,
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
const STATE = `${SESSION}/state.json`;
const LOG = `${SESSION}/log.jsonl`;

const CHECKPOINTING: Machine = { number: 3, programs: { [GIT_LS_FILES]: {} } };

function repair(
  root: string,
  repair: SessionRepair,
  machine: Machine = { environment: APPROVING },
): Promise<Diagnosis> {
  const host = fixedHost({ number: 1, ...machine });
  return diagnoseRepository(host, { root, repair: { repair, session: ID } });
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
    assertEquals(lastOf(root), ["human_override", "human", 2, "trust_state"]);
    assert(healthy);
    await assertWell(root);
  }));

Deno.test("repairDamaged() signs a state that was changed by hand", () =>
  withSession(async (root) => {
    changeByHand(root);
    const { repaired } = await repair(root, "resign");
    assertEquals([repaired?.serial, repaired?.aside], [2, null]);
    assertEquals(lastOf(root), ["human_override", "human", 2, "resign"]);
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
    assertEquals(lastOf(root), ["human_override", "human", 3, "restore"]);
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
    const error = await refusalWithoutTrace(
      root,
      () => repair(root, "restore"),
    );
    assertEquals([error.kind, error.code], ["not_found", "no_checkpoint"]);
  }));

Deno.test("repairDamaged() refuses what is not needed", () =>
  withSession(async (root) => {
    for (const each of ["trust_state", "resign", "restore"] as const) {
      const error = await refusalWithoutTrace(root, () => repair(root, each));
      assertEquals([error.kind, error.code], ["refused", "not_damaged"]);
    }
  }));

Deno.test("repairDamaged() asks a human to type the id", () =>
  withSession(async (root) => {
    changeByHand(root);
    const declined = await refusalWithoutTrace(
      root,
      () => repair(root, "resign", { answers: ["yes"] }),
    );
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
      const error = await refusalWithoutTrace(
        root,
        () => repair(root, "resign", machine),
      );
      assertEquals([error.kind, error.code], ["denied", "approval_required"]);
      assertStringIncludes(error.message, `session "${ID}"`);
    }
  }));

Deno.test("repairDamaged() does not sign what only a newer orc understands", () =>
  withSession(async (root) => {
    edit(`${root}/${STATE}`, '"format": 1', '"format": 9');
    const error = await refusalWithoutTrace(root, () => repair(root, "resign"));
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

Deno.test("repairDamaged() leaves the log of a session as it is that it only signs", () =>
  withSession(async (root) => {
    changeByHand(root);
    const before = loggedTypes(root);
    await repair(root, "resign");
    assertEquals(loggedTypes(root), [...before, "human_override"]);
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
