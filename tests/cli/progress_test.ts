import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

const WORKFLOW = `name: Slow
phases:
  - id: DO
    name: Do
    items:
      - {id: slow, name: Slow, verification: {type: command, command: "echo '3 of 9'; sleep 1.7"}}
      - {id: fast, name: Fast, verification: {type: command, command: "echo fast; sleep 0.4"}}
`;

const SHOWN = "\rChecking slow, 1 s: 3 of 9\x1b[K";
const CLEARED = "\r\x1b[K";

/** Runs a shell line in a terminal, with a session at hand; returns what the terminal got. */
async function inTerminal(
  line: string,
  look: (shown: string, root: string) => void,
): Promise<void> {
  await withTemporaryDirectory(async (root) => {
    writeTree(root, { "workflow.yaml": WORKFLOW });
    const orc = `"${Deno.execPath()}" run -A "${CLI}" --root "${root}"`;
    const started = await run("sh", "-c", `${orc} start Task 2>&1`);
    assert(started.startsWith("Session "), started);
    const typed = `stty cols 60; cd "${root}"; ${
      line.replaceAll("orc ", `${orc} `)
    }`;
    look(await run("script", "-qec", typed, "/dev/null"), root);
  });
}

async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, {
    args,
    env: { TERM: "xterm", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "orc complete shows on a terminal how far a long check is",
  ignore,
  fn: () =>
    inTerminal("orc complete slow", (shown) => {
      const [before, result = "", ...more] = shown.split(CLEARED);
      assertEquals([before, more], [SHOWN, []]);
      assert(result.startsWith('Completed item "slow"'), result);
    }),
});

Deno.test({
  name: "orc complete says nothing of a short check, and with --quiet of none",
  ignore,
  fn: () =>
    inTerminal("orc complete slow -q; orc complete fast", (shown) => {
      assert(shown.startsWith('Completed item "fast"'), shown);
      assert(!shown.includes("\x1b[K"), shown);
    }),
});

Deno.test({
  name: "orc complete --json shows progress only on a terminal",
  ignore,
  fn: () =>
    inTerminal("orc complete slow --full > document", (shown, root) => {
      assertEquals(shown, SHOWN + CLEARED);
      const document = Deno.readTextFileSync(`${root}/document`);
      assertEquals(JSON.parse(document).result.check.passed, true);
    }),
});

Deno.test({
  name: "orc complete shows no progress where error output is no terminal",
  ignore,
  fn: () =>
    inTerminal("orc complete slow 2> errors", (shown, root) => {
      assert(shown.startsWith('Completed item "slow"'), shown);
      assertEquals(Deno.readTextFileSync(`${root}/errors`), "");
    }),
});
