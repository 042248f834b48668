import { type Fault, TRACED_CALLS } from "./fault.ts";
import { type Call, callsIn } from "./trace.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Deno looks for a new version of itself now and then, in the background. */
const ENVIRONMENT = { DENO_NO_UPDATE_CHECK: "1" };

/** Variables without which nothing runs; all others might tell orc who is there. */
const NEEDED_VARIABLES = ["HOME", "PATH", "DENO_DIR", "TMPDIR", "LANG"];

/** How a traced orc ended, and what it had called by then. */
export interface Traced {
  /** The exit code; null when it was killed. */
  readonly code: number | null;
  readonly stderr: string;
  readonly calls: readonly Call[];
}

/** Why calls cannot be broken on this machine; undefined when they can. */
export function straceProblem(): string | undefined {
  if (Deno.build.os !== "linux") return "strace is a program of Linux";
  try {
    const { success, stderr } = new Deno.Command("strace", {
      args: ["-f", "-o", "/dev/null", "-e", "inject=rmdir:error=EIO", "true"],
    }).outputSync();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") {
      return "strace is not installed";
    }
    throw error;
  }
}

/** Runs orc in a repository and writes down its calls; breaks one of them if told so. */
export async function traceOrc(
  root: string,
  args: readonly string[],
  fault?: Fault,
): Promise<Traced> {
  const flags = fault === undefined ? [] : ["-e", injection(fault)];
  const { trace, ...ended } = await strace(root, ["-s", "0", ...flags], args);
  return { ...ended, calls: callsIn(trace, root) };
}

/** Also what a whole directory is removed with; and no text is cut that orc writes in these tests. */
const WHOLE_STORY = [
  ...["-s", "1000000"],
  ...["-e", traceOf([...TRACED_CALLS, "unlinkat"])],
];

/** Runs orc, which has to end well, and returns all that strace says of it, with what it wrote. */
export async function recordOrc(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const ended = await strace(root, WHOLE_STORY, args, env);
  const { code, stderr, trace } = ended;
  if (code !== 0) throw new Error(`orc ${args.join(" ")}: ${stderr}`);
  return trace;
}

async function strace(
  root: string,
  flags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Omit<Traced, "calls"> & { readonly trace: string }> {
  // Not in the repository, where it would count as left over.
  const output = `${root}.trace`;
  const { code, signal, stderr } = await new Deno.Command("strace", {
    args: [
      // What orc runs is left alone: strace would break the same call of it, too.
      ...["-f", "-b", "execve", "-y", "-o", output],
      ...["-e", traceOf(TRACED_CALLS)],
      ...flags,
      ...[Deno.execPath(), "run", "-A", CLI, ...args],
    ],
    cwd: root,
    env: { ...neededVariables(), ...ENVIRONMENT, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
  }).output();
  const trace = await Deno.readTextFile(output);
  await Deno.remove(output);
  return {
    code: signal === null ? code : null,
    stderr: new TextDecoder().decode(stderr),
    trace,
  };
}

/**
 * Whether a worker of the runtime's own met an error that it cannot bear. Calls on the repository are
 * made by the main thread alone, but strace counts for each thread, and breaks one call of each.
 */
export function didRuntimeDie({ stderr }: Pick<Traced, "stderr">): boolean {
  return PANIC.test(stderr) && !stderr.includes("thread 'main'");
}

/** What workers that die at once say of it comes mingled, and not always whole. */
const PANIC =
  /^thread 'tokio-runtime-worker' .*panicked at |^Deno has panicked/m;

/** Whether the call that was to be broken is the one that was. */
export function didBreak(
  { code, stderr, calls }: Traced,
  fault: Fault,
): boolean {
  const { call, breakage } = fault;
  if (didRuntimeDie({ stderr })) return false;
  if (breakage === "kill") {
    return code === null && calls.at(-1)?.what === call.what;
  }
  const broken = calls.filter(({ isBroken }) => isBroken);
  return broken.length === 1 && broken[0]?.what === call.what;
}

function traceOf(calls: readonly string[]): string {
  return `trace=${calls.map((name) => `?${name}`).join(",")}`;
}

function injection({ call, breakage }: Fault): string {
  const how = breakage === "kill" ? "signal=SIGKILL" : `error=${breakage}`;
  return `inject=${call.name}:${how}:when=${call.ordinal}`;
}

function neededVariables(): Record<string, string> {
  const known = NEEDED_VARIABLES.map((name) =>
    [name, Deno.env.get(name)] as const
  );
  return Object.fromEntries(
    known.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
