import { runScript } from "./script.ts";
import { assertEquals } from "@std/assert";

const HOLD_AND_SIGNAL = `
import { holdSignals } from "./src/host/signal_hold.ts";
const hold = holdSignals();
Deno.kill(Deno.pid, "SIGTERM");
await new Promise((resolve) => {
  const look = () => {
    try {
      hold.throwIfCaught();
      setTimeout(look, 1);
    } catch (error) {
      console.log(error.name, error.signal);
      resolve(undefined);
    }
  };
  look();
});
try {
  hold.release();
} catch (error) {
  Deno.exit(error.exitCode);
}
`;

Deno.test({
  name: "holdSignals() keeps a signal waiting until it is released",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { code, stdout } = await runScript(HOLD_AND_SIGNAL, {
      flags: ["--allow-read=src", "--allow-run"],
    });
    assertEquals([code, stdout], [143, "Interrupted SIGTERM\n"]);
  },
});

Deno.test({
  name: "holdSignals() gives the signals their effect back",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { signal } = await runScript(
      `
import { holdSignals } from "./src/host/signal_hold.ts";
holdSignals().release();
Deno.kill(Deno.pid, "SIGTERM");
await new Promise((resolve) => setTimeout(resolve, 60_000));
`,
      { flags: ["--allow-read=src", "--allow-run"] },
    );
    assertEquals(signal, "SIGTERM");
  },
});

Deno.test("holdSignals() needs no permission", async () => {
  const { code, stderr } = await runScript(`
import { holdSignals } from "./src/host/signal_hold.ts";
holdSignals().release();
`);
  assertEquals([code, stderr], [0, ""]);
});
