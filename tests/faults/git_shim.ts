/** Runs orc with another git in the place of the real one, which breaks in one of its runs at one of its calls. */
import { isThere } from "../../src/files/read.ts";
import { type Ended, repositoryAt } from "../journey/orc.ts";
import type { Call } from "./trace.ts";

/** How one run of git is broken. */
export interface GitFault {
  /** Which run of git it is, from 1; another one where orc is to meet none. */
  readonly run: number;
  /** Names of calls of the system, with commas, each of which is counted on its own. */
  readonly calls: string;
  /** Which of them is broken, from 1. */
  readonly call: number;
  /** What happens there, as strace says it: `signal=SIGKILL`, `error=ENOSPC`. */
  readonly how: string;
  /** Whether programs that git starts are broken too: those of a push and a fetch do the writing. */
  readonly isDeep?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** What was met. */
export interface Broken extends Ended {
  /** Whether it came to the call; false where git makes fewer of them. */
  readonly isMet: boolean;
  /** How often git was run. */
  readonly runs: number;
}

/** In the place of git: the real one under strace, once it is the turn of this run; who asked dies with it. */
const SHIM = (git: string) =>
  `#!/bin/sh
here=$(dirname "$0")
echo x >> "$here/runs"
run=$(wc -l < "$here/runs")
case "$TRACED_RUN" in
all) exec strace -f -qq -y -o "$here/trace.$run" -e trace="$TRACED_CALLS" ${git} "$@" ;;
$run) ;;
*) exec ${git} "$@" ;;
esac
strace $BROKEN_DEEP -qq -o "$here/trace" -e trace="$TRACED_CALLS" \\
  -e "inject=$TRACED_CALLS:$BROKEN_HOW:when=$BROKEN_CALL" ${git} "$@"
code=$?
if [ $code -gt 128 ] && [ "$BROKEN_HOW" = signal=SIGKILL ]; then
  touch "$here/killed"
  kill -9 $PPID
fi
exit $code
`;

/** Runs orc, and breaks its git. */
export function runWithGit(
  directory: string,
  args: readonly string[],
  { run, calls, call, how, isDeep = false, env = {} }: GitFault,
): Promise<Broken> {
  return withShim(directory, async (bin, shim) => {
    const ended = await repositoryAt(directory).orc(args, {
      env: {
        ...{ ...env, ...shim, TRACED_RUN: String(run), TRACED_CALLS: calls },
        BROKEN_CALL: String(call),
        BROKEN_HOW: how,
        BROKEN_DEEP: isDeep ? "-f" : "",
      },
    });
    const runs = Deno.readTextFileSync(`${bin}/runs`).length / "x\n".length;
    const trace = `${bin}/trace`;
    const isMet = isThere(`${bin}/killed`) ||
      isThere(trace) && Deno.readTextFileSync(trace).includes("(INJECTED)");
    return { ...ended, isMet, runs };
  });
}

/** Runs orc undisturbed; the calls of all its runs of git on files below a directory. */
export function callsOfGit(
  directory: string,
  args: readonly string[],
  { calls, env = {} }: {
    readonly calls: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<readonly Call[]> {
  return withShim(directory, async (bin, shim) => {
    const all = calls.map((name) => `?${name}`).join(",");
    const { code, stderr } = await repositoryAt(directory).orc(args, {
      env: { ...env, ...shim, TRACED_RUN: "all", TRACED_CALLS: all },
    });
    if (code !== 0) throw new Error(`It fails undisturbed: ${stderr}`);
    const found = new Map<string, Call>();
    for (let run = 1; isThere(`${bin}/trace.${run}`); run++) {
      const trace = Deno.readTextFileSync(`${bin}/trace.${run}`);
      for (const call of callsBelow(directory, trace)) {
        const what = `run ${run} ${call.what}`;
        // What several programs do at their nth call is broken in all of them: a directory among it counts.
        const key = `${run} ${call.name} ${call.ordinal}`;
        if (!found.has(key) || isDirectory(call)) {
          found.set(key, { ...call, what });
        }
      }
    }
    return [...found.values()];
  });
}

/** Whether a call opens a directory. */
export function isDirectory({ what }: Call): boolean {
  return what.includes("O_DIRECTORY");
}

const CALL = /^(\d+) +(\w+)\((.*)$/;

function callsBelow(directory: string, trace: string): readonly Call[] {
  const ordinals = new Map<string, number>();
  return trace.split("\n").flatMap((line): Call[] => {
    const [, program, name = "", rest = ""] = CALL.exec(line) ?? [];
    if (program === undefined) return [];
    const key = `${program} ${name}`;
    const ordinal = (ordinals.get(key) ?? 0) + 1;
    ordinals.set(key, ordinal);
    // A name without a slash at its beginning is seen from where git is at work: in the repository.
    const [, path = /^\d+<([^>]*)>/.exec(rest)?.[1] ?? ""] =
      /^(?:AT_FDCWD<[^>]*>, )?"([^"]*)"/.exec(rest) ?? [];
    const isBelow = path.startsWith(`${directory}/`) || /^[^/:]+\//.test(path);
    return isBelow
      ? [{ name, ordinal, what: `${name}(${rest}`, isBroken: false }]
      : [];
  });
}

async function withShim<Result>(
  directory: string,
  use: (
    bin: string,
    env: Readonly<Record<string, string>>,
  ) => Promise<Result>,
): Promise<Result> {
  const bin = `${directory}.bin`;
  Deno.mkdirSync(bin);
  const found = new Deno.Command("sh", { args: ["-c", "command -v git"] });
  const git = new TextDecoder().decode(found.outputSync().stdout).trim();
  Deno.writeTextFileSync(`${bin}/git`, SHIM(git), { mode: 0o755 });
  try {
    return await use(bin, { PATH: `${bin}:${Deno.env.get("PATH")}` });
  } finally {
    Deno.removeSync(bin, { recursive: true });
  }
}
