import { command, type TableEntry } from "../../src/commands/command.ts";
import {
  type CompletionPoint,
  readCompletionLine,
} from "../../src/commands/completion.ts";
import { copyCommand } from "../cli/fake.ts";
import { readTree } from "../files/temporary.ts";
import { idOf, withRoot, withSession } from "../work/fixtures.ts";
import { inEmptyDirectory, orc, testOutput } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

/** The lines that a shell gets for a command line; the last word has the cursor. */
async function linesFor(
  root: string,
  line: string,
): Promise<readonly string[]> {
  const words = line.split(" ");
  const current = words.pop() ?? "";
  const ran = await orc(root, [
    "complete-words",
    `--current=${current}`,
    "--",
    "--root",
    root,
    ...words,
  ]);
  assertEquals([ran.exitCode, ran.err], [0, ""]);
  return ran.out.split("\n").slice(0, -1);
}

async function wordsFor(
  root: string,
  line: string,
): Promise<readonly string[]> {
  return (await linesFor(root, line)).map((each) => each.split("\t")[0] ?? "");
}

Deno.test("orc complete-words offers commands, and the words of families", () =>
  withRoot({}, async (root) => {
    const lines = await linesFor(root, "");
    assertEquals(
      lines.includes("status\tShow the phase, its items and what is open"),
      true,
    );
    assertEquals(
      lines.includes(
        "session\tlist, switch, info, rename, pack, unpack, cleanup",
      ),
      true,
    );
    assertEquals(
      lines.some((line) => line.startsWith("complete-words")),
      false,
    );
    assertEquals(await wordsFor(root, "feedback "), ["capture", "review"]);
    assertEquals(
      await wordsFor(root, "workflow l"),
      ["resolve", ...await wordsFor(root, "session ")],
    );
    assertEquals(await wordsFor(root, "help feedback "), ["capture", "review"]);
    assertEquals(await linesFor(root, "no such "), []);
  }));

Deno.test("orc complete-words offers the open items of the current phase", () =>
  withSession(async (root) => {
    const all = ["idea", "plan", "sketch", "tests", "consent"];
    assertEquals(await wordsFor(root, "complete "), all);
    await orc(root, [
      "skip",
      "sketch",
      "--reason",
      "No picture would say more",
    ]);
    const open = all.filter((id) => id !== "sketch");
    assertEquals(await wordsFor(root, "complete "), open);
    assertEquals(await wordsFor(root, "history --item "), [...all, "code"]);
    assertEquals((await linesFor(root, "start-item "))[0], "idea\tThe idea");
  }));

Deno.test("orc complete-words offers sessions, phases and checkpoints", () =>
  withSession(async (root) => {
    assertEquals(await linesFor(root, "session switch "), [
      `${idOf(0, 0)}\tactive: Add login`,
    ]);
    assertEquals(await linesFor(root, "status --session="), [
      `--session=${idOf(0, 0)}\tactive: Add login`,
    ]);
    assertEquals(await linesFor(root, "approve --phase "), [
      "PLAN\tPlan",
      "BUILD\tBuild",
    ]);
    const git = { programs: "real" } as const;
    await orc(root, ["checkpoint", "-m", "Before the merge"], git);
    const [line = ""] = await linesFor(root, "resume ");
    assertEquals(line.split("\t")[1], "Before the merge");
  }));

Deno.test("orc complete-words leaves paths to the shell", () =>
  withRoot({}, async (root) => {
    assertEquals(await linesFor(root, "validate -w "), [":file"]);
    assertEquals(await linesFor(root, "list "), [":directory"]);
  }));

Deno.test("orc complete-words is silent where nothing can be read", () =>
  withRoot({ "workflow.yaml": "no: workflow" }, async (root) => {
    assertEquals(await linesFor(root, "complete "), []);
    assertEquals(await linesFor(root, "session switch "), []);
    assertEquals(await linesFor(root, "--session none complete "), []);
    const ran = await orc(root, [
      "complete-words",
      "--current=",
      "--",
      "--root=/no/such",
      "complete",
    ]);
    assertEquals(ran, { exitCode: 0, out: "", err: "" });
  }));

