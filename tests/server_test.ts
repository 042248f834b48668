/** A program that calls orc as a library keeps its signals and its memory; `deno task npm` proves it on Node, too. */
import { assert, assertEquals } from "@std/assert";

/** Less than 800 updates would leave behind, if a state, a session or an answer stayed of each. */
const MAX_GROWN_BYTES = 2 * 1024 * 1024;

for (const count of [100, 400, 1000]) {
  Deno.test({
    name:
      `${count} changes at once are stored while the caller handles SIGTERM itself`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      assertEquals(await runConsumer("server.ts", count), {
        stored: count,
        rejected: [],
        signals: 1,
        warnings: [],
      });
    },
  });
}

Deno.test("a server needs no more memory after many updates of many sessions", async () => {
  const { grownBytes, ...said } = await runConsumer("endurance.ts", 1000, 1000);
  assertEquals(said, { stored: 1000, rejected: [], warnings: [] });
  assert(
    Number(grownBytes) < MAX_GROWN_BYTES,
    `it grew by ${grownBytes} bytes`,
  );
});

/** Runs a consumer of the library in a process of its own; returns what it says. */
async function runConsumer(
  name: string,
  ...counts: readonly number[]
): Promise<Record<string, unknown>> {
  const program = ["--v8-flags=--expose-gc", `tests/npm/${name}`];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...program, ...counts.map(String)],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
