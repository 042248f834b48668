/**
 * The command line of orc.
 *
 * @module
 */
import { main } from "./src/cli/main.ts";
import { denoHost } from "./src/host/deno_host.ts";
import type { Host, ProgramRequest } from "./src/host/host.ts";

/**
 * Runs the command line of this process and ends it with the exit code.
 *
 * Requires `--allow-read` and `--allow-write`; what a command needs besides
 * stands in its help. Errors are printed and become the exit code.
 *
 * @example
 * ```ts
 * import { run } from "@orc/cli/cli";
 *
 * if (import.meta.main) await run();
 * ```
 */
export async function run(): Promise<never> {
  Deno.exit(await main(Deno.args, programHost()));
}

/** A machine whose signals are orc's own; what knows them is loaded by whoever changes something. */
function programHost(): Host {
  const signals = () => import("./src/host/signals.ts");
  // No copy: that would ask for the working directory, which may be gone.
  return Object.assign(denoHost(), {
    holdSignals: async () => (await signals()).holdSignals(),
    runProgram: async (request: ProgramRequest) =>
      await (await signals()).runInterruptibly(request),
  });
}

if (import.meta.main) await run();
