/** The size of a session: whoever moves what stands for the server makes no change smaller unnoticed. */
import { OrcError } from "../../src/base/error.ts";
import { attestSession } from "../../src/trust/attest.ts";
import { verifyAttestation } from "../../src/trust/attestation.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import { forgeState } from "../session/forge.ts";
import {
  approvingHost,
  git,
  type Places,
  withRepository,
} from "../trust/fixtures.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

const FILES = {
  ".gitignore": "/.orchestrator/\n",
  "workflow.yaml": `name: Sized
sizes: [xs, m]
size_limits: {xs: {files: 2, lines: 10}}
phases:
  - id: DO
    name: Do
    items:
      - {id: do, name: Do}
      - {id: more, name: More, from: m}
`,
};

const MUCH = { "src/much.js": "1\n".repeat(50) };
const LITTLE = { "src/little.js": "1\n" };

const REMOTE = "refs/remotes/origin/main";

async function save(
  root: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  writeTree(root, files);
  await git(root, "add", ".");
  await git(root, "commit", "-qm", "More");
  return await idOf(root);
}

async function idOf(root: string, name = "HEAD"): Promise<string> {
  return (await git(root, "rev-parse", name)).trim();
}

/** Begins a session on a branch, with what the server has as the default one. */
async function begin({ root }: Places): Promise<string> {
  await git(root, "push", "-q", "origin", "main");
  await git(root, "switch", "-qc", "work");
  const task = { root, task: "Fix typo" };
  const { place, size, warnings } = await startSession(approvingHost(), task);
  assertEquals([size, warnings], ["xs", []]);
  return place.session;
}

async function end(root: string): Promise<void> {
  await completeItem(approvingHost(), { root, itemId: "do" });
  await finishSession(approvingHost(), { root });
}

async function refused(root: string): Promise<void> {
  const error = await assertRejects(() => end(root), OrcError);
  assertEquals(error.code, "outgrown");
}

