/**
 * Breaks real commands at each of their calls on the repository: kills them there, or lets the
 * call fail. What was acknowledged has to be there afterwards, and everything has to go on.
 */
import { withTemporaryDirectory } from "../files/temporary.ts";
import { type Repository, repositoryAt } from "../journey/orc.ts";
import {
  errorsAt,
  type Fault,
  killsAt,
  sample,
  type Scenario,
} from "./fault.ts";
import { problemsAfter } from "./judge.ts";
import { copyOf, SCENARIOS } from "./scenario.ts";
import {
  didBreak,
  didRuntimeDie,
  straceProblem,
  type Traced,
  traceOrc,
} from "./strace.ts";
import { assert, assertEquals } from "@std/assert";

/** Runs at a time: each is a process that waits for another. */
const LANES = 2;

/**
 * How often a call is tried to be met. Which of Deno's threads opens some of the kernel's files
 * is decided anew in each run, so that about every second number is wrong by one.
 */
const MAX_TRIES = 40;

/** Misses after which the calls are counted again: somebody may have changed orc meanwhile. */
const TRIES_OF_A_COUNT = 4;

const isComplete = Deno.env.get("ORC_FAULT_POINTS") === "all";
const problem = straceProblem();

for (const scenario of SCENARIOS) {
  testFaults(scenario, "is killed before a call", killsAt);
  testFaults(scenario, "gets an error from a call", errorsAt);
}

function testFaults(
  scenario: Scenario,
  what: string,
  faultsAt: typeof killsAt,
): void {
  const count = isComplete ? Infinity : scenario.usualCount;
  const part = isComplete
    ? "all"
    : `at most ${count} of them; all: deno task torture`;
  const reason = problem === undefined ? part : `skipped: ${problem}`;
  Deno.test({
    name: `orc ${scenario.name}: loses nothing when it ${what} (${reason})`,
    ignore: problem !== undefined,
    fn: () =>
      withTemporaryDirectory(async (directory) => {
        const prepared = `${directory}/prepared`;
        Deno.mkdirSync(prepared);
        await scenario.prepare(repositoryAt(prepared));
        const calls = await recordedCalls(scenario, prepared);
        const faults = sample(faultsAt(calls), count);
        assert(faults.length >= 10, `there are only ${faults.length} faults`);
        assertEquals(await tryAll(scenario, prepared, faults), []);
        if (isComplete) console.log(`${faults.length} faults`);
      }),
  });
}

/** Lets a command do its work undisturbed, on a copy of its own. */
async function recordedCalls(
  { args }: Scenario,
  prepared: string,
): Promise<Traced["calls"]> {
  const { directory } = newCopyOf(prepared);
  const { code, stderr, calls } = await traceOrc(directory, args);
  Deno.removeSync(directory, { recursive: true });
  if (code !== 0) throw new Error(`It fails undisturbed: ${stderr}`);
  return calls;
}

async function tryAll(
  scenario: Scenario,
  prepared: string,
  faults: readonly Fault[],
): Promise<readonly string[]> {
  const queue = faults.values();
  const problems: string[] = [];
  const lanes = Array.from({ length: LANES }, async () => {
    for (const fault of queue) {
      const found = await tryOne(scenario, prepared, fault);
      problems.push(
        ...found.map((text) =>
          `${fault.breakage} at ${fault.call.what}: ${text}`
        ),
      );
    }
  });
  await Promise.all(lanes);
  return problems;
}

/** Breaks the command once, where it was meant to be broken. */
async function tryOne(
  scenario: Scenario,
  prepared: string,
  wanted: Fault,
): Promise<readonly string[]> {
  let fault = wanted;
  let deaths = 0;
  // A check that runs meanwhile wakes the thread now sooner, now later: its calls count as well.
  const ordinals = [wanted.call.ordinal];
  for (let count = 1; count <= MAX_TRIES; count++) {
    const repository = newCopyOf(prepared);
    try {
      const { directory } = repository;
      const traced = await traceOrc(directory, scenario.args, fault);
      if (didRuntimeDie(traced)) deaths++;
      if (didBreak(traced, fault)) {
        return await problemsAfter(traced, { scenario, fault, repository });
      }
      const missed = traced.calls.find(({ what }) => what === wanted.call.what);
      if (missed !== undefined) ordinals.push(missed.ordinal);
    } finally {
      Deno.removeSync(repository.directory, { recursive: true });
    }
    if (count % TRIES_OF_A_COUNT === 0) {
      const calls = await recordedCalls(scenario, prepared);
      const call = calls.find(({ what }) => what === wanted.call.what);
      if (call !== undefined) ordinals.push(call.ordinal);
    }
    const last = ordinals.at(-1 - (count % Math.min(4, ordinals.length)));
    const ordinal = last ?? wanted.call.ordinal;
    fault = { ...wanted, call: { ...wanted.call, ordinal } };
  }
  if (deaths > MAX_TRIES / 4) {
    console.log(`${wanted.breakage} at ${wanted.call.what}: ends the runtime`);
    return [];
  }
  return [`the call was not met in ${MAX_TRIES} runs`];
}

function newCopyOf(prepared: string): Repository {
  return copyOf(prepared, `${prepared}-${crypto.randomUUID()}`);
}
