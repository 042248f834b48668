/** The program as it is built. Apart from cli.ts, since a bundle has but one main module. */

import { run as runCli } from "../../cli.ts";

/** Runs the command line of this process and ends it with the exit code. */
export async function run(): Promise<never> {
  if (Deno.args.includes("--verbose")) {
    // Only a bug under this flag shows where it arose: no other start pays for it.
    const { showSourceLines } = await import("./source_lines.ts");
    await showSourceLines();
  }
  return await runCli();
}

// Not awaited: chunks that are loaded later import this one, and would wait for it in turn.
if (import.meta.main) void run();
