/** The plugins in the repository hold what orc agents install would write. */
import { hostNamed } from "../../src/agents/host_rules.ts";
import { hookEntries, SKILL } from "../../src/agents/text_rules.ts";
import { VERSION } from "../../src/base/version.ts";
import { assert, assertEquals } from "@std/assert";

const PLUGIN = "plugins/orc";

function jsonOf(path: string): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(path));
}

Deno.test("the plugins have the hooks that are installed for a user", () => {
  for (const [name, file] of [["claude", "hooks"], ["codex", "codex"]]) {
    const kind = hostNamed(name ?? "");
    assert(kind !== undefined);
    const hooks = Object.fromEntries(
      hookEntries(kind, true).map(([event, entry]) => [event, [entry]]),
    );
    assertEquals(jsonOf(`${PLUGIN}/hooks/${file}.json`), { hooks });
  }
});

Deno.test("the plugins have the skill that is installed", () => {
  const text = Deno.readTextFileSync(`${PLUGIN}/skills/orc/SKILL.md`);
  const words = (all: string) => all.split(/\s+/).filter((word) => word !== "");
  const wanted = SKILL.replace(/<!-- .* -->/, "");
  assertEquals(words(text), words(wanted));
});

Deno.test("the plugins have the version of orc, and the marketplace leads to them", () => {
  for (const host of ["claude", "codex"]) {
    const { name, version } = jsonOf(`${PLUGIN}/.${host}-plugin/plugin.json`);
    assertEquals([name, version], ["orc", VERSION]);
  }
  const { plugins } = jsonOf(".claude-plugin/marketplace.json");
  const [entry] = plugins as { source: string }[];
  assertEquals(entry?.source, `./${PLUGIN}`);
});
