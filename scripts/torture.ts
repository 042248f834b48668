/**
 * Tortures the store: many processes change one session, while others of them are killed and
 * stopped; afterwards each call of real commands is broken. Prints what was acknowledged and
 * what is there, and ends with 1 if anything was lost.
 *
 * @module
 */
import { breakEachCall } from "./torture/fault_points.ts";
import { parseOptions, USAGE } from "./torture/options.ts";
import { torture } from "./torture/torture.ts";
import { report, violations } from "./torture/verdict.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  const outcome = await torture(options);
  console.log(report(outcome));
  const found = violations(outcome);
  for (const violation of found) console.error(violation);
  const isUnbroken = options.faultPoints === "none" || await breakEachCall();
  return found.length === 0 && isUnbroken ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
