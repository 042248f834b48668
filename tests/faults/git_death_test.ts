/**
 * Kills the git that orc runs at one of its own calls, and orc right after it, as when a machine is
 * switched off: in each run of git, at one call after another. The next command has to go on.
 */
import { sessionsIn } from "../parallel/whole.ts";
import { isThere } from "../../src/files/read.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { repositoryAt } from "../journey/orc.ts";
import { PERSIST_SCENARIOS } from "./persist_scenario.ts";
import { copyOf } from "./scenario.ts";
import { straceProblem } from "./strace.ts";
import { assert, assertEquals } from "@std/assert";

const isComplete = Deno.env.get("ORC_FAULT_POINTS") === "all";
const problem = straceProblem();

/** What changes files. */
const CALLS = "write,rename,link,linkat,unlink,mkdir";

/** In the place of git: the real one under strace, once it is the turn of this run; who asked dies with it. */
const SHIM = (git: string) =>
  `#!/bin/sh
here=$(dirname "$0")
echo x >> "$here/runs"
if [ "$(wc -l < "$here/runs")" -ne "$KILLED_RUN" ]; then exec ${git} "$@"; fi
strace -o /dev/null -e trace=${CALLS} \\
  -e "inject=${CALLS}:signal=SIGKILL:when=$KILLED_CALL" ${git} "$@"
code=$?
if [ $code -gt 128 ]; then touch "$here/killed"; kill -9 $PPID; fi
exit $code
`;

interface Died {
  /** Whether git was killed there; false where it makes fewer calls. */
  readonly isKilled: boolean;
  /** How often git was run. */
  readonly runs: number;
}

async function dieAt(
  directory: string,
  args: readonly string[],
  { run, call }: { readonly run: number; readonly call: number },
): Promise<Died> {
  const bin = `${directory}.bin`;
  Deno.mkdirSync(bin);
  const found = new Deno.Command("sh", { args: ["-c", "command -v git"] });
  const git = new TextDecoder().decode(found.outputSync().stdout).trim();
  Deno.writeTextFileSync(`${bin}/git`, SHIM(git), { mode: 0o755 });
  await repositoryAt(directory).orc(args, {
    env: {
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      KILLED_RUN: String(run),
      KILLED_CALL: String(call),
    },
  });
  const runs = Deno.readTextFileSync(`${bin}/runs`).length / "x\n".length;
  const isKilled = isThere(`${bin}/killed`);
  Deno.removeSync(bin, { recursive: true });
  return { isKilled, runs };
}

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
          const died = await dieAt(copy, args, { run, call });
          if (died.isKilled) {
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
          for (let call = 1; (await play(run, call)).isKilled; call += step) {
            kills++;
          }
        }
        assert(kills >= 5, `only ${kills} kills`);
        if (isComplete) console.log(`${kills} kills`);
      }),
  });
}
