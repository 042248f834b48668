import { main } from "../../src/cli/main.ts";
import { denoHost } from "../../src/host/deno_host.ts";

/** Runs orc, then says on error output how much memory this process had at most. */
const exitCode = await main(Deno.args, denoHost());
const status = Deno.readTextFileSync("/proc/self/status");
console.error(/^VmHWM:.*$/m.exec(status)?.[0]);
Deno.exit(exitCode);
