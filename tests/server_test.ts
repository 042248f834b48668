/** A program that calls orc as a library keeps its signals; `deno task npm` proves it on Node, too. */
import { assertEquals } from "@std/assert";

for (const count of [100, 400]) {
  Deno.test({
    name:
      `${count} changes at once are stored while the caller handles SIGTERM itself`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "tests/npm/server.ts", String(count)],
        stderr: "inherit",
      }).output();
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
        stored: count,
        rejected: [],
        signals: 1,
        warnings: [],
      });
    },
  });
}
