/** Where git puts a working tree, and what it tells the programs it starts; with git itself. */
import { isFileTracked } from "../../src/files/git_index.ts";
import { writeTree } from "../files/temporary.ts";
import {
  execute,
  git,
  inDirectory,
  orcIn,
  type RunOptions,
  shellIn,
  test,
} from "./lab.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const OK = 0;
const USAGE = 2;
const NOT_FOUND = 4;

/** A repository with one commit. */
async function repositoryAt(path: string): Promise<void> {
  await git(".", "init", "--quiet", "--template=", "-b", "main", path);
  await git(path, "commit", "--quiet", "--allow-empty", "-m", "Begin");
}

/** A repository with a commit, and a linked worktree of it. */
async function withWorktree(
  directory: string,
): Promise<{ readonly main: string; readonly linked: string }> {
  const [main, linked] = [`${directory}/main`, `${directory}/linked`];
  await repositoryAt(main);
  await git(main, "worktree", "add", "--quiet", linked);
  return { main, linked };
}

/** Runs a command of orc that has to succeed. */
async function orc(
  cwd: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, out, err } = await orcIn(cwd, args, options);
  assertEquals(code, OK, `${args.join(" ")} in ${cwd}: ${out}${err}`);
  return out;
}

async function outputOf(cwd: string, ...args: string[]): Promise<string> {
  return (await execute("git", args, { cwd })).out.trim();
}

const COMMITS_ELSEWHERE = `name: Hooked
phases:
  - id: BUILD
    name: Build
    items:
      - id: made
        name: Made
        verification:
          type: command
          command: git init -q "$MADE" && cd "$MADE" && git -c user.name=x -c user.email=x commit -q --allow-empty -m Elsewhere
`;

for (const name of ["the main worktree", "a linked worktree"]) {
  test(`a check that git's hook in ${name} runs cannot reach the repository of the hook`, () =>
    inDirectory(async (directory) => {
      const { main, linked } = await withWorktree(directory);
      const tree = name === "a linked worktree" ? linked : main;
      Deno.writeTextFileSync(`${tree}/workflow.yaml`, COMMITS_ELSEWHERE);
      await orc(tree, ["start", "x", "--root", tree]);
      await git(tree, "add", "workflow.yaml");
      Deno.mkdirSync(`${main}/.git/hooks`);
      const hook = `#!/bin/sh
"$DENO" run --no-prompt -A "$CLI" complete made --root "$PWD"
`;
      const options = { mode: 0o755 };
      Deno.writeTextFileSync(`${main}/.git/hooks/pre-commit`, hook, options);
      const made = `${directory}/made`;
      const line =
        "git -c user.name=x -c user.email=x commit --allow-empty -am Users";
      const ended = await shellIn(tree, line, { env: { MADE: made } });
      assertEquals(ended.code, OK, ended.err);
      assertStringIncludes(ended.err + ended.out, 'Completed item "made"');
      const subjects = ["log", "--format=%s"];
      assertEquals(await outputOf(tree, ...subjects), "Users\nBegin");
      assertEquals(await outputOf(made, ...subjects), "Elsewhere");
      assertEquals(await outputOf(made, "ls-tree", "HEAD"), "");
      assertEquals(await outputOf(main, "config", "core.bare"), "false");
    }));
}

/** Root and session that a command finds. */
async function placeIn(
  cwd: string,
  options: RunOptions = {},
): Promise<readonly [root: string, session: string]> {
  const { root, session } = JSON.parse(
    await orc(cwd, ["status", "--full"], options),
  );
  return [root, session];
}

async function startIn(
  cwd: string,
  options: RunOptions = {},
): Promise<string> {
  const out = await orc(cwd, ["start", "x", "--full"], options);
  return JSON.parse(out).session;
}

