/** Types command lines, with the tab key, at shells on a terminal of their own. */
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { orcCommand } from "../orc_command.ts";
import { fixedHost, idOf, WORKFLOW } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const SESSION = idOf(0, 0);

/** What is typed, and the command line that it becomes. */
const LINES: Readonly<Record<string, string>> = {
  "statu\t": "status",
  "skip sk\t": "skip sketch",
  "feedback c\t --au\t": "feedback capture --auto",
  "session switch 01\t": `session switch ${SESSION}`,
  "--session 01\t fini\t": `--session ${SESSION} finish`,
  "status --outp\t jsonl": "status --output jsonl",
  "status --output=t\t": "status --output=text",
  "validate -w work\t": "validate -w workflow.yaml",
  "list --root=docs/in\t": "list --root=docs/inner",
};

/** Asks the real orc what may be typed; of all other commands it only writes down how it was called. */
function standIn(directory: string): string {
  const real = orcCommand().map((word) => `'${word}'`).join(" ");
  return [
    "#!/bin/sh",
    'case "$1" in',
    `  complete-words | completions) exec ${real} "$@" ;;`,
    "esac",
    `printf '%s\\n' "$*" >> '${directory}/calls'`,
    "",
  ].join("\n");
}

/** Runs a shell in a repository with a session and returns its output. */
async function run(
  directory: string,
  argv: readonly [string, ...string[]],
  input: string,
): Promise<string> {
  const root = `${directory}/root`;
  writeTree(directory, {
    "bin/orc": standIn(directory),
    "root/workflow.yaml": WORKFLOW,
    "root/docs/inner/": "",
  });
  Deno.chmodSync(`${directory}/bin/orc`, 0o755);
  await startSession(fixedHost(), { root, task: "Add login" });
  const [program, ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    cwd: root,
    env: {
      PATH: `${directory}/bin:${Deno.env.get("PATH") ?? ""}`,
      TERM: "dumb",
      HISTFILE: "",
      ORCHESTRATOR_ROOT: "",
      ORCHESTRATOR_SESSION: "",
    },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}

/** Types all lines at a shell, and compares how orc was called. */
function testTyping(shell: string, setUp: string): void {
  Deno.test(`orc completes what is typed at ${shell}`, () =>
    withTemporaryDirectory(async (directory) => {
      const typed = Object.keys(LINES).map((line) => `orc ${line}\n`);
      const output = await run(
        directory,
        ["script", "-qec", shell, "/dev/null"],
        [`${setUp}\n`, ...typed, "exit\n"].join(""),
      );
      const calls = Deno.readTextFileSync(`${directory}/calls`)
        .replaceAll(/ +$/gm, "")
        .replaceAll(/\/$/gm, "");
      assertEquals(calls.trim().split("\n"), Object.values(LINES), output);
    }));
}

testTyping(
  "bash --norc --noprofile -i",
  'eval "$(orc completions bash)"',
);

testTyping(
  "zsh -f -i",
  "autoload -Uz compinit; compinit -u -D; source <(orc completions zsh)",
);

function isInstalled(program: string): boolean {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdout: "null",
  }).outputSync();
  return success;
}

/** What fish offers for what is typed, without its descriptions. */
const OFFERS: Readonly<Record<string, readonly string[]>> = {
  "orc statu": ["status"],
  "orc complete sk": ["sketch"],
  "orc session switch ": [SESSION],
  "orc status --output=": ["--output=json", "--output=jsonl", "--output=text"],
  "orc validate -w work": ["workflow.yaml"],
  "orc list --root=docs/in": ["--root=docs/inner/"],
};

Deno.test({
  name: "orc completes what is typed at fish",
  ignore: !isInstalled("fish"),
  fn: () =>
    withTemporaryDirectory(async (directory) => {
      const lines = Object.keys(OFFERS);
      const output = await run(
        directory,
        ["fish", "--no-config"],
        [
          "orc completions fish | source",
          ...lines.map((line) => `complete -C '${line}'; echo .`),
          "",
        ].join("\n"),
      );
      const offers = output.split(/^\.\n/m).slice(0, -1).map((part) =>
        part.split("\n").slice(0, -1).map((line) => line.split("\t")[0] ?? "")
      );
      assertEquals(offers, Object.values(OFFERS));
    }),
});
