/**
 * Kills the git that orc runs at one of its own calls, and orc right after it, as when a machine is
 * switched off: in each run of git, at one call after another. The next command has to go on.
 */
import { sessionsIn } from "../parallel/whole.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { repositoryAt } from "../journey/orc.ts";
import { runWithGit } from "./git_shim.ts";
import { PERSIST_SCENARIOS } from "./persist_scenario.ts";
import { copyOf } from "./scenario.ts";
import { straceProblem } from "./strace.ts";
import { assert, assertEquals } from "@std/assert";

const isComplete = Deno.env.get("ORC_FAULT_POINTS") === "all";
const problem = straceProblem();

/** What changes files. */
const CALLS = "write,rename,link,linkat,unlink,mkdir";

for (const { name, args, prepare, isStored, goOn } of PERSIST_SCENARIOS) {
  const part = isComplete ? "all" : "some; all: deno task torture";
  Deno.test({
    name: `orc ${name}: loses nothing when it dies with its git (${
      problem === undefined ? part : `skipped: ${problem}`
    })`,
    ignore: problem !== undefined || !isComplete && !name.endsWith("push"),
    fn: () =>
      withTemporaryDirectory(async (directory) => {
        const prepared = `${directory}/prepared`;
        Deno.mkdirSync(prepared);
        await prepare(repositoryAt(prepared));
        const play = async (run: number, call: number) => {
          const copy = `${prepared}-${crypto.randomUUID()}`;
          const repository = copyOf(prepared, copy);
          const died = await runWithGit(copy, args, {
            ...{ run, call, calls: CALLS, how: "signal=SIGKILL" },
          });
          if (died.isMet) {
            const sessions = await sessionsIn(copy);
            const ended = await goOn(
              repository,
              isStored(sessions, repository),
            );
            const where = `run ${run}, call ${call}`;
            assertEquals(ended.code, 0, `${where}: ${ended.stderr}`);
          }
          Deno.removeSync(copy, { recursive: true });
          return died;
        };
        const { runs } = await play(0, 0);
        const step = isComplete ? 1 : 4;
        let kills = 0;
        for (let run = 1; run <= runs; run += step) {
          for (let call = 1; (await play(run, call)).isMet; call += step) {
            kills++;
          }
        }
        assert(kills >= 5, `only ${kills} kills`);
        if (isComplete) console.log(`${kills} kills`);
      }),
  });
}
