/** Where git puts a working tree, and what it tells the programs it starts; with git itself. */
import {
  execute,
  git,
  inDirectory,
  orcIn,
  type RunOptions,
  shellIn,
  test,
} from "./lab.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const OK = 0;

/** A repository with one commit. */
async function repositoryAt(path: string): Promise<void> {
  await git(".", "init", "--quiet", "--template=", "-b", "main", path);
  await git(path, "commit", "--quiet", "--allow-empty", "-m", "Begin");
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
      const main = `${directory}/main`;
      await repositoryAt(main);
      const linked = `${directory}/linked`;
      await git(main, "worktree", "add", "--quiet", linked);
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
