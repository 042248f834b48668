import {
  compareTree,
  readTree,
  type TreeChange,
  type TreeIdentity,
  type TreeOptions,
  type TreeSite,
} from "../../src/checks/tree.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { test } from "../files/temporary.ts";
import { assert } from "@std/assert";

/** What git is told in tests, so that nothing of this machine's settings matters. */
export const GIT_VARIABLES = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ALLOW_PROTOCOL: "file",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
};

/** A machine that runs programs, without the settings of git that this one has. */
export function gitHost(changes: Partial<Host> = {}): Host {
  const host = denoHost();
  return {
    ...host,
    runProgram: (request) =>
      host.runProgram({
        ...request,
        variables: {
          GIT_CONFIG_GLOBAL: "/dev/null",
          GIT_CONFIG_NOSYSTEM: "1",
          ...request.variables,
        },
      }),
    ...changes,
  };
}

/** Runs a program in a directory; returns its output, and throws where it fails. */
export async function run(
  directory: string,
  program: string,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: directory,
    env: GIT_VARIABLES,
  }).output();
  const text = new TextDecoder().decode(code === 0 ? stdout : stderr);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${text}`);
  return text.trim();
}

/** Commits all that lies in a repository. */
export async function commit(directory: string): Promise<void> {
  await run(directory, "git", "add", "--all");
  await run(directory, "git", "commit", "--quiet", "--message", "x");
}

export function siteOf(root: string): TreeSite {
  return { root, workingTree: root };
}

export function treeOf(
  root: string,
  options: TreeOptions & { readonly keeps?: boolean } = {},
): Promise<TreeIdentity> {
  return readTree(gitHost(), siteOf(root), options);
}

/** The id of a tree that has one. */
export async function idOf(
  root: string,
  options: TreeOptions & { readonly keeps?: boolean } = {},
): Promise<string> {
  const tree = await treeOf(root, options);
  assert(tree.id !== null, "reason" in tree ? tree.reason : "");
  return tree.id;
}

/** How a tree differs from an earlier one. */
export async function changeSince(
  site: TreeSite,
  earlier: string,
  options: { readonly limit?: number } = {},
): Promise<TreeChange> {
  const [change] = await compareTree(gitHost(), site, [earlier], options);
  assert(change !== undefined);
  return change;
}

/** Why a tree has no id. */
export async function reasonOf(
  root: string,
  host: Host = gitHost(),
): Promise<string> {
  const tree = await readTree(host, siteOf(root));
  return "reason" in tree ? tree.reason : `it has the id ${tree.id}`;
}

/** A test in a new git repository. */
export function inGit(
  name: string,
  check: (root: string) => Promise<void>,
  ...flags: readonly string[]
): void {
  test(name, async (root) => {
    await run(root, "git", "init", "--quiet", ...flags);
    await check(root);
  });
}
