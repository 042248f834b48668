import { OrcError } from "../base/error.ts";
import type { Host, ProgramResult } from "../host/host.ts";

/** Git takes longer only where it waits for something; nobody waits for it here. */
const GIT_TIMEOUT_MS = 5_000;

/** Runs nothing that the configuration of a repository names: neither monitors nor hooks. */
const INERT_GIT = [
  "git",
  "--no-pager",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
] as const;

const NOTHING = "ORCHESTRATOR_NOTHING";

/**
 * Reads only, asks nobody, and reaches no other machine: a partial clone would
 * fetch what it lacks with a program that its configuration names.
 */
const INERT_VARIABLES = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "",
  [NOTHING]: "",
} as const;

const LIST_FILTERS = [
  "config",
  "-z",
  "--name-only",
  "--get-regexp",
  String.raw`^filter\.`,
] as const;

/** How `git config` ends where nothing is set. */
const NOTHING_FOUND = 1;

/** What stands where a long output was cut. */
export const CUT = "\n… ";

/**
 * Runs git in a repository that nobody vouches for: no program that its
 * configuration names is run. Undefined where git cannot be run, or cannot be
 * kept from that.
 */
export async function runInertGit(
  host: Host,
  workingDirectory: string,
  words: readonly string[],
): Promise<string | undefined> {
  try {
    const run = (more: readonly string[]) =>
      host.runProgram({
        command: [...INERT_GIT, ...more],
        workingDirectory,
        timeoutMs: GIT_TIMEOUT_MS,
        variables: INERT_VARIABLES,
      });
    const overrides = withoutFilters(await run(LIST_FILTERS));
    if (overrides === undefined) return undefined;
    const { exitCode, problem, stdout } = await run([...overrides, ...words]);
    return exitCode === 0 && problem === null ? stdout : undefined;
  } catch (error) {
    if (error instanceof OrcError && error.kind === "denied") return undefined;
    throw error;
  }
}

/**
 * Options that turn off each filter by its name, for there is no option for all;
 * undefined where not all names are known.
 */
function withoutFilters(
  { exitCode, problem, stdout, notUtf8 }: ProgramResult,
): readonly string[] | undefined {
  if (problem !== null) return undefined;
  if (exitCode === NOTHING_FOUND) return [];
  const isWhole = !stdout.includes(CUT) && !notUtf8.includes("stdout");
  if (exitCode !== 0 || !isWhole) return undefined;
  const keys = stdout.split("\0")
    .filter((key) => /\.(?:clean|process|required)$/.test(key));
  // Unlike `-c`, this takes a name with "=" in it.
  return [...new Set(keys)].map((key) => `--config-env=${key}=${NOTHING}`);
}