/** Codes and remedies of what doctor finds, but for what is only good to know. */
async function findingsIn(
  cwd: string,
  options: RunOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const { out } = await orcIn(cwd, ["doctor", "--full"], options);
  const { findings } = JSON.parse(out).result;
  return Object.fromEntries(
    findings.filter(({ severity }: { severity: string }) => severity !== "info")
      .map(({ code, remedy }: Record<string, string>) => [code, remedy]),
  );
}

for (
  const [setting, value] of [
    ["core.bare", "true"],
    ["core.worktree", "../../linked"],
  ] as const
) {
  test(`a ${setting} that another tool set loses no session in a linked worktree`, () =>
    inDirectory(async (directory) => {
      const { main, linked } = await withWorktree(directory);
      const session = await startIn(main, {});
      assertEquals(await placeIn(linked), [main, session]);
      await git(main, "config", setting, value);
      assertEquals(await placeIn(linked), [main, session]);
      assertEquals(await placeIn(main), [main, session]);
      assertEquals(await findingsIn(linked), {});
    }));
}

test("start and init in a linked worktree name it as their place, not the main one", () =>
  inDirectory(async (directory) => {
    const { main, linked } = await withWorktree(directory);
    const state = `State of all its worktrees: ${main}\n`;
    const ready = await orc(linked, ["init"]);
    assertStringIncludes(ready, `Repository ready: ${linked}\n${state}`);
    const started = await orc(linked, ["start", "x"]);
    assertMatch(
      started,
      new RegExp(`^Session .* started in ${linked}\n${state}`),
    );
    const answer = await orc(linked, ["start", "--beside", "y", "--full"]);
    const { root, workingTree } = JSON.parse(answer).result;
    assertEquals([root, workingTree], [main, linked]);
    const plain = await orc(main, ["start", "--beside", "z"]);
    assertStringIncludes(plain, `started in ${main}\n(`);
  }));

test("state that was stranded in a linked worktree is found, and brought back", () =>
  inDirectory(async (directory) => {
    const { main, linked } = await withWorktree(directory);
    const session = await startIn(main);
    const moved = `${linked}/.orchestrator`;
    Deno.renameSync(`${main}/.orchestrator`, moved);
    const { code, err } = await orcIn(linked, ["status"]);
    assertEquals(code, NOT_FOUND);
    assertStringIncludes(err, `No active session in "${main}"`);
    assertStringIncludes(err, "orc doctor");
    for (const place of [main, linked]) {
      const { stranded_state: remedy = "" } = await findingsIn(place);
      assertStringIncludes(remedy, moved, place);
    }
    const { stranded_state: remedy = "" } = await findingsIn(main);
    const [move = "", choose = ""] = remedy.split(", then: ");
    assertEquals((await shellIn(linked, move)).code, OK);
    const words = choose.replace("ID", session).split(" ").slice(1);
    await orc(main, words);
    assertEquals(await placeIn(linked), [main, session]);
    assertEquals(await findingsIn(linked), {});
    await orc(linked, ["note", "goes on"]);
  }));

test("pages that are written in a linked worktree do not land in the main one", () =>
  inDirectory(async (directory) => {
    const { main, linked } = await withWorktree(directory);
    const inside = `${linked}/docs`;
    Deno.mkdirSync(inside);
    await orc(main, ["start", "x"]);
    await orc(main, ["note", "Only the main one knows", "--session", "0"]);
    await orc(inside, ["generate-md"]);
    await orc(inside, ["learn", "--save"]);
    for (const name of ["WORKFLOW.md", "LEARNINGS.md"]) {
      assertEquals(Deno.statSync(`${linked}/${name}`).isFile, true);
    }
    assertEquals(await outputOf(main, "status", "--short"), "");
  }));

