import { OrcError } from "../../src/base/error.ts";
import { VERSION } from "../../src/base/version.ts";
import {
  openRepository,
  type RepositoryOptions,
} from "../../src/repository/open.ts";
import {
  assertNoOwnSession,
  withPreparedRepository,
} from "../../src/repository/prepare.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  codeWithoutTrace,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  NOW,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** Prepares a repository and returns the files that are there while the work is done. */
function prepare(
  options: RepositoryOptions & { readonly root: string },
  portable = false,
): Promise<readonly string[]> {
  const host = fixedHost();
  const repository = openRepository(host, options);
  return withPreparedRepository(
    host,
    repository,
    { portable },
    () => Promise.resolve(Object.keys(readTree(options.root)).sort()),
  );
}

Deno.test("withPreparedRepository() makes what is missing, holds the lock and gives it back", () =>
  withRoot({}, async (root) => {
    const made = [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ];
    const during = await prepare({ root });
    assertEquals(during, [...made, ".orchestrator/lock"].sort());
    assertEquals(Object.keys(readTree(root)).sort(), made);
    const meta = JSON.parse(readTree(root)[".orchestrator/meta.json"] ?? "");
    assertEquals(meta, {
      created_at: NOW,
      repo_root: root,
      git_remote: null,
      orchestrator_version: VERSION,
      repo_id: meta.repo_id,
      portable: false,
    });
  }));

Deno.test("withPreparedRepository() makes nothing where a setting cannot be read", () =>
  withRoot(
    { ".orchestrator.yaml": "lock_timeout_seconds: [\n" },
    async (root) => {
      const error = await refusalWithoutTrace(root, () => prepare({ root }));
      assertEquals(error.kind, "config");
    },
  ));

Deno.test("withPreparedRepository() leaves out .gitignore in a portable repository, also later", () =>
  withRoot({}, async (root) => {
    await prepare({ root }, true);
    await prepare({ root });
    assertEquals(Object.keys(readTree(root)).sort(), [
      ".orchestrator/",
      ".orchestrator/.gitattributes",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ]);
  }));

Deno.test("withPreparedRepository() keeps the remote without its credentials", () =>
  withRoot({
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/config":
      '[remote "origin"]\n\turl = https://ada:secret@example.org/shop.git\n',
  }, async (root) => {
    await prepare({ root });
    const text = readTree(root)[".orchestrator/meta.json"] ?? "";
    assertEquals(
      JSON.parse(text).git_remote,
      "https://example.org/shop.git",
    );
    assertEquals(text.includes("secret"), false);
  }));

Deno.test("withPreparedRepository() removes what a killed process left half made", () =>
  withRoot({
    ".orchestrator/sessions/.new-00f00000000000000000000000000000/state.json":
      "{",
    ".orchestrator/current.00f00000000000000000000000000000.tmp": "1a",
    ".orchestrator/bindings/a.json.00f00000000000000000000000000000.tmp": "{",
  }, async (root) => {
    await prepare({ root });
    assertEquals(Object.keys(readTree(root)).sort(), [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/bindings/",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
    ]);
  }));

Deno.test("withPreparedRepository() waits no longer than the time limit for the repository's lock", () =>
  withRoot(
    { ".orchestrator/lock": lockText(foreignRecord()) },
    async (root) => {
      assertEquals(
        await codeWithoutTrace(root, () => prepare({ root, lockTimeout: "0" })),
        "conflict lock_held",
      );
    },
  ));

const FOREIGN: readonly (readonly [string, string])[] = [
  [".orchestrator", "not_a_directory"],
  [".orchestrator/sessions", "not_a_directory"],
  [".orchestrator/bindings", "not_a_directory"],
  [".orchestrator/meta.json/", "not_a_regular_file"],
  [".orchestrator/meta.json", "invalid_json"],
];

for (const [path, code] of FOREIGN) {
  Deno.test(`withPreparedRepository() changes nothing where ${path} is something else`, () =>
    withRoot({ [path]: "not ours" }, async (root) => {
      assertEquals(
        await codeWithoutTrace(root, () => prepare({ root })),
        `corrupt ${code}`,
      );
    }));
}

Deno.test("withPreparedRepository() says which directory is missing when it was removed", () =>
  withRoot({ "a/": "" }, async (root) => {
    const host = fixedHost();
    const repository = openRepository(host, { root: `${root}/a` });
    Deno.removeSync(`${root}/a`);
    const error = await refusalOf(() =>
      withPreparedRepository(
        host,
        repository,
        { portable: false },
        () => Promise.resolve(),
      )
    );
    assertEquals([error.kind, error.code], ["not_found", "path_not_found"]);
    assertEquals(error.path, `${root}/a/.orchestrator`);
  }));

const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

/** Id of the caller's own session that keeps them from starting another; nothing is written. */
function ownOf(root: string, machine: Machine = {}): Promise<unknown> {
  return withoutTrace(root, async () => {
    const host = fixedHost(machine);
    try {
      await assertNoOwnSession(host, openRepository(host, { root }));
      return "none";
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      assertEquals([error.kind, error.code], ["refused", "session_active"]);
      return error.details?.session;
    }
  });
}

