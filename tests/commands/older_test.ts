import { main } from "../../src/cli/main.ts";
import { parseArguments, selectCommand } from "../../src/cli/parse.ts";
import {
  globalFlags,
  spellingsOf,
  tableOf,
} from "../../src/commands/command.ts";
import { OLDER_WORDS } from "../../src/commands/older.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { captureStreams } from "../cli/fake.ts";
import { fixedHost, withSession } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const table = tableOf(commandGroups);

/** Values that the older tool took, where any text will not do. */
const VALUES: Readonly<Record<string, string>> = {
  "checkpoint -d": "We chose tokens",
  "list -d": "3",
  "cleanup -d": "3",
};

for (const { words, way } of OLDER_WORDS) {
  if (way === null) {
    Deno.test(`"orc ${words}" is read as the older tool read it`, async () => {
      const [flag, ...command] = words.split(" ").reverse().flatMap((
        word,
        at,
      ) => at === 0 && !word.startsWith("-") ? ["", word] : [word]);
      const { entry, rest } = selectCommand(command.reverse(), table);
      assert(entry !== undefined, words);
      const { args, flags } = await entry.load();
      const all = [...flags, ...globalFlags];
      const found = all.find((each) => spellingsOf(each).includes(flag ?? ""));
      assertEquals(found === undefined, flag === "", words);
      const needed = args.filter(({ required }) => required).map(() => "x");
      const value = found?.value === undefined ? [] : ["x"];
      const other = found?.needs === undefined ? [] : [`--${found.needs}`];
      const argv = [...needed, ...flag ? [flag, ...value] : [], ...other];
      const values = parseArguments(entry.name, { args, flags }, {
        ...rest,
        argv,
        position: 0,
      });
      assertEquals(found === undefined || values.on(found.name), true);
    });
    continue;
  }
  Deno.test(`"orc ${words}", which is not here, names the way on`, () =>
    withSession(async (root) => {
      const argv = [...words.split(" "), ...[VALUES[words] ?? []].flat()];
      if (argv[0] === "start") argv.push("A task");
      const ran = async (...flags: string[]) => {
        const streams = captureStreams();
        const host = fixedHost({ workingDirectory: root });
        const exitCode = await main([...flags, ...argv], host, { streams });
        return { exitCode, out: streams.out, err: streams.err };
      };
      const { exitCode, err } = await ran();
      assertEquals(exitCode, words.endsWith(" -d") ? 4 : 2, err);
      assert(err.endsWith(`\nTry: ${way}\n`), err);
      const { error } = JSON.parse((await ran("--full")).out);
      assertEquals(error.hint, way);
    }));
}
