import { assertEquals } from "@std/assert";
import { runScript, type ScriptOptions } from "./script.ts";

const FACTS = `
  import { openTerminal } from "./src/host/terminal.ts";
  const terminal = openTerminal((name) => Deno.env.get(name));
  const { isInteractive, isOutputTerminal, isErrorTerminal, columns } = terminal;
  console.log(JSON.stringify([isInteractive, isOutputTerminal, isErrorTerminal, columns]));
`;

const QUESTIONS = `
  import { openTerminal } from "./src/host/terminal.ts";
  const terminal = openTerminal(() => undefined);
  const answers = ["First? ", "Second? ", "Third? ", "Fourth? "]
    .map((question) => terminal.readLine(question) ?? null);
  console.log(JSON.stringify(answers));
`;

const FLAGS = ["--allow-read=src", "--allow-env=CI,GITHUB_ACTIONS,COLUMNS"];

async function factsOf(
  env: Readonly<Record<string, string>>,
  wrapper?: ScriptOptions["wrapper"],
): Promise<unknown> {
  const options = { flags: FLAGS, env: { CI: "", ...env } };
  const { stdout } = await runScript(
    FACTS,
    wrapper ? { ...options, wrapper } : options,
  );
  return JSON.parse(stdout);
}

Deno.test("openTerminal() knows that pipes are no terminal", async () => {
  assertEquals(await factsOf({ COLUMNS: "" }), [false, false, false, 80]);
  assertEquals(await factsOf({ COLUMNS: "120" }), [false, false, false, 120]);
  assertEquals(await factsOf({ COLUMNS: "-1" }), [false, false, false, 80]);
});

/** Runs a command in a terminal of its own; only this `script` takes these flags. */
function inTerminal(command: string): readonly string[] {
  return ["script", "-qec", `stty cols 100; ${command}`, "/dev/null"];
}

Deno.test({
  name: "openTerminal() takes a terminal for interactive, unless a CI runs it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const terminal = { GITHUB_ACTIONS: "" };
    assertEquals(await factsOf(terminal, inTerminal), [true, true, true, 100]);
    for (const name of ["CI", "GITHUB_ACTIONS"]) {
      const env = { ...terminal, [name]: "true" };
      assertEquals(await factsOf(env, inTerminal), [false, true, true, 100]);
    }
  },
});

Deno.test("readLine() asks on standard error and reads one line at a time", async () => {
  const { stdout, stderr } = await runScript(QUESTIONS, {
    input: new TextEncoder().encode("añ\r\n\nlast"),
  });
  assertEquals(JSON.parse(stdout), ["añ", "", "last", null]);
  assertEquals(stderr, "First? Second? Third? Fourth? ");
});

Deno.test("readLine() leaves what follows to other readers", async () => {
  const source = `
    import { openTerminal } from "./src/host/terminal.ts";
    openTerminal(() => undefined).readLine("");
    const rest = new Uint8Array(100);
    const size = Deno.stdin.readSync(rest) ?? 0;
    console.log(new TextDecoder().decode(rest.subarray(0, size)));`;
  const { stdout } = await runScript(source, {
    input: new TextEncoder().encode("yes\nrest"),
  });
  assertEquals(stdout, "rest\n");
});

Deno.test("readLine() reads an endless line in bounded memory", async () => {
  const { stdout } = await runScript(QUESTIONS, {
    input: new TextEncoder().encode("x".repeat(100_000) + "\ny"),
  });
  assertEquals(JSON.parse(stdout), ["x".repeat(4096), "y", null, null]);
});
