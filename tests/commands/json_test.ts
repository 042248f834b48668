import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { withRoot } from "../work/fixtures.ts";
import { documentOf, orc } from "./orc.ts";
import { assertEquals } from "@std/assert";

/** A word for each argument that a command needs. */
async function argumentsOf(
  load: () => Promise<
    { readonly args: readonly { readonly required: boolean }[] }
  >,
): Promise<readonly string[]> {
  const { args } = await load();
  return args.filter(({ required }) => required).map(() => "x");
}

for (const { name, load } of tableOf(commandGroups)) {
  Deno.test(`orc ${name} --json prints one document, whatever happens`, () =>
    withRoot({}, async (root) => {
      const words = name.split(" ");
      const needed = await argumentsOf(load);
      const tries = [
        [...words, ...needed],
        [...words, ...needed, "--no-such-flag"],
        [...words, ...needed, "--session"],
        [...words, ...needed, "--lock-timeout", "soon"],
        ["--output=json", ...words, ...needed, "too", "many", "words"],
      ];
      for (const argv of tries) {
        const ran = await orc(root, ["--json", ...argv]);
        const document = Object(documentOf(ran));
        assertEquals(Object.keys(document).slice(0, 2), ["ok", "command"]);
        assertEquals(document.command, name);
      }
    }));
}
