import { argumentsOf, TOOLS } from "../../src/commands/tools.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("each tool is a command, none is a human's, and there are seven at most", async () => {
  assert(TOOLS.length <= 7);
  const entries = commandGroups.flatMap((group) => group.entries);
  for (const tool of TOOLS) {
    const entry = entries.find(({ name }) => name === tool.name);
    const command = await entry?.load();
    assert(command?.effect === (tool.reads ? "reads" : "writes"), tool.name);
    const words = tool.words(() => ["--force"]);
    assertEquals(words[0], tool.name);
    // What a client gives is attached to a flag, or stands where no flag is read any more.
    const end = words.indexOf("--");
    const early = end < 0 ? words : words.slice(0, end);
    assertEquals(early.filter((word) => word === "--force"), [], tool.name);
    const human = command.flags.filter(({ effect }) => effect === "human");
    for (const { name } of human) {
      assert(!early.some((word) => word.split("=")[0] === `--${name}`), name);
    }
  }
});

Deno.test("each tool but start takes a session", () => {
  for (const tool of TOOLS) {
    assertEquals("session" in argumentsOf(tool), tool.name !== "start");
  }
});

Deno.test("docs/mcp.md shows entries that start orc mcp", async () => {
  const page = Deno.readTextFileSync("docs/mcp.md");
  const [, json = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
  const entry = { command: "orc", args: ["mcp"] };
  assertEquals(JSON.parse(json), { mcpServers: { orc: entry } });
  const [, toml = ""] = /```toml\n([^]*?)```/.exec(page) ?? [];
  assertEquals(
    toml,
    '[mcp_servers.orc]\ncommand = "orc"\nargs = ["mcp"]\n',
  );
  const [serves] = commandGroups.flatMap((group) => group.entries)
    .filter(({ name }) => name === "mcp");
  assert((await serves?.load())?.serves !== undefined);
});
