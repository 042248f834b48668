import { orc } from "../commands/orc.ts";
import type { Ended, Repository, Result } from "../journey/orc.ts";
import { type Machine, stateOf } from "../work/fixtures.ts";

/** Plays orc in this process, which tries hundreds of commands in the time of a few. */
export function quickRepository(directory: string): Repository {
  const run = async (
    args: readonly string[],
    machine: Machine,
  ): Promise<Ended> => {
    const { exitCode, out, err } = await orc(directory, args, {
      programs: "real",
      ...machine,
    });
    return { code: exitCode, stdout: out, stderr: err };
  };
  const repository: Repository = {
    directory,
    orc: (args, { env = {} } = {}) => run(args, machineOf(args, env)),
    result: async (args, options) => {
      const ended = await repository.orc([...args, "--json"], options);
      if (ended.code !== 0) throw new Error(ended.stdout);
      const answer: { readonly result: Result } = JSON.parse(ended.stdout);
      return answer.result;
    },
    run: (program, ...args) => execute(directory, program, args),
    write: (path, text) => write(`${directory}/${path}`, text),
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

async function execute(
  cwd: string,
  program: string,
  args: readonly string[],
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`${program}: ${decode(stderr)}`);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

async function write(file: string, text: string): Promise<void> {
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(file, text);
}

/** The phase the only session is in, read as any program would. */
export function phaseIn(directory: string): string {
  const [entry] = Deno.readDirSync(`${directory}/.orchestrator/sessions`);
  return stateOf(directory, entry?.name).current_phase_id;
}
