/** How orc ends when it is told to, while it runs a check. */
import { inRepository } from "../journey/orc.ts";
import { startOrc, until } from "../parallel/orc_process.ts";
import { problemsIn } from "../parallel/whole.ts";
import { assertEquals } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: slow, name: Slow, verification: {type: command, command: sh check.sh}}
`;

/** Says that it runs, and that it was ended. */
const CHECK = `trap 'echo > ended; exit 1' TERM INT HUP
echo > running
while :; do sleep 0.05; done
`;

function hasFile(directory: string, name: string): boolean {
  return Array.from(Deno.readDirSync(directory)).some((entry) =>
    entry.name === name
  );
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `${signal} ends orc and its check, with exit code ${
      EXIT_CODES[signal]
    }`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inRepository(async ({ directory, result, write }) => {
        await write("workflow.yaml", WORKFLOW);
        await write("check.sh", CHECK);
        await result(["start", "Wait"]);
        const orc = startOrc(directory, ["complete", "slow"]);
        await until("running", () => hasFile(directory, "running"));
        Deno.kill(orc.pid, signal);
        assertEquals((await orc.ended).code, EXIT_CODES[signal]);
        assertEquals(hasFile(directory, "ended"), true);
        assertEquals((await result(["status"])).progress.completed, 0);
        assertEquals(await problemsIn(directory), []);
      }),
  });
}
