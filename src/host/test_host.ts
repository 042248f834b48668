import { usage } from "../base/error.ts";
import { assertOptions } from "../base/text.ts";
import type { Host, ProgramRequest, ProgramResult } from "./host.ts";

/** What a test says about its machine; every member of a {@linkcode Host} may be replaced too. */
export interface TestHostOptions extends Partial<Omit<Host, "now">> {
  /** When everything happens, such as `2026-01-02T03:04:05Z`, or what tells it. */
  readonly now?: string | (() => string);
  /** All variables that are set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a human types, one answer for each question; undefined is the end of input. Without it nobody can be asked. */
  readonly answers?: readonly (string | undefined)[];
  /** Keeps ids and tokens of several machines on one repository apart: 0 to 999. */
  readonly number?: number;
}

/** A machine on which nothing happens by chance, and what it was asked for. */
export interface TestHost extends Host {
  /** What a human was asked, one after the other. */
  readonly questions: readonly string[];
  /** The programs that were to run, one after the other. */
  readonly requests: readonly ProgramRequest[];
}

/** When everything happens, unless a test says otherwise. */
const NOW = "2026-01-02T03:04:05Z";

/** The compiler sees to it that none is missing. */
const NAMES: Readonly<Record<keyof TestHostOptions, true>> = {
  now: true,
  environment: true,
  answers: true,
  number: true,
  workingDirectory: true,
  terminal: true,
  localNow: true,
  env: true,
  readInput: true,
  newToken: true,
  idSource: true,
  homeDirectory: true,
  identity: true,
  livenessOf: true,
  holdSignals: true,
  runProgram: true,
  caller: true,
  agentAbove: true,
  approve: true,
};

/** How a program ends unless a test says otherwise. */
export const ENDED_WELL: ProgramResult = {
  exitCode: 0,
  stdout: "",
  stderr: "",
  notUtf8: [],
  durationSeconds: 0.25,
  problem: null,
};

/**
 * Makes a machine for tests: the clock stands still, ids are counted, no variable is set, no program
 * runs (each ends well) and nobody can be asked, unless the test says otherwise. Files are real ones.
 *
 * Requires no permission.
 *
 * @example
 * ```ts
 * import { openRepository, testHost } from "@orc/cli";
 *
 * const host = testHost({ now: "2026-05-06T07:08:09Z" });
 * const root = await Deno.makeTempDir();
 * const session = await (await openRepository({ root, host })).start("Add login");
 * for await (const { at } of session.events()) console.log(at); // 2026-05-06T07:08:09Z
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @throws {OrcError} `invalid_number` (usage) for a `number` that is none from 0 to 999
 * @throws {OrcError} `unknown_option` (usage), with the name that may be meant
 */
export function testHost(options: TestHostOptions = {}): TestHost {
  assertOptions(options, Object.keys(NAMES));
  const { now = NOW, environment = {}, answers, number = 0, ...own } = options;
  if (!Number.isInteger(number) || number < 0 || number > 999) {
    throw usage(
      "invalid_number",
      `The number of a test host is ${number}, not one from 0 to 999`,
      "give each host of a repository its own, such as number: 1",
    );
  }
  const instant = typeof now === "string" ? () => now : now;
  const questions: string[] = [];
  const requests: ProgramRequest[] = [];
  const answer = (question: string) => answers?.[questions.push(question) - 1];
  let ids = 0;
  let tokens = 0;
  const host: Host = {
    workingDirectory: "/nowhere",
    terminal: {
      isInteractive: answers !== undefined,
      isOutputTerminal: false,
      isErrorTerminal: answers !== undefined,
      columns: 80,
      readLine: answer,
      readHidden: answer,
      showProgress: () => {},
    },
    now: instant,
    localNow: () => `${instant().slice(0, 19)}.000000`,
    env: (name) => environment[name],
    readInput: () => new Uint8Array(),
    newToken: () => tokenOf(number, tokens++),
    idSource: () => Promise.resolve(() => idOf(number, ids++)),
    homeDirectory: () => undefined,
    identity: () => ({
      pid: 4711 + number,
      start: "123456",
      startedAtMs: 0,
      boot: "",
      namespace: "",
      host: "test",
      runtime: "test",
    }),
    livenessOf: () => "alive",
    runProgram: () => Promise.resolve(ENDED_WELL),
    caller: () => ({ agent: null, approval: null }),
    ...own,
  };
  const runProgram: Host["runProgram"] = async (request) => {
    requests.push(request);
    return await host.runProgram(request);
  };
  return { ...host, runProgram, questions, requests };
}

/** Eight digits of its own at the beginning, of which other ids are made. */
function tokenOf(machine: number, count: number): string {
  return [machine, count].map((part) => part.toString(16).padStart(4, "0"))
    .join("").padEnd(32, "0");
}

/** Like a ULID, ascending and in lower case. */
function idOf(machine: number, count: number): string {
  const head = `01kk${String(machine).padStart(2, "0")}`;
  return head + String(count).padStart(26 - head.length, "0");
}
