import { OrcError } from "../../src/base/error.ts";
import {
  parseArguments,
  selectCommand,
  styleFor,
} from "../../src/cli/parse.ts";
import {
  type FlagSpec,
  globalFlags,
  type TableEntry,
  tableOf,
} from "../../src/commands/command.ts";
import { helpCommand } from "../../src/commands/help.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { fakeHost, noValues } from "../cli/fake.ts";
import { readTree } from "../files/temporary.ts";
import { withRoot, withSession } from "../work/fixtures.ts";
import { documentOf, orc } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

const table = tableOf(commandGroups);

function spellings({ name, short, aliases }: FlagSpec): readonly string[] {
  return [name, ...aliases ?? [], ...short === undefined ? [] : [short]];
}

/** Words of an example as a shell would hand them over. */
function wordsOf(example: string): readonly string[] {
  const words = example.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

function assertUnique(names: readonly string[]): void {
  assertEquals(names.length, new Set(names).size, names.join(" "));
}

Deno.test("commandGroups names each command once", () => {
  assertUnique(table.flatMap(({ name, aliases }) => [name, ...aliases ?? []]));
});

Deno.test("commandGroups fits a terminal of 80 columns and 24 lines with its overview", async () => {
  const host = fakeHost();
  const help = helpCommand(commandGroups);
  const { result } = await help.run(host, noValues);
  const lines = help.render(result, styleFor(host, "never")).split("\n");
  assertEquals(lines.filter((line) => line.length > 80), []);
  assert(lines.length <= 24, `${lines.length} lines`);
});

for (const entry of table) {
  Deno.test(`Command "${entry.name}" can be parsed without doubt`, async () => {
    const { args, flags } = await entry.load();
    assertUnique([...flags, ...globalFlags].flatMap(spellings));
    assertUnique([...args, ...flags, ...globalFlags].map(({ name }) => name));
    const isOptional = args.map(({ required }) => !required);
    assertEquals(isOptional, isOptional.toSorted());
    assertEquals(args.slice(0, -1).filter(({ variadic }) => variadic), []);
  });

  Deno.test(`Command "${entry.name}" has examples that can be typed`, async () => {
    const command = await entry.load();
    assert(command.description.trim() !== "");
    assert(command.examples.length > 0);
    for (const example of command.examples) {
      const [program, ...argv] = wordsOf(example);
      assertEquals(program, "orc");
      const { entry: found, rest } = selectCommand(argv, table);
      assertEquals(found?.name, entry.name);
      parseArguments(entry.name, command, rest);
    }
  });

  Deno.test(`Command "${entry.name}" refuses flags that would be dropped beside each other`, async () => {
    const { args, flags } = await entry.load();
    const all = [...flags, ...globalFlags, ...args];
    const needed = args.filter(({ required }) => required).map(() => "x");
    const given = (name: string): readonly string[] => {
      const flag = [...flags, ...globalFlags].find((each) =>
        each.name === name
      );
      if (flag === undefined) return needed.length === 0 ? ["x"] : [];
      return [`--${name}`, ...flag.value === undefined ? [] : ["x"]];
    };
    const codeFor = (argv: readonly string[]): string => {
      const given = new Map<string, readonly string[]>();
      const rest = { argv, position: 0, flagsEnded: false, given };
      try {
        parseArguments(entry.name, { args, flags }, rest);
        return "";
      } catch (error) {
        return error instanceof OrcError ? error.code : String(error);
      }
    };
    const declared: readonly Pick<FlagSpec, "name" | "needs" | "excludes">[] = [
      ...flags,
      ...args,
    ];
    for (const { name, needs, excludes = [] } of declared) {
      const base = needs === undefined ? [] : given(needs);
      assertEquals(codeFor([...needed, ...given(name), ...base]), "", name);
      if (needs !== undefined) {
        const alone = codeFor([...needed, ...given(name)]);
        assertEquals(alone, "conflicting_flags", name);
      }
      for (const other of excludes) {
        assert(all.some((each) => each.name === other), `${name}: ${other}`);
        const both = codeFor([...needed, ...given(name), ...given(other)]);
        assertEquals(both, "conflicting_flags", `${name} and ${other}`);
      }
    }
  });

  Deno.test(`orc ${entry.name} --json prints one document, whatever happens`, () =>
    withRoot({}, async (root) => {
      const argv = await neededWords(entry);
      const tries = [
        // It would serve until somebody ends it.
        ...entry.name === "serve" ? [] : [argv],
        [...argv, "--no-such-flag"],
        [...argv, "--session"],
        [...argv, "--lock-timeout", "soon"],
        ["--output=json", ...argv, "too", "many", "words"],
      ];
      for (const argv of tries) {
        const ran = await orc(root, ["--json", ...argv]);
        const document = Object(documentOf(ran, "compact"));
        const members = Object.keys(document).slice(0, 3);
        assertEquals(members, ["ok", "schemaVersion", "command"]);
        assertEquals(document.command, entry.name);
        if (!document.ok) assertEquals(document.root, "/shop");
      }
    }));

  // The dashboard has a suite of its own.
  if ((await entry.load()).effect !== "reads" || entry.name === "serve") {
    continue;
  }
  Deno.test(`orc ${entry.name} only reads, as it declares`, () =>
    withSession(async (root) => {
      const before = readTree(root);
      await orc(root, await neededWords(entry));
      assertEquals(readTree(root), before);
    }));
}

/** A command line with a word for each argument that the command needs. */
async function neededWords(
  { name, load }: TableEntry,
): Promise<readonly string[]> {
  const { args } = await load();
  const needed = args.filter(({ required }) => required).map(() => "x");
  return [...name.split(" "), ...needed];
}

Deno.test("every flag that a human alone may use declares it", async () => {
  for (const { name, load } of table) {
    const { flags } = await load();
    for (const flag of flags) {
      assert(!flag.summary.includes("human only"), `${name} --${flag.name}`);
    }
  }
});

Deno.test("no flag of a text, and no task, keeps the dash of who meant standard input", async () => {
  let texts = 0;
  for (const { name, load } of table) {
    const command = await load();
    const given = [
      ...command.flags.filter(({ value }) => value === "TEXT")
        .map((flag) => [`--${flag.name}=-`]),
      ...command.args.filter((arg) => arg.name === "TASK").map(() => ["-"]),
    ];
    for (const words of given) {
      texts++;
      const { rest } = selectCommand([...name.split(" "), ...words], table);
      try {
        parseArguments(name, {
          ...command,
          args: command.args.filter((arg) => arg.name === "TASK"),
        }, rest);
      } catch (error) {
        assert(error instanceof OrcError, `${name} ${words}`);
        assertEquals([name, error.code], [name, "notes_not_read"]);
        continue;
      }
      throw new Error(`orc ${name} ${words} is taken`);
    }
  }
  assert(texts > 10, `${texts} texts`);
});
