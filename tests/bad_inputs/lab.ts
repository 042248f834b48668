/** A repository to be damaged, and orc to be tried on it. */
import { sessionLayout } from "../../src/base/layout.ts";
import { main } from "../../src/cli/main.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { assertEquals } from "@std/assert";

/** Whoever takes longer hangs. */
const PATIENCE_MS = 60_000;

export const isLinux = Deno.build.os === "linux";

/** As `Deno.test`, where the cases can be made: they need the programs of a Unix system. */
export function test(
  name: string | Deno.TestDefinition,
  fn: Deno.TestDefinition["fn"] = () => {},
): void {
  const definition = typeof name === "string" ? { name, fn } : name;
  const isWindows = Deno.build.os === "windows";
  Deno.test({ ...definition, ignore: isWindows || definition.ignore });
}

/** Whether the tests run as root, which some cases need and others must do without. */
export const isRoot = isLinux && Deno.uid() === 0;

/** Takes from root what lets it open what the mode of a file forbids. */
const UNPRIVILEGED = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search",
  "--",
];

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Two phases, and an item of each kind that matters here. */
export const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: The idea}
      - {id: draft, name: The draft}
  - id: BUILD
    name: Build
    items:
      - {id: code, name: Code written}
`;

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where, and in which surroundings a command runs. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What differs from the machine of the tests, in this process only. */
  readonly host?: Partial<Host>;
  /** Takes from root what lets it ignore the modes of files; for processes only. */
  readonly unprivileged?: boolean;
}

/** A git repository with two sessions: the first is damaged, the second has to go on working. */
export interface Lab {
  readonly root: string;
  readonly first: string;
  readonly second: string;
  /** A path in the directory of the first session. */
  at(name: string): string;
  /** Runs orc within this process. */
  orc(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs orc as a process of its own, which is killed when it hangs. */
  spawn(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs a shell line in which `orc` is the program. */
  shell(line: string, options?: RunOptions): Promise<Ended>;
}

/** Runs a test in a new repository; `current` names its first session. */
export async function inLab(test: (lab: Lab) => Promise<void>): Promise<void> {
  const { first, second, content } = await (template ??= makeTemplate());
  await inDirectory(async (directory) => {
    const root = `${directory}/repo`;
    for (const [path, bytes] of content) {
      if (bytes === null) Deno.mkdirSync(root + path, { recursive: true });
      else Deno.writeFileSync(root + path, bytes);
    }
    await test(labAt(root, first, second));
  });
}

/** The repository of all labs: made by orc once, for its writes wait for the disk. */
interface Template {
  readonly first: string;
  readonly second: string;
  /** Files by their paths, directories before what is in them. */
  readonly content: readonly (readonly [string, Uint8Array | null])[];
}

let template: Promise<Template> | undefined;

async function makeTemplate(): Promise<Template> {
  let made: Template | undefined;
  await inDirectory(async (root) => {
    Deno.mkdirSync(`${root}/src`);
    Deno.writeTextFileSync(`${root}/workflow.yaml`, WORKFLOW);
    await git(root, "init", "--quiet", "--template=", "-b", "main");
    const second = await start(root, "Fix search");
    const first = await start(root, "Add login");
    made = { first, second, content: contentOf(root, "") };
  });
  if (made === undefined) throw new Error("no template was made");
  return made;
}

function contentOf(root: string, path: string): Template["content"] {
  const content: [string, Uint8Array | null][] = [[path, null]];
  for (const { name, isDirectory } of Deno.readDirSync(root + path)) {
    const below = `${path}/${name}`;
    if (isDirectory) content.push(...contentOf(root, below) as typeof content);
    else content.push([below, Deno.readFileSync(root + below)]);
  }
  return content;
}

/** Runs a test in a new directory outside of any repository's working tree. */
export async function inDirectory(
  test: (directory: string) => Promise<void>,
): Promise<void> {
  Deno.mkdirSync("tests/.tmp", { recursive: true });
  const made = Deno.makeTempDirSync({ dir: "tests/.tmp" });
  const directory = Deno.realPathSync(made);
  try {
    await test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function labAt(root: string, first: string, second: string): Lab {
  const { directory } = sessionLayout(root, first);
  return {
    root,
    first,
    second,
    at: (name) => `${directory}/${name}`,
    orc: (args, options) => orcIn(root, args, options),
    spawn: (args, options) => spawnIn(root, args, options),
    shell: (line, options) => shellIn(root, line, options),
  };
}

async function start(root: string, task: string): Promise<string> {
  const { code, out, err } = await orcIn(root, [
    "start",
    task,
    "--beside",
    "--full",
    // Somebody may use orc on its own repository, which lies around this one.
    "--root",
    root,
  ]);
  assertEquals(code, 0, err + out);
  return JSON.parse(out).session;
}

/** Runs a git command that has to succeed. */
export async function git(cwd: string, ...args: string[]): Promise<void> {
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  const ended = await execute("git", [...author, ...args], { cwd });
  assertEquals(ended.code, 0, ended.err);
}

/** Runs orc within this process. */
export async function orcIn(
  cwd: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  let out = "";
  let err = "";
  const streams = {
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
  };
  const host = hostOf({ cwd, ...options });
  const code = await withinPatience(main(args, host, { streams }));
  return { code, out, err };
}

/** Runs orc as a process of its own. */
export function spawnIn(
  cwd: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const program = ["run", "--no-prompt", "-A", CLI, ...args];
  return execute(Deno.execPath(), program, { cwd, ...options });
}

/** `orc_with` runs the program with other permissions than all. */
const SHELL_FUNCTIONS = `orc() { orc_with -A "$@"; }
orc_with() {
  flags=$1
  shift
  "$DENO" run --no-prompt $flags "$CLI" "$@"
}
`;

/** Runs a shell line in which `orc` is the program. */
export function shellIn(
  cwd: string,
  line: string,
  options: RunOptions = {},
): Promise<Ended> {
  return runShell(["sh", "-c"], line, { cwd, ...options });
}

/**
 * Runs a shell line that may mount what nobody else sees: `$1` is the repository, `$2` an
 * empty directory.
 */
export function shellWithMounts(
  { root }: Lab,
  line: string,
): Promise<Ended> {
  const empty = `${root}/../empty`;
  Deno.mkdirSync(empty, { recursive: true });
  const program = ["unshare", "--map-root-user", "--mount", "sh", "-c"];
  return runShell(program, line, { cwd: root }, ["sh", root, empty]);
}

function runShell(
  [program = "", ...args]: readonly string[],
  line: string,
  options: RunOptions,
  rest: readonly string[] = [],
): Promise<Ended> {
  const env = { DENO: Deno.execPath(), CLI, ...options.env };
  const script = SHELL_FUNCTIONS + line;
  return execute(program, [...args, script, ...rest], { ...options, env });
}

/** Whether {@linkcode shellWithMounts} can be used: not in every container. */
export function canMount(): boolean {
  if (!isLinux || !isInstalled("unshare")) return false;
  const mount = ["mount", "-t", "tmpfs", "none", "/mnt"];
  const args = ["--map-root-user", "--mount", ...mount];
  const { success } = new Deno.Command("unshare", { args, stderr: "null" })
    .outputSync();
  return success;
}

function hostOf({ cwd = ".", env = {}, host }: RunOptions): Host {
  return {
    ...denoHost(),
    workingDirectory: cwd,
    env: (name) => env[name],
    homeDirectory: () => undefined,
    caller: () => ({ agent: null, approval: null }),
    ...host,
  };
}

async function withinPatience(running: Promise<number>): Promise<number> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hanging = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error("orc hangs"));
    timer = setTimeout(giveUp, PATIENCE_MS);
  });
  try {
    return await Promise.race([running, hanging]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a program is there that some cases need. */
export function isInstalled(program: string): boolean {
  if (Deno.build.os === "windows") return false;
  const args = ["-c", `command -v ${program}`];
  return new Deno.Command("sh", { args, stdout: "null" }).outputSync().success;
}

/** Runs a program without input; a hanging one is killed with all it started. */
export async function execute(
  program: string,
  args: readonly string[],
  { cwd, env = {}, unprivileged = false }: RunOptions,
): Promise<Ended> {
  const [first = "", ...words] = [
    ...(isLinux ? ["timeout", "--signal=KILL", `${PATIENCE_MS / 1000}`] : []),
    ...(unprivileged && isRoot ? UNPRIVILEGED : []),
    program,
    ...args,
  ];
  const { code, stdout, stderr } = await new Deno.Command(first, {
    args: words,
    cwd,
    env: { ...neutralEnvironment(), ...env },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** Nothing in it says who runs the tests. */
function neutralEnvironment(): Record<string, string> {
  const names = ["HOME", "PATH", "TMPDIR", "DENO_DIR", "LANG"];
  const known = names.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(
    known.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