for (const name of [".bare", ".git", "store"]) {
  test(`a session of a bare repository in ${name} outlives the worktree it was started in`, () =>
    inDirectory(async (directory) => {
      await repositoryAt(`${directory}/origin`);
      const shop = `${directory}/shop`;
      const bare = `${shop}/${name}`;
      await git(directory, "clone", "-q", "--bare", "origin", bare);
      if (name === "store") {
        Deno.writeTextFileSync(`${shop}/.git`, "gitdir: ./store\n");
      }
      await git(bare, "worktree", "add", "--quiet", `${shop}/one`);
      await git(bare, "worktree", "add", "--quiet", `${shop}/two`);
      const session = await startIn(`${shop}/one`);
      const all = [`${shop}/one`, `${shop}/two`, shop];
      for (const place of all) {
        assertEquals(await placeIn(place), [shop, session]);
      }
      await git(bare, "worktree", "remove", `${shop}/one`);
      assertEquals(await placeIn(`${shop}/two`), [shop, session]);
      assertEquals(await findingsIn(`${shop}/two`), {});
    }));
}

test("two bare repositories that lie side by side share no session", () =>
  inDirectory(async (directory) => {
    await repositoryAt(`${directory}/origin`);
    const sessions: string[] = [];
    for (const name of ["shop", "site"]) {
      const bare = `${directory}/${name}.git`;
      await git(directory, "clone", "-q", "--bare", "origin", bare);
      for (const tree of ["one", "two"]) {
        const path = `${directory}/${name}-${tree}`;
        await git(bare, "worktree", "add", "--quiet", "-b", tree, path);
      }
      const session = await startIn(`${directory}/${name}-one`);
      const other = `${directory}/${name}-two`;
      assertEquals(await placeIn(other), [bare, session]);
      assertEquals(await findingsIn(other), {});
      assertEquals(await outputOf(other, "status", "--porcelain"), "");
      sessions.push(session);
    }
    assertEquals(new Set(sessions).size, 2);
    // Whatever else lies there is not theirs.
    await repositoryAt(`${directory}/other`);
    const { code } = await orcIn(`${directory}/other`, ["status"]);
    assertEquals(code, NOT_FOUND);
  }));

test("worktrees of a git directory kept apart share their sessions", () =>
  inDirectory(async (directory) => {
    const [store, tree] = [`${directory}/store.git`, `${directory}/tree`];
    const apart = `--separate-git-dir=${store}`;
    await git(directory, "init", "--quiet", apart, tree);
    await git(tree, "commit", "--quiet", "--allow-empty", "-m", "Begin");
    for (const name of ["one", "two"]) {
      await git(tree, "worktree", "add", "--quiet", `${directory}/${name}`);
    }
    const session = await startIn(`${directory}/one`);
    assertEquals(await placeIn(`${directory}/two`), [store, session]);
    const own = await startIn(tree);
    assertEquals(await placeIn(tree), [tree, own]);
  }));

for (const kept of ["store", ".store", ".git"]) {
  test(`sessions of linked worktrees are found from a main one whose .git is a link to ${kept} elsewhere`, () =>
    inDirectory(async (directory) => {
      const { main, linked } = await withWorktree(directory);
      const store = `${directory}/elsewhere/${kept}`;
      Deno.mkdirSync(`${directory}/elsewhere`);
      Deno.renameSync(`${main}/.git`, store);
      Deno.symlinkSync(`../elsewhere/${kept}`, `${main}/.git`);
      await git(main, "worktree", "repair", linked);
      const own = await startIn(main);
      assertEquals(await outputOf(main, "status", "--short"), "");
      const other = await startIn(linked);
      const { stranded_state: remedy = "" } = await findingsIn(main);
      const [move = ""] = remedy.split(", then: ");
      assertEquals((await shellIn(directory, move)).code, OK, move);
      assertEquals(await placeIn(linked), [main, own]);
      await orc(main, ["session", "switch", other]);
      assertEquals(await placeIn(linked), [main, other]);
      for (const place of [main, linked]) {
        assertEquals(await findingsIn(place), {}, place);
      }
    }));
}

