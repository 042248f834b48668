/** Plays orc as people and agents do: real processes, in real repositories. */
import { type OrcCommand, orcCommand } from "../orc_command.ts";

/** Variables that tell orc nothing about who runs the tests. */
const NEUTRAL = [
  ...["HOME", "PATH", "TMPDIR", "DENO_DIR", "LANG"],
  // As scripts/test.ts sets them: git without the settings of whoever runs the tests.
  ...["GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"],
];

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory with a git repository, and orc in it. */
export interface Repository {
  readonly directory: string;
  /** Runs orc in the repository, or in a directory of it. */
  orc(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs orc, expects it to succeed, and returns what `--json` gave as result. */
  result(args: readonly string[], options?: RunOptions): Promise<Result>;
  run(program: string, ...args: string[]): Promise<Ended>;
  write(path: string, text: string): Promise<void>;
}

/** The `result` of an answer. */
// deno-lint-ignore no-explicit-any
export type Result = any;

/** Where, and as whom. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The setting under which tests may approve. */
export const APPROVING: RunOptions = {
  env: { ORCHESTRATOR_APPROVALS: "any" },
};

/** Runs a test in a new git repository outside of this one. */
export async function inRepository(
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  await inDirectory(async (repository) => {
    await repository.run("git", "init", "--quiet", "--initial-branch=main");
    await repository.write("README.md", "A shop\n");
    await repository.run("git", "add", ".");
    await commit(repository, "Begin");
    await test(repository);
  });
}

/** Commits as somebody who needs no configuration. */
export async function commit(
  repository: Repository,
  message: string,
): Promise<void> {
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  await repository.run("git", ...author, "commit", "--quiet", "-m", message);
}

/** Runs a test in a new directory that is no repository. */
export async function inDirectory(
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: "tests/.tmp" });
  try {
    await test(repositoryAt(await Deno.realPath(directory)));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Plays in a directory that is there; with one kind of orc, or with all of them in turn. */
export function repositoryAt(
  directory: string,
  command?: OrcCommand,
): Repository {
  const orc: Repository["orc"] = (args, { cwd = directory, env = {} } = {}) => {
    const [program, ...first] = command ?? orcCommand();
    return execute(program, [...first, ...args], cwd, env);
  };
  return {
    directory,
    orc,
    async result(args, options) {
      const ended = await orc([...args, "--full"], options);
      const answer = JSON.parse(ended.stdout);
      if (ended.code !== 0) {
        throw new Error(`${args.join(" ")}: ${ended.stdout}`);
      }
      return answer.result;
    },
    async run(program, ...args) {
      const ended = await execute(program, args, directory, {});
      if (ended.code !== 0) throw new Error(`${program}: ${ended.stderr}`);
      return ended;
    },
    async write(path, text) {
      const file = `${directory}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(file, text);
    },
  };
}

async function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { ...neutralEnvironment(), ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // What serves goes on until its input ends.
  await child.stdin.close();
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

function neutralEnvironment(): Record<string, string> {
  const known = NEUTRAL.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(
    known.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** All files below a directory, by path, with a fingerprint of what they hold. */
export async function treeOf(
  directory: string,
  prefix = "",
): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory) {
      tree[`${name}/`] = "";
      Object.assign(tree, await treeOf(path, `${name}/`));
    } else {
      tree[name] = await fingerprint(path);
    }
  }
  return tree;
}

async function fingerprint(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

/** What runtimes keep of every program they run is theirs: it goes elsewhere, or nowhere. */
export function runtimeCaches(): Readonly<Record<string, string>> {
  const home = `${Deno.env.get("HOME")}/.cache/deno`;
  return {
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
    DENO_DIR: Deno.env.get("DENO_DIR") ?? home,
  };
}
