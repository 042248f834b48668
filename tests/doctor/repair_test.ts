import { fixFindings } from "../../src/doctor/repair.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/process_identity.ts";
import { openRepository } from "../../src/repository/open.ts";
import { startItem } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, tokenOf } from "../session/fixtures.ts";
import { fixedHost, idOf, loggedTypes, withSession } from "../work/fixtures.ts";
import { codesIn } from "./fixtures.ts";
import { assert, assertEquals } from "@std/assert";

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

/** What is laid out, what is found in it, and how the tree differs in the end from one that was well. */
const CASES: readonly (readonly [
  code: string,
  make: (root: string) => void,
  Readonly<Record<string, string | undefined>>?,
])[] = [
  [
    "lock_stale",
    (root) =>
      writeTree(root, { ".orchestrator/lock": lockText(foreignRecord()) }),
  ],
  [
    "lock_stale",
    (root) =>
      writeTree(root, { [`${SESSION}/lock`]: lockText(foreignRecord()) }),
  ],
  ["lock_unreadable", (root) => writeTree(root, { [`${SESSION}/lock`]: "{" })],
  ["leftovers", (root) =>
    writeTree(root, {
      [`.orchestrator/lock.${tokenOf(9)}.tmp`]: "",
      [`.orchestrator/lock.break.${tokenOf(9)}.0`]: "",
    })],
  ["leftovers", (root) =>
    writeTree(root, {
      [`.orchestrator/sessions/.new-${tokenOf(9)}/state.json`]: "",
      [`.orchestrator/sessions/.removed-${tokenOf(9)}/state.json`]: "",
    })],
  [
    "leftovers",
    (root) =>
      writeTree(root, { [`${SESSION}/state.json.${tokenOf(9)}.tmp`]: "{" }),
  ],
  [
    "unfinished_migration",
    (root) =>
      writeTree(root, { ".orchestrator/migration_pending/staged/x": "" }),
  ],
  ["not_ignored", (root) => {
    writeTree(root, { ".git/": "" });
    Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  }, { ".git/": "" }],
  [
    "damaged_current",
    (root) => writeTree(root, { ".orchestrator/current": "../etc" }),
    {
      ".orchestrator/current": undefined,
      ".orchestrator/current.corrupt-20260301T100000": "../etc",
    },
  ],
  [
    "current_names_nothing",
    (root) => writeTree(root, { ".orchestrator/current": "gone" }),
    {
      ".orchestrator/current": undefined,
    },
  ],
  [
    "damaged_binding",
    (root) => writeTree(root, { ".orchestrator/bindings/a.json": "{" }),
    {
      ".orchestrator/bindings/a.json.corrupt-20260301T100000": "{",
    },
  ],
  [
    "binding_names_nothing",
    (root) =>
      writeTree(root, { ".orchestrator/bindings/a.json": '{"session": "x"}' }),
  ],
  ["log_behind_state", (root) => writeTree(root, { [LOG]: "" })],
  ["log_missing", (root) => Deno.removeSync(`${root}/${LOG}`)],
];

for (const [index, [code, make, changes = {}]] of CASES.entries()) {
  Deno.test(`fixFindings() puts right ${code}, and nothing else (case ${index + 1})`, () =>
    withSession(async (root) => {
      writeTree(root, { ".orchestrator/bindings/": "" });
      const expected = { ...readTree(root), ...changes };
      make(root);
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
    writeTree(root, { ".orchestrator/current": "gone" });
    await fix(root);
    const host = fixedHost({ number: 2 });
    assertEquals((await readStatus(host, { root })).session, ID);
    await startItem(host, { root, itemId: "idea" });
  }));