test("a worktree of a submodule shares the state of the submodule", () =>
  inDirectory(async (directory) => {
    await repositoryAt(`${directory}/origin`);
    const outer = `${directory}/outer`;
    await repositoryAt(outer);
    const allowed = ["-c", "protocol.file.allow=always"];
    const add = ["submodule", "--quiet", "add", `${directory}/origin`, "sub"];
    await git(outer, ...allowed, ...add);
    const sub = `${outer}/sub`;
    await git(sub, "worktree", "add", "--quiet", `${directory}/linked`);
    await startIn(outer);
    const session = await startIn(sub);
    assertEquals(await placeIn(`${directory}/linked`), [sub, session]);
  }));

test("a home directory that is a repository is nobody's state", () =>
  inDirectory(async (directory) => {
    const home = `${directory}/home`;
    await repositoryAt(home);
    Deno.symlinkSync("home", `${directory}/link`);
    for (const path of ["one", "two"]) Deno.mkdirSync(`${home}/${path}`);
    for (const homeDirectory of [home, `${directory}/link`]) {
      const options = { host: { homeDirectory: () => homeDirectory } };
      for (const args of REFUSED_AT_HOME) {
        for (const place of [home, `${directory}/link`]) {
          const refused = await orcIn(place, args, options);
          assertEquals(refused.code, USAGE, refused.out);
          assertStringIncludes(refused.err, "Cannot keep the state of a");
          assertStringIncludes(refused.err, "the directory of a project");
        }
        const named = [...args, "--root", `${directory}/link`];
        assertEquals((await orcIn(`${home}/one`, named, options)).code, USAGE);
      }
      const names = [...Deno.readDirSync(home)].map(({ name }) => name);
      assertEquals(names.toSorted(), [".git", "one", "two"]);
      const { err } = await orcIn(home, ["status"], options);
      assertStringIncludes(err, "Try: change to the directory of a project");
    }
    const options = { host: { homeDirectory: () => home } };
    const session = await startIn(`${home}/one`, options);
    assertEquals(await placeIn(`${home}/one`, options), [
      `${home}/one`,
      session,
    ]);
    const other = await orcIn(`${home}/two`, ["status"], options);
    assertEquals(other.code, NOT_FOUND, other.out);
    await git(home, "worktree", "add", "--quiet", `${directory}/linked`);
    const shared = await startIn(`${directory}/linked`, options);
    const place = await placeIn(`${directory}/linked`, options);
    assertEquals(place, [`${home}/.git`, shared]);
  }));

const REFUSED_AT_HOME = [
  ["start", "x"],
  ["init"],
  ["config", "set", "lock_timeout_seconds", "3"],
];

test("the directory above all others is nobody's state", () =>
  inDirectory(async (directory) => {
    const { code, err } = await orcIn(directory, ["start", "x", "--root", "/"]);
    if (code === OK) Deno.removeSync("/.orchestrator", { recursive: true });
    assertEquals(code, USAGE);
    assertStringIncludes(err, 'Cannot keep the state of a repository in "/"');
  }));

test("in a home directory, settings and secrets are those of the user", () =>
  inDirectory(async (directory) => {
    const home = `${directory}/home`;
    await repositoryAt(home);
    Deno.symlinkSync("home", `${directory}/link`);
    for (const homeDirectory of [home, `${directory}/link`]) {
      const input = new TextEncoder().encode("s3cret-value\n");
      const host = {
        homeDirectory: () => homeDirectory,
        readInput: () => input,
      };
      const set = ["config", "set", "lock_timeout_seconds", "3", "--global"];
      await orc(home, set, { host });
      const listed = await orc(home, ["config", "list"], { host });
      assertMatch(listed, /lock_timeout_seconds +3 /);
      await orc(home, ["secrets", "init"], { host });
      await orc(home, ["secrets", "set", "API_KEY", "--global"], { host });
      const { secrets: [secret] } = JSON.parse(
        await orc(home, ["secrets", "list", "--full"], { host }),
      ).result;
      const sources = secret.locations.map((one: { source: string }) =>
        one.source
      );
      assertEquals(sources, ["global"]);
      await orc(home, ["doctor", "--fix"], { host });
      assertEquals(await findingsIn(home, { host }), {});
      Deno.removeSync(`${home}/.orchestrator`, { recursive: true });
    }
  }));