function withEasy(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, test);
}

async function start(
  root: string,
  number: number,
  machine: Machine = {},
): Promise<void> {
  const host = fixedHost({ ...machine, number });
  await startSession(host, { root, task: `Task ${number}`, beside: true });
}

Deno.test("assertNoOwnSession() finds the current session of who has none of their own", () =>
  withEasy(async (root) => {
    assertEquals(await ownOf(root), "none");
    await start(root, 1);
    assertEquals(await ownOf(root), idOf(1, 0));
    const nameless = { environment: { CLAUDECODE: "1" } };
    assertEquals(await ownOf(root, nameless), idOf(1, 0));
  }));

for (
  const [name, current] of [
    ["missing", undefined],
    ["empty", ""],
    ["another program's", "main"],
  ] as const
) {
  Deno.test(`a second start does not hide the only active session where current is ${name}`, () =>
    withEasy(async (root) => {
      await start(root, 1);
      await start(root, 2);
      const path = `${root}/.orchestrator/current`;
      if (current === undefined) Deno.removeSync(path);
      else writeTree(root, { ".orchestrator/current": current });
      assertEquals(await ownOf(root), "none", "nobody is in one of several");
      const host = fixedHost({ number: 3 });
      const session = idOf(1, 0);
      await abandonSession(host, { root, session, reason: "No longer wanted" });
      assertEquals(await ownOf(root), idOf(2, 0));
      assertEquals(await ownOf(root, TWO), "none");
      const again = { root, task: "Again" };
      const refusal = await refusalOf(() => startSession(host, again));
      assertEquals(refusal.code, "session_active");
      const { place } = await readStatus(host, { root });
      assertEquals(place.session, idOf(2, 0));
    }));
}

Deno.test("assertNoOwnSession() finds an agent's own session and nobody else's", () =>
  withEasy(async (root) => {
    await start(root, 1, ONE);
    await start(root, 2);
    assertEquals(await ownOf(root, ONE), idOf(1, 0));
    assertEquals(await ownOf(root, TWO), "none");
  }));

Deno.test("assertNoOwnSession() lets go on who has closed their session, or lost it", () =>
  withEasy(async (root) => {
    await start(root, 1, ONE);
    await abandonSession(fixedHost({ ...ONE, number: 2 }), {
      root,
      reason: "No longer wanted",
    });
    assertEquals(await ownOf(root, ONE), "none");
    assertEquals(await ownOf(root), "none");
    const session = `${root}/.orchestrator/sessions/${idOf(1, 0)}`;
    Deno.removeSync(session, { recursive: true });
    assertEquals(await ownOf(root, ONE), "none");
    assertEquals(await ownOf(root), "none");
  }));

Deno.test("assertNoOwnSession() finds the session of a linked worktree, also for an agent in it", () =>
  withRoot(WORKTREES, async (root) => {
    const linked = { workingDirectory: `${root}/wt` };
    await startSession(fixedHost({ ...linked, number: 1 }), { task: "One" });
    for (const machine of [linked, { ...linked, ...ONE }]) {
      const host = fixedHost(machine);
      const error = await refusalOf(() =>
        assertNoOwnSession(host, openRepository(host, {}))
      );
      assertEquals(error.details, { session: idOf(1, 0) });
    }
  }));

Deno.test("assertNoOwnSession() counts a legacy session, until it was adopted and closed", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    assertEquals(await ownOf(root), LEGACY_ID);
    assertEquals(await ownOf(root, ONE), "none");
    await addNote(fixedHost({ number: 1 }), { root, text: "Adopted" });
    assertEquals(await ownOf(root), LEGACY_ID);
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    assertEquals(await ownOf(root), "none");
    Deno.removeSync(`${root}/.orchestrator/current`);
    assertEquals(await ownOf(root), "none");
    const closed = legacyState({ status: "completed" });
    writeTree(root, { ".workflow_state.json": closed });
    assertEquals(await ownOf(root), "none");
  }));

Deno.test("assertNoOwnSession() does not pass over a session it cannot read", () =>
  withEasy(async (root) => {
    await start(root, 1);
    const path = `.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(root, { [path]: "{" });
    const host = fixedHost();
    assertEquals(
      await codeWithoutTrace(
        root,
        () => assertNoOwnSession(host, openRepository(host, { root })),
      ),
      "corrupt invalid_json",
    );
  }));

Deno.test("assertNoOwnSession() names the session in one line, and a way on", () =>
  withEasy(async (root) => {
    const task = `${"a".repeat(100)}\nand more`;
    await startSession(fixedHost(), { root, task });
    const error = await refusalOf(() => {
      const host = fixedHost();
      return assertNoOwnSession(host, openRepository(host, { root }));
    });
    assertEquals(
      error.message,
      `Session 01kk…0000 ("${"a".repeat(60)}…") is still active`,
    );
    assertEquals(
      error.hint,
      'go on with it (orc next), give it up (orc finish --abandon --reason "WHY"), or work on both (orc start --beside "TASK")',
    );
  }));
