/**
 * The command line of orc.
 *
 * @module
 */
import { main } from "./src/cli/main.ts";
import { programHost } from "./src/host/signals.ts";

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

if (import.meta.main) await run();
