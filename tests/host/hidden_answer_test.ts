import { readKeys } from "../../src/host/hidden_answer.ts";
import { runScript } from "./script.ts";
import { assertEquals, assertThrows } from "@std/assert";

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
