/**
 * The command line of orc.
 *
 * @module
 */

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
export declare function run(): Promise<never>;
