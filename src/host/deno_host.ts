import { hexOf } from "../base/checksum.ts";
import { external, usage } from "../base/error.ts";
import { isAbsolutePath, normalisePath } from "../base/path.ts";
import { instantOf } from "../base/time.ts";
import { ifAllowed, isGranted } from "../files/read.ts";
import { detectAgent } from "./agents.ts";
import type { Host } from "./host.ts";
import { livenessOf, ownIdentity } from "./liveness.ts";
import { openTerminal, readInput } from "./terminal.ts";

/**
 * Opens this machine for orc. What takes long to load is loaded by the first call that needs it.
 *
 * It touches no signals: they belong to the program that calls.
 *
 * Requires no permission by itself: a variable that may not be read counts as unset. With
 * `--allow-read`, `--allow-run` and `--allow-sys=hostname` it tells at once that the holder of a
 * lock is dead; otherwise the lock it left behind keeps others waiting.
 */
export function denoHost(): Host {
  return {
    get workingDirectory() {
      return workingDirectory();
    },
    terminal: openTerminal(readVariable),
    now: () => instantOf(Date.now()),
    localNow: () => localTime(new Date()),
    env: readVariable,
    readInput,
    newToken,
    idSource,
    homeDirectory,
    identity: ownIdentity,
    livenessOf,
    runProgram: async (request) => {
      const { runProgram } = await import("./process.ts");
      return runProgram(request);
    },
    agentAbove: async () => (await import("./ancestors.ts")).findAgentAbove(),
    caller: () => ({ agent: detectAgent(manyVariables()), approval: null }),
  };
}

function workingDirectory(): string {
  try {
    return normalisePath(Deno.cwd());
  } catch (cause) {
    const isUnreadable = cause instanceof Error && cause.name === "InvalidData";
    throw external(
      "no_working_directory",
      isUnreadable
        ? "Cannot use the working directory: its path is not valid Unicode"
        : "Cannot find the working directory: it no longer exists",
      { hint: "change to another directory, or use --root", cause },
    );
  }
}

function readVariable(name: string): string | undefined {
  if (!isReadable(name)) return undefined;
  try {
    return Deno.env.get(name);
  } catch (cause) {
    throw usage(
      "environment_invalid",
      `Cannot read the environment variable "${name}": it is not valid Unicode`,
      { hint: `unset ${name}`, cause },
    );
  }
}

/** For whoever asks for dozens of variables: they are read at once, if they all may and can be. */
function manyVariables(): Host["env"] {
  const all = ifAllowed({ name: "env" }, () => Deno.env.toObject());
  return all === undefined ? readVariable : (name) => all[name];
}

/** Asked once for all variables where all are granted: one by one, it takes as long as a file. */
let isAllReadable: boolean | undefined;

function isReadable(variable: string): boolean {
  isAllReadable ??= isGranted({ name: "env" });
  return isAllReadable || isGranted({ name: "env", variable });
}

/** Local time in the form of Python's `isoformat()`, which counts microseconds. */
function localTime(date: Date): string {
  const offsetMs = date.getTimezoneOffset() * 60_000;
  const local = new Date(date.getTime() - offsetMs).toISOString();
  return `${local.slice(0, -1)}000`;
}

function newToken(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

async function idSource(): Promise<() => string> {
  const { monotonicUlid } = await import("@std/ulid");
  // At the very first millisecond of all clocks, the library fails.
  return () => monotonicUlid(Date.now() || 1).toLowerCase();
}

function homeDirectory(): string | undefined {
  const path = readVariable("HOME") || readVariable("USERPROFILE");
  return path && isAbsolutePath(path) ? normalisePath(path) : undefined;
}
