import {
  codexTrust,
  type HookTrust,
} from "../../src/agents/codex_trust_rules.ts";
import { HOSTS } from "../../src/agents/host_rules.ts";
import recorded from "../testdata/codex_trust.json" with { type: "json" };
import { assert, assertEquals } from "@std/assert";

const CODEX = HOSTS.find(({ name }) => name === "codex");
const ROOT = "/tmp/shop";

interface Changes {
  readonly settings?: string;
  readonly hooks?: string;
  readonly projects?: readonly string[] | null;
  readonly path?: string;
}

/** What a Codex that wrote these settings makes of the hooks, in the order of their events. */
async function trust(
  {
    settings = recorded.settings,
    hooks = recorded.hooks,
    projects = [ROOT],
    path = recorded.path,
  }: Changes = {},
): Promise<readonly [isRead: boolean, ...hooks: HookTrust[]] | undefined> {
  assert(CODEX !== undefined);
  const paths = ["/link/hooks.json", path];
  const files = { settings, hooks, paths, projects };
  const told = await codexTrust(CODEX, files);
  return told && [told.isRead, ...told.hooks.values()];
}

/** Start, edit, stop, compaction and end. */
function all(trust: HookTrust): readonly HookTrust[] {
  return Array(5).fill(trust);
}

Deno.test("codexTrust() knows the hooks that a real Codex was told to trust", async () => {
  assertEquals(await trust(), [true, ...all("trusted")]);
  for (const { currentHash } of recorded.listed) {
    assert(recorded.settings.includes(currentHash));
  }
});

Deno.test("codexTrust() says of each hook what Codex does with it", async () => {
  const { settings, hooks } = recorded;
  assertEquals(await trust({ settings: "" }), [false, ...all("untrusted")]);
  const stop = settings.slice(settings.lastIndexOf("[hooks.state."));
  assertEquals(await trust({ settings: settings.replace(stop, "") }), [
    true,
    "trusted",
    "trusted",
    "untrusted",
    "trusted",
    "trusted",
  ]);
  const off = settings.replace(stop, `${stop}\nenabled = false\n`);
  assertEquals((await trust({ settings: off }))?.[3], "off");
  const on = settings.replace(stop, `${stop}\nenabled = true\n`);
  assertEquals((await trust({ settings: on }))?.[3], "trusted");
  // All that would run is part of what was trusted.
  for (
    const [from, to] of [
      ["orc hook codex Stop", "orc hook codex Stop; true"],
      ["^(apply_patch|", "^("],
      ['"timeout": 3', '"timeout": 2'],
    ] as const
  ) {
    assert(hooks.includes(from));
    const told = await trust({ hooks: hooks.replace(from, to) });
    assertEquals(told?.filter((each) => each === "changed"), ["changed"], from);
  }
  // Longer than three seconds Codex waits at the end for none.
  const longer = hooks.replace('"timeout": 3', '"timeout": 30');
  assertEquals(await trust({ hooks: longer }), [true, ...all("trusted")]);
});

Deno.test("codexTrust() asks whether Codex trusts the directory, but for the user's own hooks", async () => {
  const settings = recorded.settings.replace(
    'trust_level = "trusted"',
    'trust_level = "untrusted"',
  );
  assertEquals((await trust({ settings }))?.[0], false);
  assertEquals((await trust({ projects: ["/tmp/shop/sub"] }))?.[0], false);
  assertEquals((await trust({ projects: ["/tmp/shop/sub", ROOT] }))?.[0], true);
  assertEquals((await trust({ settings, projects: null }))?.[0], true);
});

Deno.test("codexTrust() reads settings as people write them, and nothing out of what only looks like some", async () => {
  const hash = recorded.listed.find(({ key }) => key.includes(":stop:"))
    ?.currentHash;
  const key = `${recorded.path}:stop:0:0`;
  const stopIn = async (settings: string) => (await trust({ settings }))?.[3];
  for (
    const settings of [
      `hooks.state."${key}".trusted_hash = "${hash}"`,
      `[hooks.state]\r\n"${key}" = { trusted_hash = "${hash}", enabled = true } # mine\r\n`,
      `[ hooks . 'state' . '${key}' ] # mine\n trusted_hash='${hash}'`,
      `[hooks.state."${
        key.replaceAll("/", "\\u002f")
      }"]\ntrusted_hash = "${hash}"`,
    ]
  ) assertEquals(await stopIn(settings), "trusted", settings);
  for (
    const settings of [
      `# hooks.state."${key}".trusted_hash = "${hash}"`,
      `[hooks.state."${key}"]\n[other]\ntrusted_hash = "${hash}"`,
      `[hooks.state."${key}"]\n[[other]]\ntrusted_hash = "${hash}"`,
      `[other.hooks.state."${key}"]\ntrusted_hash = "${hash}"`,
    ]
  ) assertEquals(await stopIn(settings), "untrusted", settings);
});

Deno.test("codexTrust() reads what lies behind lines that nobody would write, and takes no longer for them", async () => {
  const { settings } = recorded;
  const depth = 50_000;
  const nested = `a = ${"{ x = ".repeat(depth)}1${" }".repeat(depth)}`;
  for (const odd of [" ".repeat(5000), "a ".repeat(2500), nested]) {
    const begun = performance.now();
    assertEquals(await trust({ settings: `${odd}\n${settings}` }), [
      true,
      ...all("trusted"),
    ]);
    // It was minutes.
    assert(performance.now() - begun < 5000);
  }
});

Deno.test("codexTrust() tells nothing of a file that is none, and of hooks that are not orc's", async () => {
  assertEquals(await trust({ hooks: "{" }), undefined);
  assertEquals(await trust({ path: "C:/shop/.codex/hooks.json" }), undefined);
  for (
    const hooks of [
      "{}",
      "[]",
      '{"hooks": {"Stop": [{"hooks": [{"command": "other"}]}]}}',
      '{"hooks": {"Stop": {"hooks": 1}}}',
    ]
  ) assertEquals(await trust({ hooks }), [true], hooks);
  // Of two, the one that calls orc counts, at its place.
  const second =
    '{"hooks": {"Stop": [{"hooks": []}, {"hooks": [{"command": "other"}, {"type": "command", "command": "orc hook codex Stop"}]}]}}';
  const settings =
    `[hooks.state."${recorded.path}:stop:1:1"]\ntrusted_hash = "sha256:0"`;
  assertEquals(await trust({ hooks: second, settings }), [false, "changed"]);
});
