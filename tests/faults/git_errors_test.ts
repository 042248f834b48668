/**
 * Lets the calls of the git that orc runs fail, and those of the programs that it starts, as on a disk that
 * is full or broken, or where nobody may open another file. Nothing is half done, orc says what kept it
 * from its work, and the next command does it.
 */
import { withTemporaryDirectory } from "../files/temporary.ts";
import { repositoryAt } from "../journey/orc.ts";
import { errorsAt, sample, TRACED_CALLS } from "./fault.ts";
import { callsOfGit, isDirectory, runWithGit } from "./git_shim.ts";
import { problemsAfter } from "./judge.ts";
import { BRANCH_SCENARIO, PERSIST_SCENARIOS } from "./persist_scenario.ts";
import { copyOf } from "./scenario.ts";
import { straceProblem } from "./strace.ts";
import { assert, assertEquals } from "@std/assert";

/** Failures at a time. */
const LANES = 2;

const isComplete = Deno.env.get("ORC_FAULT_POINTS") === "all";
const problem = straceProblem();

for (const scenario of [...PERSIST_SCENARIOS, BRANCH_SCENARIO]) {
  const count = isComplete ? Infinity : scenario.usualCount;
  const part = isComplete ? "all" : `${count}; all: deno task torture`;
  const { name, args, env = {} } = scenario;
  Deno.test({
    name: `orc ${name}: loses nothing when a call of its git fails (${
      problem === undefined ? part : `skipped: ${problem}`
    })`,
    ignore: problem !== undefined,
    fn: () =>
      withTemporaryDirectory(async (directory) => {
        const prepared = `${directory}/prepared`;
        Deno.mkdirSync(prepared);
        await scenario.prepare(repositoryAt(prepared));
        const recorded = `${prepared}-recorded`;
        copyOf(prepared, recorded);
        const calls = await callsOfGit(recorded, args, {
          ...{ calls: TRACED_CALLS, env },
        });
        // A directory of references that git cannot open it takes for an empty one, and says nothing.
        const told = calls.filter((call) => !isDirectory(call));
        const faults = sample(errorsAt(told), count);
        assert(faults.length >= 10, `there are only ${faults.length} faults`);
        const problems: string[] = [];
        let met = 0;
        const queue = faults.values();
        const lane = async () => {
          for (const fault of queue) {
            const { breakage, call } = fault;
            const copy = `${prepared}-${crypto.randomUUID()}`;
            const repository = copyOf(prepared, copy);
            const broken = await runWithGit(copy, args, {
              ...{ run: runOf(call.what), calls: call.name, isDeep: true },
              ...{ call: call.ordinal, how: `error=${breakage}`, env },
            });
            if (broken.isMet) {
              met++;
              const ended = { ...broken, calls: [] };
              const how = { scenario, fault, repository };
              const found = await problemsAfter(ended, how);
              const where = `${breakage} at ${call.what}`;
              problems.push(...found.map((text) => `${where}: ${text}`));
              // Such a run takes long: whoever waits for it sees at once what it found.
              if (isComplete && found.length > 0) console.log(problems.at(-1));
            }
            Deno.removeSync(copy, { recursive: true });
          }
        };
        await Promise.all(Array.from({ length: LANES }, lane));
        assertEquals(problems, []);
        // Some calls are made only now and then.
        assert(met >= faults.length * 0.8, `only ${met} of ${faults.length}`);
        if (isComplete) console.log(`${met} failures`);
      }),
  });
}

/** Which run of git a call is of. */
function runOf(what: string): number {
  return Number(/^run (\d+) /.exec(what)?.[1]);
}
