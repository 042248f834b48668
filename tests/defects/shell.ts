import { main } from "../../src/cli/main.ts";
import type { ProgramRequest } from "../../src/host/host.ts";
import { captureStreams } from "../cli/fake.ts";
import type { Ran } from "../commands/orc.ts";
import { fixedHost, type Machine, machineNumber } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** What a test may say about the machine of one command. */
export interface Circumstances extends Machine {
  /** What happens while the program of a check runs, which then ends well. */
  readonly meanwhile?: (request: ProgramRequest) => Promise<unknown>;
}

/** Runs one command line. */
export type Shell = (
  argv: readonly string[],
  circumstances?: Circumstances,
) => Promise<Ran>;

/** Runs command lines in a directory as people type them, each a process of its own. */
export function shellIn(directory: string): Shell {
  let commands = 0;
  return async (argv, { meanwhile, ...machine } = {}) => {
    const streams = captureStreams();
    const number = machineNumber(commands++);
    const host = fixedHost({
      workingDirectory: directory,
      number,
      ...machine,
    });
    const runProgram = async (request: ProgramRequest) => {
      await meanwhile?.(request);
      return await host.runProgram(request);
    };
    const exitCode = await main(argv, { ...host, runProgram }, { streams });
    return { exitCode, out: streams.out, err: streams.err };
  };
}

/** The result of a command that succeeds, as a program reads it. */
// deno-lint-ignore no-explicit-any
export async function resultOf(shell: Shell, argv: string[]): Promise<any> {
  const { exitCode, out } = await shell([...argv, "--full"]);
  assertEquals(exitCode, 0, out);
  return JSON.parse(out).result;
}

/** Runs a command that must end with an exit code; tells what it said if it does not. */
export async function expectExit(
  exitCode: number,
  shell: Shell,
  argv: readonly string[],
): Promise<Ran> {
  const ran = await shell(argv);
  assertEquals(ran.exitCode, exitCode, `${argv.join(" ")}: ${ran.err}`);
  return ran;
}
