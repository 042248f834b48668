/** The base on which a check was red: what it lacks has to be the work, and nothing that others did before. */
import { attestSession } from "../../src/trust/attest.ts";
import { verifyAttestation } from "../../src/trust/attestation.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  approvingHost,
  git,
  type Places,
  withRepository,
} from "../trust/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Fix
phases:
  - id: FIX
    name: Fix
    items:
      - {id: t, name: T, step_type: gate, inputs: [add.sh, tests], verification: {type: command, command: sh all.sh, prove: base}}
`;

const FILES = {
  "workflow.yaml": WORKFLOW,
  ".gitignore": "/.orchestrator/\n",
  "all.sh": 'for one in tests/*.test.sh; do sh "$one" || exit 1; done\n',
  "add.sh": "add() { echo $(($1 - $2)); }\n",
  "tests/old.test.sh": "exit 0\n",
};
const FIXED = { "add.sh": "add() { echo $(($1 + $2)); }\n" };
const TESTED = {
  "tests/new.test.sh":
    '. ./add.sh\n[ "$(add 1 1)" = 2 ] && s=0 || s=1\nprintf "# tests 1\\n# pass $((1 - s))\\n# fail $s\\n"\nexit $s\n',
};

async function commit(root: string, files: Readonly<Record<string, string>>) {
  writeTree(root, files);
  await git(root, "add", ".");
  await git(root, "commit", "-qm", "More");
}

async function idOf(root: string, name: string): Promise<string> {
  return (await git(root, "rev-parse", name)).trim();
}

async function finished(root: string): Promise<string> {
  const host = approvingHost();
  const { place: { session } } = await startSession(host, { root, task: "x" });
  await completeItem(host, { root, itemId: "t" });
  await finishSession(host, { root });
  return session;
}

/** What `orc verify` finds in a session, and how many checks ran again. */
async function judged(
  root: string,
  session: string,
  how: { readonly base?: string; readonly rerun?: boolean } = {},
): Promise<readonly unknown[]> {
  const where = { root, session, ...how };
  const { findings, rerun } = await verifySession(approvingHost(), where);
  return [...findings.map(({ code }) => code), rerun];
}

/** The same of the note that attests `HEAD` of a clone. */
async function judgedNote(
  root: string,
  how: { readonly rerun?: boolean } = {},
): Promise<readonly unknown[]> {
  const where = { root, attestation: "note", base: "origin/main", ...how };
  const { findings, rerun } = await verifyAttestation(approvingHost(), where);
  return [...findings.map(({ code }) => code), rerun];
}

/** A clone in which the work is checked out, and main is where it was. */
async function cloneOf(
  { root, clone }: Places,
  name: string,
): Promise<string> {
  const made = await clone(name);
  const main = await idOf(root, "main");
  await git(made, "update-ref", "refs/remotes/origin/main", main);
  return made;
}

Deno.test("a base that was moved back by hand is found, in the session and elsewhere", () =>
  withRepository(async (places) => {
    const { root } = places;
    const old = await idOf(root, "HEAD");
    // What others did: the test shows nothing of the work that comes now.
    await commit(root, FIXED);
    await git(root, "switch", "-qc", "work");
    await commit(root, TESTED);
    await git(root, "branch", "-qf", "main", old);
    const session = await finished(root);
    await git(root, "branch", "-qf", "main", "HEAD~1");
    assertEquals(await judged(root, session, { base: "main" }), [
      "base_differs",
      null,
    ]);
    const rerun = { base: "main", rerun: true };
    assertEquals(await judged(root, session, rerun), ["rerun_failed", 1]);
    const { text } = await attestSession(approvingHost(), { root, note: true });
    assertEquals(JSON.parse(text).receipts[0].proved.base, old);
    const ci = await cloneOf(places, "ci");
    assertEquals(await judgedNote(ci), ["base_differs", null]);
    assertEquals(await judgedNote(ci, { rerun: true }), ["rerun_failed", 1]);
  }, FILES));

Deno.test("honest work is proved anew on its base, wherever the default branch is by then", () =>
  withRepository(async (places) => {
    const { root } = places;
    const base = await idOf(root, "HEAD");
    await git(root, "switch", "-qc", "work");
    await commit(root, { ...FIXED, ...TESTED });
    const session = await finished(root);
    const { text } = await attestSession(approvingHost(), { root, note: true });
    const run = (exit: number, tests?: number) => ({
      exit,
      ...tests === undefined ? {} : { tests },
    });
    assertEquals(JSON.parse(text).receipts[0].proved, {
      base,
      red: run(1, 1),
      control: run(0),
    });
    const ci = await cloneOf(places, "ci");
    // Others go on.
    await git(root, "switch", "-q", "main");
    await commit(root, { other: "1" });
    await git(root, "switch", "-q", "work");
    for (const more of [{}, { base: "main" }]) {
      assertEquals(await judged(root, session, more), [null]);
      assertEquals(await judged(root, session, { ...more, rerun: true }), [1]);
    }
    assertEquals(await judgedNote(ci), [null]);
    assertEquals(await judgedNote(ci, { rerun: true }), [1]);
    // Merged, all of it is in the branch, and the base is the one of the receipt.
    await git(root, "switch", "-q", "main");
    await git(root, "merge", "-q", "--no-edit", "work");
    for (const rerun of [false, true]) {
      const how = { base: "main", rerun };
      assertEquals(await judged(root, session, how), [rerun ? 1 : null]);
    }
  }, FILES));

Deno.test("a base that lies between the merge base and the work holds: it lacks less", () =>
  withRepository(async ({ root }) => {
    const first = await idOf(root, "HEAD");
    await commit(root, { other: "1" });
    const base = await idOf(root, "HEAD");
    // On the default branch it is the commit that the session started from.
    const host = approvingHost();
    const { place: { session } } = await startSession(host, {
      root,
      task: "x",
    });
    await commit(root, { ...FIXED, ...TESTED });
    await completeItem(host, { root, itemId: "t" });
    await finishSession(host, { root });
    for (const more of [{ base }, { base: first }]) {
      assertEquals(await judged(root, session, more), [null]);
    }
  }, FILES));

Deno.test("where the history is cut off, nobody says that the base is the right one", () =>
  withRepository(async (places) => {
    const { root, outside } = places;
    await git(root, "switch", "-qc", "work");
    await commit(root, { ...FIXED, ...TESTED });
    await finished(root);
    await attestSession(approvingHost(), { root, note: true });
    const notes = "refs/notes/orchestrator:refs/notes/orchestrator";
    await git(root, "push", "-q", "origin", "work", "main", notes);
    const from = `file://${outside}/bare.git`;
    const shallow = ["--depth=1", "--no-single-branch", "-b", "work"];
    await git(outside, "clone", "-q", ...shallow, from, "shallow");
    const ci = `${outside}/shallow`;
    await git(ci, "fetch", "-q", "origin", notes);
    const { findings } = await verifyAttestation(approvingHost(), {
      root: ci,
      attestation: "note",
      base: "origin/main",
    });
    assertEquals(findings.map(({ code }) => code), ["base_differs"]);
    assertStringIncludes(
      findings[0]?.message ?? "",
      "git fetch --unshallow",
    );
    await git(ci, "fetch", "-q", "--unshallow");
    assertEquals(await judgedNote(ci, { rerun: true }), [1]);
    assert(Deno.statSync(`${ci}/add.sh`).isFile);
  }, FILES));
