/** A bare repository, and clones of it in which orc works as on machines of their own. */
import { isThere } from "../../src/files/read.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { verifySession } from "../../src/trust/use.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { EASY_WORKFLOW } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** A remote, and where clones of it can be made. */
export interface Remote {
  readonly directory: string;
  readonly bare: string;
  /** Clones it; the name is that of the directory. */
  clone(name: string, ...flags: readonly string[]): Promise<string>;
}

/** No setting of a user reaches a test. */
const ALONE = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
};

/** Runs git, which has to end well; what it printed. */
export async function git(
  directory: string,
  ...args: readonly string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...args],
    cwd: directory,
    env: ALONE,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** Makes a bare repository with one commit, in which a workflow lies. */
export function withRemote(
  test: (remote: Remote) => Promise<void>,
  format = "sha1",
): Promise<void> {
  return withTemporaryDirectory(async (directory) => {
    const bare = `${directory}/bare.git`;
    const object = `--object-format=${format}`;
    await git(directory, "init", "-q", "--bare", "-b", "main", object, bare);
    const first = `${directory}/first`;
    await git(directory, "init", "-q", "-b", "main", object, first);
    await git(first, "remote", "add", "origin", bare);
    Deno.writeTextFileSync(`${first}/workflow.yaml`, EASY_WORKFLOW);
    await git(first, "add", ".");
    await git(first, "commit", "-qm", "First");
    await git(first, "push", "-q", "origin", "main");
    await test({
      directory,
      bare,
      async clone(name, ...flags) {
        const path = `${directory}/${name}`;
        const url = `file://${bare}`;
        await git(directory, "clone", "-q", ...flags, url, path);
        return path;
      },
    });
  });
}

/** This machine, with a home of its own and none of the settings of whoever runs the tests. */
export function machine(
  root: string,
  environment: Readonly<Record<string, string>> = {},
): Host {
  const host = denoHost();
  const home = `${root}.home`;
  return {
    ...host,
    workingDirectory: root,
    homeDirectory: () => home,
    env: (name) =>
      environment[name] ?? (name === "PATH" ? host.env(name) : undefined),
    caller: () => ({ agent: null, approval: null }),
    identity: () => ({ ...host.identity(), host: nameOf(root) }),
    runProgram: (request) =>
      host.runProgram({
        ...request,
        variables: { ...ALONE, ...request.variables },
      }),
  };
}

/** The same, by the machine's own name: who waits for a lock can tell that its holder was killed. */
export function sameMachine(
  root: string,
  environment: Readonly<Record<string, string>> = {},
): Host {
  const { identity } = denoHost();
  return { ...machine(root, environment), identity };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Starts a session; its id. */
export async function start(root: string, task = "Add login"): Promise<string> {
  const { place } = await startSession(machine(root), { root, task });
  return place.session;
}

/** The last update of the session here; null where there is none. */
export async function updateOf(root: string): Promise<number | null> {
  try {
    return (await readStatus(sameMachine(root), { root })).serial;
  } catch {
    return null;
  }
}

/** The session here is as orc left it, and open. */
export async function assertSound(root: string): Promise<void> {
  const { findings } = await verifySession(sameMachine(root), { root });
  assertEquals(findings.map(({ code }) => code), ["session_open"]);
}

/** All of a repository that orc must leave as it is: files, index, branches, HEAD and reflogs. */
export async function tracesOf(root: string): Promise<string> {
  const index = Deno.readFileSync(`${root}/.git/index`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", index));
  return [
    await git(root, "status", "--porcelain", "--ignored=no"),
    await git(root, "branch", "-vv"),
    await git(root, "reflog", "--all"),
    Deno.readTextFileSync(`${root}/.git/HEAD`),
    String(hash),
    String(
      [...Deno.readDirSync(`${root}/.git`)].map(({ name }) => name)
        .filter((name) => name !== "orchestrator").sort(),
    ),
  ].join("\n");
}

/** The texts of all files below a directory; none where there is no such directory. */
export function treeTexts(directory: string): readonly string[] {
  if (!isThere(directory)) return [];
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? treeTexts(`${directory}/${name}`)
      : [Deno.readTextFileSync(`${directory}/${name}`)]
  );
}
