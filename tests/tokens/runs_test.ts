/** What a whole piece of work costs an agent, and what it reads in any case: how much at most, and what the documentation says. */
import { INSTRUCTIONS } from "../../src/agents/text_rules.ts";
import { TOOLS } from "../../src/commands/tools.ts";
import { measureRuns, tables, tablesOnPage } from "./page.ts";
import { LIMITS } from "./runs.ts";
import { STANDING, STANDING_LIMIT, tokensOf } from "./standing.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("an honest agent needs few commands and tokens for a whole piece of work, and as many as the documentation says", async () => {
  const costs = await measureRuns();
  for (const { name, size, commands, tokens } of costs) {
    const limit = LIMITS[size];
    assert(limit !== undefined, `nothing limits size ${size}`);
    assert(
      commands <= limit.commands,
      `${name}: ${commands} commands of ${limit.commands}`,
    );
    assert(tokens <= limit.tokens, `${name}: ${tokens} of ${limit.tokens}`);
  }
  assertEquals(tablesOnPage(), tables(costs), "run: deno task tokens");
});

Deno.test("what an agent reads of orc in each session keeps within its budgets", () => {
  for (const one of STANDING) {
    const count = tokensOf(one);
    assert(count <= one.limit, `${one.name}: ${count} of ${one.limit}`);
    assert(count > one.limit / 3, `${one.name}: ${count}: is it measured?`);
  }
  const sum = STANDING.reduce((total, one) => total + tokensOf(one), 0);
  assert(sum <= STANDING_LIMIT, `${sum} of ${STANDING_LIMIT}`);
  // With the two marks around them.
  assert(INSTRUCTIONS.length + 2 <= 10);
  assert(TOOLS.length <= 7);
});

Deno.test("docs/mcp.md says what the tools cost", () => {
  const tools = STANDING.at(-1);
  assert(tools !== undefined);
  const page = Deno.readTextFileSync("docs/mcp.md").replaceAll(/\s+/g, " ");
  const [, said] = /cost an agent about (\d+) tokens/.exec(page) ?? [];
  assertEquals(Number(said), Math.round(tokensOf(tools) / 10) * 10);
});