async function judged(
  root: string,
  session: string,
  base?: string,
): Promise<readonly string[]> {
  const where = { root, session, ...base !== undefined && { base } };
  const { findings } = await verifySession(approvingHost(), where);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

/** What CI says of the note, where the default branch is the server's. */
async function judgedNote(
  root: string,
  base = "origin/main",
): Promise<readonly string[]> {
  const where = { root, attestation: "note", base };
  const { findings } = await verifyAttestation(approvingHost(), where);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

/** A clone of what was pushed, with the work checked out. */
async function cloneOf(
  { root, outside }: Places,
  ...how: readonly string[]
): Promise<string> {
  const notes = "refs/notes/*:refs/notes/*";
  await git(root, "push", "-qf", "origin", "work", notes);
  const from = `file://${outside}/bare.git`;
  const ci = `${outside}/ci`;
  await git(outside, "clone", "-q", "-b", "work", ...how, from, ci);
  await git(ci, "fetch", "-q", "origin", notes);
  return ci;
}

/** Makes a commit without a step of HEAD's log, and goes to it as a pull does. */
async function smuggle(
  root: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  writeTree(root, files);
  await git(root, "add", ".");
  const tree = (await git(root, "write-tree")).trim();
  const parent = ["-p", "HEAD", "-m", "x"];
  const id = (await git(root, "commit-tree", tree, ...parent)).trim();
  await git(root, "update-ref", REMOTE, id);
  await git(root, "reset", "-q", "--hard", id);
}

Deno.test("what stands for the server is moved to one's own work: the session grows all the same", () =>
  withRepository(async (places) => {
    const { root } = places;
    await begin(places);
    await save(root, MUCH);
    await git(root, "update-ref", REMOTE, "HEAD");
    await refused(root);
  }, FILES));

Deno.test("a log of HEAD that is emptied, or cut behind the work, hides none of it", async () => {
  const cuts = [
    (path: string) => Deno.removeSync(path),
    (path: string) => Deno.writeTextFileSync(path, ""),
  ];
  for (const cut of cuts) {
    await withRepository(async (places) => {
      const { root } = places;
      await begin(places);
      await save(root, MUCH);
      await git(root, "update-ref", REMOTE, "HEAD");
      cut(`${root}/.git/logs/HEAD`);
      await git(root, "commit", "-q", "--allow-empty", "-m", "y");
      await refused(root);
    }, FILES);
  }
});

Deno.test("a commit that says of itself that it lies before the start hides nothing", () =>
  withRepository(async (places) => {
    const { root } = places;
    await begin(places);
    writeTree(root, MUCH);
    await git(root, "add", ".");
    const early = "!GIT_COMMITTER_DATE=2020-01-01T00:00:00Z git commit";
    await git(root, "-c", `alias.early=${early}`, "early", "-qm", "x");
    await git(root, "update-ref", REMOTE, "HEAD");
    await refused(root);
  }, FILES));

Deno.test("a branch that is moved past the log of HEAD hides nothing", () =>
  withRepository(async (places) => {
    const { root } = places;
    await begin(places);
    writeTree(root, MUCH);
    await git(root, "add", ".");
    const tree = (await git(root, "write-tree")).trim();
    const parent = ["-p", "HEAD", "-m", "x"];
    const id = await git(root, "commit-tree", tree, ...parent);
    Deno.writeTextFileSync(`${root}/.git/refs/heads/work`, id);
    await git(root, "update-ref", REMOTE, "HEAD");
    await refused(root);
  }, FILES));

Deno.test("a name that is made for the server, where there is none, hides nothing", () =>
  withRepository(async (places) => {
    const { root } = places;
    await begin(places);
    await git(root, "remote", "remove", "origin");
    await save(root, MUCH);
    const head = ["symbolic-ref", "refs/remotes/origin/HEAD"];
    await git(root, "update-ref", "refs/remotes/origin/trunk", "HEAD");
    await git(root, ...head, "refs/remotes/origin/trunk");
    await refused(root);
  }, FILES));

Deno.test("work that is made to look like a pull is found by the branch of the server, here and elsewhere", () =>
  withRepository(async (places) => {
    const { root } = places;
    const session = await begin(places);
    await smuggle(root, MUCH);
    await save(root, LITTLE);
    await end(root);
    // Here it looks like any pull.
    assertEquals(await judged(root, session), []);
    assertEquals(await judged(root, session, "origin/main"), []);
    await git(root, "fetch", "-q", "origin", "+main:refs/remotes/origin/main");
    const [again = "", others = "", ...more] = await judged(
      root,
      session,
      "origin/main",
    );
    const message = 'outgrown: The change since "origin/main" has outgrown';
    assertStringIncludes(again, message);
    assertStringIncludes(again, "51 lines changed, at most 10 in xs");
    assertStringIncludes(others, 'is not in "origin/main"');
    assertEquals(more, []);
    await attestSession(approvingHost(), { root, note: true });
    const ci = await cloneOf(places);
    assertEquals(await judgedNote(ci), [again]);
    // Where nobody names the default branch, nothing tells from where the work goes out.
    const where = { root: ci, attestation: "note" };
    const { findings } = await verifyAttestation(approvingHost(), where);
    assertEquals(findings, []);
  }, FILES));

Deno.test("work that looks like a pull and was merged by now still names a commit that the server has not", () =>
  withRepository(async (places) => {
    const { root } = places;
    const session = await begin(places);
    await smuggle(root, MUCH);
    writeTree(root, LITTLE);
    await end(root);
    // The server made another commit of it.
    await git(root, "switch", "-q", "--detach", "main");
    await git(root, "merge", "-q", "--squash", "work");
    await git(root, "commit", "-qm", "All");
    await git(root, "push", "-q", "origin", "HEAD:main");
    await git(root, "update-ref", REMOTE, "HEAD");
    const found = await judged(root, session, "origin/main");
    assertEquals(found.length, 1);
    assertStringIncludes(found[0] ?? "", "is not in");
  }, FILES));

Deno.test("honest work beside that of others holds by the branch of the server, here and elsewhere", () =>
  withRepository(async (places) => {
    const { root, outside } = places;
    // Work of an earlier session on the branch is none of this one.
    await git(root, "push", "-q", "origin", "main");
    await git(root, "switch", "-qc", "work");
    await save(root, { "src/early.js": "1\n".repeat(40) });
    const task = { root, task: "Fix typo" };
    const { place: { session } } = await startSession(approvingHost(), task);
    await save(root, LITTLE);
    const server = `${outside}/others`;
    await git(outside, "clone", "-q", "-b", "main", "bare.git", server);
    await save(server, MUCH);
    await git(server, "push", "-q", "origin", "main");
    await git(root, "fetch", "-q");
    await git(root, "merge", "-q", "--no-edit", "origin/main");
    await end(root);
    await attestSession(approvingHost(), { root, note: true });
    assertEquals(await judged(root, session, "origin/main"), []);
    const ci = await cloneOf(places);
    assertEquals(await judgedNote(ci), []);
    // What comes later is none of this session.
    await save(root, { "src/later.js": "1\n".repeat(40) });
    assertEquals(await judged(root, session, "origin/main"), []);
    await git(root, "push", "-q", "origin", "HEAD:main");
    await git(root, "fetch", "-q");
    assertEquals(await judged(root, session, "origin/main"), []);
  }, FILES));

for (const grows of [false, true]) {
  const how = grows ? "grows and ends" : "ends";
  Deno.test(`a session that pinned the whole of its workflow as a list, as the first ones of a size did, ${how} as any other`, () =>
    withRepository(async (places) => {
      const { root } = places;
      const session = await begin(places);
      const path = `${root}/.orchestrator/sessions/${session}/state.json`;
      await forgeState(path, ({ workflow_definition: { sizing } }) => {
        assertEquals(typeof sizing.phases, "string");
        sizing.phases = JSON.parse(sizing.phases);
      });
      if (grows) {
        writeTree(root, MUCH);
        await refused(root);
        await completeItem(approvingHost(), { root, itemId: "more" });
      }
      await end(root);
      assertEquals(await judged(root, session), []);
    }, FILES));
}

Deno.test("a session that grew is shown as it was before with the items of its size then", () =>
  withRepository(async (places) => {
    const { root } = places;
    await begin(places);
    await save(root, MUCH);
    await refused(root);
    const itemsAt = async (at?: number) => {
      const { items = [] } = await readStatus(approvingHost(), { root, at });
      return items.map(({ id }) => id);
    };
    assertEquals(await itemsAt(1), ["do"]);
    assertEquals(await itemsAt(), ["do", "more"]);
  }, FILES));

/** Runs git where a submodule may come from a directory. */
async function gitWithFiles(
  root: string,
  ...args: readonly string[]
): Promise<void> {
  await git(root, "-c", "protocol.file.allow=always", ...args);
}

const UPDATE = ["submodule", "-q", "update", "--init", "vendor"];

/** Others go on in a submodule, which a pull brings without its files. */
async function pullSubmodule(
  { root, outside }: Places,
  library: string,
): Promise<void> {
  await save(library, { "src/more.js": MUCH["src/much.js"] });
  const server = `${outside}/others`;
  await git(outside, "clone", "-q", "-b", "main", "bare.git", server);
  await gitWithFiles(server, ...UPDATE);
  await gitWithFiles(`${server}/vendor`, "pull", "-q", "origin", "main");
  await save(server, { "src/theirs.js": "1\n" });
  await git(server, "push", "-q", "origin", "main");
  await gitWithFiles(root, "pull", "-q", "origin", "main");
}

/** What is done to a submodule in a session: whether it is the session's work. */
const SUBMODULES: readonly (readonly [
  name: string,
  isOwn: boolean,
  act: (places: Places, library: string) => Promise<unknown>,
])[] = [
  ["is not touched", false, () => Promise.resolve()],
  [
    "is not touched, and nothing is kept of the start",
    false,
    ({ root }) =>
      Deno.remove(`${root}/.orchestrator/cache`, { recursive: true }),
  ],
  ["is checked out", false, async ({ root }) => {
    await git(root, "submodule", "-q", "deinit", "-f", "vendor");
    await end(root);
    await startSession(approvingHost(), { root, task: "Fix typo" });
    await gitWithFiles(root, ...UPDATE);
  }],
  ["stays behind what others made of it", false, pullSubmodule],
  ["follows what others made of it", false, async (places, library) => {
    await pullSubmodule(places, library);
    await gitWithFiles(places.root, ...UPDATE);
  }],
  ["is edited", true, ({ root }) => {
    writeTree(`${root}/vendor`, { "src/much.js": "2\n".repeat(50) });
    return Promise.resolve();
  }],
  ["gets commits of its own", true, async ({ root }) => {
    await save(`${root}/vendor`, { "src/more.js": MUCH["src/much.js"] });
    await save(root, {});
    await git(root, "update-ref", REMOTE, "HEAD");
  }],
];

for (const [name, isOwn, act] of SUBMODULES) {
  Deno.test(`a session in which a submodule ${name} ${isOwn ? "grows" : "does not grow"}`, () =>
    withRepository(async (places) => {
      const { root, outside } = places;
      const library = `${outside}/library`;
      await git(outside, "init", "-q", "-b", "main", library);
      await save(library, MUCH);
      const add = ["submodule", "-q", "add", library, "vendor"];
      await gitWithFiles(root, ...add);
      await git(root, "commit", "-qm", "Vendor");
      await begin(places);
      await act(places, library);
      writeTree(root, LITTLE);
      await (isOwn ? refused : end)(root);
    }, FILES));
}

Deno.test("where the start is gone or the history is cut off, no work is taken for small", () =>
  withRepository(async (places) => {
    const { root } = places;
    await git(root, "push", "-q", "origin", "main");
    await git(root, "switch", "-qc", "work");
    await save(root, MUCH);
    await startSession(approvingHost(), { root, task: "Fix typo" });
    await save(root, LITTLE);
    // All is one commit now: nobody else has the one that the session began at.
    await git(root, "reset", "-q", "--soft", "main");
    await git(root, "commit", "-qm", "All");
    await end(root);
    await attestSession(approvingHost(), { root, note: true });
    const ci = await cloneOf(places, "--depth=1", "--no-single-branch");
    const [cut = ""] = await judgedNote(ci);
    assertStringIncludes(cut, "is not known");
    assertStringIncludes(cut, "git fetch --unshallow");
    await git(ci, "fetch", "-q", "--unshallow");
    const [all = ""] = await judgedNote(ci);
    assertStringIncludes(all, "51 lines changed, at most 10 in xs");
  }, FILES));