Deno.test("orc complete-words writes nothing", () =>
  withSession(async (root) => {
    const before = readTree(root);
    for (const line of ["", "complete ", "session switch ", "resume "]) {
      await linesFor(root, line);
    }
    assertEquals(readTree(root), before);
  }));

const moveCommand = command({
  ...copyCommand,
  args: [
    { name: "FROM", summary: "", required: true, values: "item" },
    { name: "TO", summary: "", required: false, values: ["attic", "cellar"] },
  ],
  flags: [
    { name: "why", short: "w", value: "TEXT", summary: "" },
    { name: "list", short: "l", value: "FILE", values: "file", summary: "" },
    { name: "tag", short: "t", value: "T", repeatable: true, summary: "" },
    { name: "force", short: "f", summary: "" },
  ],
});

const table: readonly TableEntry[] = [{
  name: "box move",
  aliases: ["crate move"],
  summary: "",
  load: () => Promise.resolve(moveCommand),
}];

/** What may stand behind the last blank, in short. */
async function at(line: string): Promise<string> {
  const words = line.split(" ");
  const current = words.pop() ?? "";
  const { point } = await readCompletionLine(table, words, current);
  return shortOf(point);
}

function shortOf(point: CompletionPoint): string {
  const { flags, values, prefix, earlier } = point;
  if (values !== undefined) {
    return [prefix + String(values), ...earlier].join(" ");
  }
  return flags.map(({ name }) => name).join(" ") || "nothing";
}

const OWN = "why list tag force";
const GLOBAL =
  "root session json full fields output quiet no-input verbose no-color lock-timeout help";

const CASES: Readonly<Record<string, string>> = {
  "": "command",
  "b": "command",
  "box ": "command box",
  "-q box mo": "command box",
  "--root . box ": "command box",
  "--root ": "directory",
  "--root=": "--root=directory",
  "--output=js": "--output=json,jsonl,text",
  "-": GLOBAL,
  "box move ": "item",
  "crate move ": "item",
  "box move a ": "attic,cellar a",
  "box move a b ": `${OWN} ${GLOBAL}`,
  "box move -": `${OWN} ${GLOBAL}`,
  "box move -f --why=x --tag t --": `list tag ${GLOBAL}`,
  "box move --list ": "file",
  "box move -l ": "file",
  "box move -fl ": "file",
  "box move -lfile ": "item",
  "box move --list=": "--list=file",
  "box move --why ": "nothing",
  "box move --why=": "nothing",
  "box move --force=": "nothing",
  "box move -- -": "item",
  "box move -- a b ": "nothing",
  "box move --no-such x ": "attic,cellar x",
  "no such ": "command no such",
};

for (const [line, expected] of Object.entries(CASES)) {
  Deno.test(`readCompletionLine() knows what may follow "${line}"`, async () => {
    assertEquals(await at(line), expected);
  });
}

Deno.test("readCompletionLine() hands on what the line says about the place", async () => {
  const words = "--root here box move -fw why --session=01k".split(" ");
  const { given } = await readCompletionLine(table, words, "");
  assertEquals(Object.fromEntries(given), {
    root: "here",
    force: "",
    why: "why",
    session: "01k",
  });
});

for (const shell of ["bash", "zsh", "fish", "powershell"]) {
  Deno.test(`orc completions ${shell} prints a script that asks orc`, () =>
    withRoot({}, async (root) => {
      const { exitCode, out } = await orc(root, ["completions", shell]);
      assertEquals(exitCode, 0);
      assert(out.includes("orc complete-words --output text"), out);
      assert(
        out.includes(`orc completions ${shell}`),
        "does not say where to put it",
      );
    }));
}

testOutput({
  name: "orc completions names the shells it knows",
  argv: ["completions", "tcsh"],
  within: inEmptyDirectory,
  exitCode: 2,
  code: "no_such_shell",
  details: { shells: ["bash", "zsh", "fish", "powershell"] },
  text: `! Cannot complete in "tcsh"
! Try: orc completions bash`,
});
