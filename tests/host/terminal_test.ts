import { readKeys } from "../../src/host/terminal.ts";
import { runScript, type ScriptOptions } from "./script.ts";
import { assertEquals, assertThrows } from "@std/assert";

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

Deno.test("readInput() reads to the end, but not beyond the limit", async () => {
  const source = `
    import { readInput } from "./src/host/terminal.ts";
    console.log(new TextDecoder().decode(readInput(5)));`;
  for (const [text, read] of [["", ""], ["añ", "añ"], ["1234567", "123456"]]) {
    const input = new TextEncoder().encode(text);
    const { stdout } = await runScript(source, { input });
    assertEquals(stdout, `${read}\n`);
  }
});

const PROGRESS = `
  import { openTerminal } from "./src/host/terminal.ts";
  const terminal = openTerminal((name) => Deno.env.get(name));
  for (const line of ["one", "one", "two", undefined, undefined]) {
    terminal.showProgress(line);
  }`;
const TERM = ["--allow-read=src", "--allow-env=TERM"];

Deno.test("showProgress() is silent where error output is no terminal", async () => {
  const { stdout, stderr } = await runScript(PROGRESS, { flags: TERM });
  assertEquals([stdout, stderr], ["", ""]);
});

Deno.test({
  name: "questions and progress drive no terminal, whatever stands in them",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const hostile = String.raw`"Remove \x1b]0;x\x07a\u200bb\u202e?"`;
    const source = `
      import { openTerminal } from "./src/host/terminal.ts";
      const terminal = openTerminal(() => undefined);
      terminal.readLine(${hostile});
      terminal.readHidden(${hostile});
      terminal.showProgress(${hostile});`;
    const { stdout } = await runScript(source, {
      flags: ["--allow-read=src"],
      wrapper: inTerminal,
      input: new TextEncoder().encode("\n\n"),
    });
    const shown = String.raw`Remove \x1b]0;x\x07a\u200bb\u202e?`;
    assertEquals(stdout.split(shown).length, 4, stdout);
    assertEquals(
      ["\x07", "\u200b", "\u202e"].filter((each) => stdout.includes(each)),
      [],
    );
  },
});

Deno.test({
  name: "showProgress() redraws one line of a terminal that can do so",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const shown = "\rone\x1b[K\rtwo\x1b[K\r\x1b[K";
    for (const [term, expected] of [["xterm", shown], ["dumb", ""]] as const) {
      const env = { TERM: term };
      const options = { flags: TERM, env, wrapper: inTerminal };
      assertEquals((await runScript(PROGRESS, options)).stdout, expected);
    }
  },
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

function typed(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).values();
  return readKeys(() => bytes.next().value);
}

Deno.test("readKeys() returns what was typed before Enter", () => {
  assertEquals(typed("größer\rmore"), "größer");
  assertEquals(typed("pasted\nmore"), "pasted");
  assertEquals(typed("\r"), "");
});

Deno.test("readKeys() lets a character or the line be taken back", () => {
  assertEquals(typed("ab\x7fc\r"), "ac");
  assertEquals(typed("aß\x08\x08\x08b\r"), "b");
  assertEquals(typed("wrong\x15right\r"), "right");
});

Deno.test("readKeys() knows the end of input", () => {
  assertEquals(typed(""), undefined);
  assertEquals(typed("\x04"), undefined);
  assertEquals(typed("ab\x04"), "ab");
});

Deno.test("readKeys() ends with the error of a signal on Ctrl-C", () => {
  const error = assertThrows(() => typed("ab\x03"));
  assertEquals((error as Error).name, "Interrupted");
});

Deno.test({
  name: "readHidden() has the terminal show nothing, and gives it back",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const source = `
      import { openTerminal } from "./src/host/terminal.ts";
      const modes = [];
      const setRaw = Deno.stdin.setRaw.bind(Deno.stdin);
      Deno.stdin.setRaw = (mode) => { modes.push(mode); setRaw(mode); };
      const answer = openTerminal(() => undefined).readHidden("Value: ");
      console.log(JSON.stringify([answer?.length, answer?.at(-1), modes]));`;
    const { stdout } = await runScript(source, {
      input: new TextEncoder().encode("correct horse\r"),
      // What arrives before the question would be shown by the terminal itself.
      wrapper: (command) => [
        "script",
        "-qec",
        `stty -echo; ${command}`,
        "/dev/null",
      ],
    });
    const shown = stdout.replaceAll("\r", "").replace("correct horse\n", "");
    assertEquals(shown, 'Value: \n[13,"e",[true,false]]\n');
  },
});
