import { command, type TableEntry } from "../../src/commands/command.ts";
import {
  type CompletionPoint,
  readCompletionLine,
} from "../../src/commands/completion_point.ts";
import { copyCommand } from "../cli/fake.ts";
import { assertEquals } from "@std/assert";

const moveCommand = command({
  ...copyCommand,
  name: "box move",
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
  switch (point.type) {
    case "nothing":
      return "nothing";
    case "flag":
      return point.flags.map(({ name }) => name).join(" ");
    case "value":
      return [point.prefix + String(point.values), ...point.earlier].join(" ");
  }
}

const OWN = "why list tag force";
const GLOBAL =
  "root session json output quiet verbose no-color lock-timeout help";

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
