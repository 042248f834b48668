import { OrcError } from "../../src/base/error.ts";
import { styleFor } from "../../src/cli/parse.ts";
import {
  type Effect,
  globalFlags,
  tableOf,
} from "../../src/commands/command.ts";
import {
  effectText,
  helpCommand,
  type HelpPage,
} from "../../src/commands/help.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { documentationAbove } from "../../src/library/documentation.ts";
import {
  copyCommand,
  fakeGroups,
  fakeHost,
  type FakeMachine,
  noValues,
} from "../cli/fake.ts";
import { withRoot } from "../work/fixtures.ts";
import { orc } from "./orc.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

const help = helpCommand(fakeGroups);

async function page(...words: string[]): Promise<HelpPage> {
  const values = { ...noValues, list: () => words };
  return (await help.run(fakeHost(), values)).result;
}

async function text(
  words: readonly string[],
  machine: FakeMachine = {},
): Promise<string> {
  const style = styleFor(fakeHost(machine), "auto");
  const shown = await page(...words);
  // Wherever the tests lie.
  const documentation = "/orc/README.md";
  return help.render(
    shown.type === "overview" ? { ...shown, documentation } : shown,
    style,
  );
}

Deno.test("helpCommand shows all commands by group", async (t) => {
  await t.assertSnapshot(await text([]));
});

Deno.test("helpCommand shows the commands of a family", async (t) => {
  await t.assertSnapshot(await text(["box"]));
});

Deno.test("helpCommand shows all that a command takes and needs", async (t) => {
  await t.assertSnapshot(await text(["copy"]));
});

Deno.test("helpCommand shows other names of a command", async (t) => {
  await t.assertSnapshot((await text(["crate", "list"])).slice(0, 200));
});

Deno.test("helpCommand wraps to a narrow terminal and marks headings", async (t) => {
  await t.assertSnapshot(await text(["copy"], { terminalColumns: 48 }));
});

Deno.test("helpCommand keeps lines within 80 columns on wide terminals", async () => {
  for (const words of [[], ["box"], ["copy"]]) {
    const lines = (await text(words, { terminalColumns: 300 })).split("\n");
    // deno-lint-ignore no-control-regex
    const widths = lines.map((line) => line.replace(/\x1b\[\d+m/g, "").length);
    assertEquals(widths.filter((width) => width > 80), []);
  }
});

Deno.test("helpCommand gives the declaration to programs", async () => {
  const { run: _run, render: _render, ...declared } = copyCommand;
  assertEquals(await page("copy"), {
    type: "command",
    name: "copy",
    aliases: [],
    summary: "Copy something to several places",
    ...declared,
    globalFlags,
  });
});

Deno.test("helpCommand refuses a command that does not exist", async () => {
  const error = await assertRejects(() => page("coppy"), OrcError);
  assertEquals([error.code, error.hint], ["unknown_command", "orc copy"]);
});

Deno.test("effectText() says what a command does, and which flags do more", () => {
  const flag = (name: string, effect?: Effect) => ({
    name,
    effect,
    summary: "",
  });
  assertEquals(
    effectText({ effect: "reads", flags: [flag("a")] }),
    "reads only",
  );
  assertEquals(
    effectText({ effect: "human", flags: [] }),
    "writes, and only a human may",
  );
  const flags = [
    flag("fix", "writes"),
    flag("resign", "human"),
    flag("restore", "human"),
  ];
  assertEquals(
    effectText({ effect: "reads", flags }),
    "reads only; writes with --fix; only a human may use --resign, --restore",
  );
});

Deno.test("helpCommand fits narrow terminals, but for examples, which are copied whole", async () => {
  for (const terminalColumns of [60, 80]) {
    const style = styleFor(fakeHost({ terminalColumns }), "never");
    const all = helpCommand(commandGroups);
    const names = tableOf(commandGroups).map(({ name }) => name);
    for (const name of ["", "session", ...names]) {
      const values = {
        ...noValues,
        list: () => name.split(" ").filter(Boolean),
      };
      const { result } = await all.run(fakeHost(), values);
      const examples = "examples" in result ? result.examples : [];
      for (const line of all.render(result, style).split("\n")) {
        if (examples.some((each) => line.endsWith(each))) continue;
        if (line.startsWith("Documentation: ")) continue;
        assert(line.length <= terminalColumns, `${name}: ${line}`);
      }
    }
  }
});

Deno.test("orc help says all in the lines of a terminal, and leads to documents that are there", () =>
  withRoot({}, async (root) => {
    const { out } = await orc(root, ["help"]);
    const lines = out.trimEnd().split("\n");
    assert(lines.length <= 24, `${lines.length} lines\n${out}`);
    const [, path = ""] = lines.at(-1)?.split("Documentation: ") ?? [];
    assertStringIncludes(Deno.readTextFileSync(path), "# orc");
  }));

Deno.test("orc help gives examples that can be run one after the other", () =>
  withRoot({}, async (root) => {
    const { out } = await orc(root, ["help", "--json"]);
    const { examples } = JSON.parse(out).result;
    assertEquals(examples.length, 3);
    for (const example of examples) {
      assertStringIncludes((await orc(root, ["help"])).out, example);
      const words = [...example.matchAll(/"([^"]*)"|\S+/g)]
        .map(([word, quoted]) => quoted ?? word);
      assertEquals(words[0], "orc");
      const { exitCode, err } = await orc(root, words.slice(1));
      assertEquals(exitCode, 0, `${example}\n${err}`);
    }
  }));

Deno.test("documentationAbove() leads to no other program's documents", () =>
  withRoot({
    "README.md": "",
    "man/orc.1": "",
    "dist/program/main.js": "",
    "other/README.md": "",
    "other/tools/orc.js": "",
  }, (root) => {
    const above = (path: string) =>
      documentationAbove(new URL(`${root}/${path}`, "file:///").href);
    assertEquals(above("dist/program/main.js"), `${root}/README.md`);
    assertEquals(above("dist/orc.js"), `${root}/README.md`);
    // A project that has a README.md of its own is no part of orc, but what it lies in may be.
    assertEquals(above("other/tools/orc.js"), `${root}/README.md`);
    assertEquals(documentationAbove("https://example.org/src/help.ts"), null);
    Deno.removeSync(`${root}/man/orc.1`);
    assertEquals(above("other/tools/orc.js"), null);
    return Promise.resolve();
  }));

Deno.test("helpCommand leaves at least half of a narrow terminal to what a flag does", async () => {
  const lines = (await text(["copy"], { terminalColumns: 60 })).split("\n");
  const at = lines.findIndex((line) => line.includes("--root, --dir DIR"));
  assertEquals(
    lines[at + 1]?.trim(),
    "Repository root instead of the one found from here",
  );
});