test("sessions that a home directory already holds can be ended there, and doctor says so", () =>
  inDirectory(async (directory) => {
    const home = `${directory}/home`;
    await repositoryAt(home);
    const session = await startIn(home);
    const options = { host: { homeDirectory: () => home } };
    assertEquals(await placeIn(home, options), [home, session]);
    const findings = await findingsIn(home, options);
    assertEquals(Object.keys(findings), ["state_of_no_project"]);
    await orc(home, ["note", "x"], options);
  }));

test("a clone has the schema that its workflow.yaml names, and none of the state", () =>
  inDirectory(async (directory) => {
    const [main, clone] = [`${directory}/main`, `${directory}/clone`];
    await repositoryAt(main);
    // The older Python tool writes just this.
    Deno.mkdirSync(`${main}/.orchestrator`);
    Deno.writeTextFileSync(`${main}/.orchestrator/.gitignore`, "*\n");
    await orc(main, ["init"]);
    await orc(main, ["init"]);
    await startIn(main);
    await git(main, "add", ".");
    await git(main, "commit", "--quiet", "-m", "Workflow");
    const schema = ".orchestrator/workflow.schema.json";
    const tracked = await outputOf(main, "ls-files");
    assertEquals(tracked, `${schema}\nworkflow.yaml`);
    assertEquals(await findingsIn(main), {});
    await git(directory, "clone", "--quiet", "main", clone);
    const workflow = Deno.readTextFileSync(`${clone}/workflow.yaml`);
    assertStringIncludes(workflow, `$schema=${schema}\n`);
    JSON.parse(Deno.readTextFileSync(`${clone}/${schema}`));
    assertEquals((await orcIn(clone, ["status"])).code, NOT_FOUND);
    await startIn(clone);
    assertEquals(await outputOf(clone, "status", "--porcelain"), "");
    assertEquals(await findingsIn(clone), {});
  }));

const INDEXED = [
  ".orchestrator/current",
  ".orchestrator/currently",
  "docs/a/b",
  `docs/${"long/".repeat(60)}path`,
  "src/main.ts",
];

/** What git tracks: of a path, of a part of its name, and of a directory. */
function tracked(root: string): readonly (boolean | null)[] {
  return [
    isFileTracked(root, `${root}/src/main.ts`),
    isFileTracked(root, `${root}/src/main`),
    isFileTracked(root, `${root}/docs`, true),
    isFileTracked(root, `${root}/.orchestrator`, true),
    isFileTracked(root, `${root}/lib`, true),
  ];
}

for (const hash of ["sha1", "sha256"]) {
  for (const version of ["2", "4"]) {
    test(`an index of git of version ${version} with ${hash} is read, and of a split or sparse one nothing is guessed`, () =>
      inDirectory(async (root) => {
        const files = INDEXED.map((path) => [path, "x"]);
        writeTree(root, Object.fromEntries(files));
        const init = ["init", "-q", "--template=", `--object-format=${hash}`];
        await git(root, ...init);
        await git(root, "config", "index.version", version);
        await git(root, "add", ".");
        const bytes = Deno.readFileSync(`${root}/.git/index`);
        assertEquals(bytes[7], Number(version));
        assertEquals(tracked(root), [true, false, true, true, false]);
        await git(root, "commit", "-q", "-m", "All");
        await git(root, "update-index", "--split-index");
        assertEquals(tracked(root), [null, null, null, null, null]);
        await git(root, "update-index", "--no-split-index");
        await git(root, "sparse-checkout", "set", "--sparse-index", "src");
        assertEquals(tracked(root), [true, null, true, true, null]);
      }));
  }
}
