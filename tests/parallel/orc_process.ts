import { orcCommand } from "../orc_command.ts";

/** Variables without which nothing runs; all others might tell orc who is there. */
const NEEDED_VARIABLES = ["HOME", "PATH", "DENO_DIR", "TMPDIR", "LANG"];

/** A real orc that runs. */
export interface OrcProcess {
  readonly pid: number;
  /** Whether it has ended, one way or another. */
  hasEnded(): boolean;
  /** Kills it, if it still runs. */
  kill(): void;
  /** How it ended; the code is null when it was killed. */
  readonly ended: Promise<
    { readonly code: number | null; readonly stderr: string }
  >;
}

/** Starts a real orc in a directory, as somebody without a name. */
export function startOrc(
  directory: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): OrcProcess {
  const [program, ...first] = orcCommand();
  const child = new Deno.Command(program, {
    args: [...first, ...args],
    cwd: directory,
    env: { ...neededVariables(), ...variables },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let hasEnded = false;
  const ended = child.output().then(({ code, signal, stderr }) => {
    hasEnded = true;
    return {
      code: signal === null ? code : null,
      stderr: new TextDecoder().decode(stderr),
    };
  });
  return {
    pid: child.pid,
    hasEnded: () => hasEnded,
    kill: () => killIfRunning(child),
    ended,
  };
}

/** Kills a process that may have ended by itself meanwhile. */
export function killIfRunning(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // Deno's way to say that it has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

function neededVariables(): Record<string, string> {
  const known = NEEDED_VARIABLES.map((name) =>
    [name, Deno.env.get(name)] as const
  );
  return Object.fromEntries(
    known.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Runs a task for each value, so many at a time. */
export async function inLanes<Value>(
  lanes: number,
  values: Iterable<Value>,
  task: (value: Value) => Promise<void>,
): Promise<void> {
  const queue = Iterator.from(values);
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (const value of queue) await task(value);
  }));
}

/** Looks again and again until something has happened. */
export async function until(
  what: string,
  hasHappened: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!await hasHappened()) {
    if (performance.now() > deadlineMs) throw new Error(`Not ${what} in 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
