import { listedProcess } from "../../src/host/liveness.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { runScript } from "./script.ts";
import { assert, assertEquals } from "@std/assert";

/** Runs a shell command that signals orc, and returns what is then printed about the error. */
async function interrupt(shell: string, before = ""): Promise<string> {
  const request = {
    command: { shell },
    workingDirectory: ".",
    timeoutMs: 20_000,
  };
  const { stdout, code } = await runScript(
    `import { runInterruptibly as runProgram } from "./src/host/signals.ts";
     ${before}
     await runProgram(${JSON.stringify(request)}).catch((error) => {
       console.log(error.name, error.signal);
       Deno.exit(error.exitCode);
     });`,
    { flags: ["-A"] },
  );
  return `${stdout.trim()} ${code}`;
}

Deno.test("runInterruptibly() ends the program when a signal reaches orc", async () => {
  await withTemporaryDirectory(async (directory) => {
    const exitCodes = { HUP: 129, INT: 130, TERM: 143 };
    for (const [signal, exitCode] of Object.entries(exitCodes)) {
      const [name, caught, code] = (await interrupt(
        `sleep 30 & echo $! > '${directory}/pid'; kill -${signal} $PPID; wait`,
      )).split(" ");
      assertEquals([name, caught], ["Interrupted", `SIG${signal}`]);
      assertEquals(code, `${exitCode}`);
      const pid = Number(Deno.readTextFileSync(`${directory}/pid`));
      assert(listedProcess(pid)?.isDefunct ?? true);
    }
  });
});

Deno.test("runInterruptibly() kills at once at the second signal", async () => {
  await withTemporaryDirectory(async (directory) => {
    const late = `${directory}/late`;
    // No time passes for orc, so that the grace period never ends.
    const answer = await interrupt(
      `trap '' TERM; kill -INT $PPID; kill -HUP $PPID; sleep 10; touch '${late}'`,
      "performance.now = () => 0;",
    );
    assertEquals(answer.split(" ")[0], "Interrupted");
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("runInterruptibly() gives signals back their action afterwards", async () => {
  const { signal, stdout } = await runScript(
    `import { runInterruptibly as runProgram } from "./src/host/signals.ts";
     await runProgram({ command: ["true"], workingDirectory: ".", timeoutMs: 9999 });
     console.log("run");
     Deno.kill(Deno.pid, "SIGINT");
     setTimeout(() => {}, 30_000);`,
    { flags: ["-A"] },
  );
  assertEquals([stdout, signal], ["run\n", "SIGINT"]);
});

const HOLD_AND_SIGNAL = `
import { holdSignals } from "./src/host/signals.ts";
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
import { holdSignals } from "./src/host/signals.ts";
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
import { holdSignals } from "./src/host/signals.ts";
holdSignals().release();
`);
  assertEquals([code, stderr], [0, ""]);
});

/** What is loaded with a module, without what it imports only when it is needed. */
async function loadedWith(path: string): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout));
  const loaded = new Set<string>(roots);
  for (const specifier of loaded) {
    const module = modules.find((each: { specifier: string }) =>
      each.specifier === specifier
    );
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}

Deno.test("holdSignals() costs a change no module of Node and no package", async () => {
  const loaded = await loadedWith("src/host/signals.ts");
  assert(loaded.length > 1, "modules were found");
  assertEquals(loaded.filter((each) => !each.startsWith("file:")), []);
});
