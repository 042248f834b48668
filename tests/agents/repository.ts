import { orc } from "../commands/orc.ts";
import { type Repository, repositoryAt, type Result } from "../journey/orc.ts";
import { type Machine, machineNumber, stateOf } from "../work/fixtures.ts";

let commands = 0;

/** Plays orc in this process, which tries hundreds of commands in the time of a few. */
export function quickRepository(directory: string): Repository {
  const repository: Repository = {
    ...repositoryAt(directory),
    orc: async (args, { env = {} } = {}) => {
      // Each command is a process of its own, with ids of its own.
      const number = machineNumber(1 + commands++);
      const own = machineOf(args, env);
      const machine = { programs: "real", number, ...own } as const;
      const { exitCode, out, err } = await orc(directory, args, machine);
      return { code: exitCode, stdout: out, stderr: err };
    },
    result: async (args, options) => {
      const ended = await repository.orc([...args, "--full"], options);
      if (ended.code !== 0) throw new Error(ended.stdout);
      const answer: { readonly result: Result } = JSON.parse(ended.stdout);
      return answer.result;
    },
  };
  return repository;
}

/** Where the player lets a setting approve, a human sits at a terminal and types the word. */
function machineOf(
  [, word = ""]: readonly string[],
  env: Readonly<Record<string, string>>,
): Machine {
  const { ORCHESTRATOR_APPROVALS: approvals, ...environment } = env;
  const isHuman = approvals === "any" && environment.CLAUDECODE === undefined;
  return isHuman ? { environment, answers: [word] } : { environment: env };
}

/** The phase the only session is in, read as any program would. */
export function phaseIn(directory: string): string {
  const [entry] = Deno.readDirSync(`${directory}/.orchestrator/sessions`);
  return stateOf(directory, entry?.name).current_phase_id;
}
