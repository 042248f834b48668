import { type Effect, tableOf } from "../../src/commands/command.ts";
import { effectText } from "../../src/commands/help.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { readTree } from "../files/temporary.ts";
import { withSession } from "../work/fixtures.ts";
import { orc } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

for (const { name, load } of tableOf(commandGroups)) {
  const { effect, args } = await load();
  if (effect !== "reads") continue;
  Deno.test(`orc ${name} only reads, as it declares`, () =>
    withSession(async (root) => {
      const before = readTree(root);
      const needed = args.filter(({ required }) => required).map(() => "x");
      await orc(root, [...name.split(" "), ...needed]);
      assertEquals(readTree(root), before);
    }));
}

Deno.test("every flag that a human alone may use declares it", async () => {
  for (const { name, load } of tableOf(commandGroups)) {
    const { flags } = await load();
    for (const flag of flags) {
      assert(!flag.summary.includes("human only"), `${name} --${flag.name}`);
    }
  }
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
