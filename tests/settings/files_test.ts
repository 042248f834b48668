import { openRepository, type Repository } from "../../src/repository/open.ts";
import {
  isNoticeWanted,
  legacyConfigFiles,
  readConfig,
  readPreferences,
  readValue,
} from "../../src/settings/files.ts";
import { originText, valueOf } from "../../src/settings/merge.ts";
import type { SettingName } from "../../src/settings/settings.ts";
import { writeTree } from "../files/temporary.ts";
import {
  codeOf,
  type FixedHost,
  fixedHost,
  type Machine,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

/** All files that settings are read from, the lowest first, and what each of them says. */
const SAID = [
  ["home/.config/orchestrator/config.yaml", "old/user"],
  ["home/.orchestrator/config.yaml", "new/user"],
  ["shop/.orchestrator.yaml", "old/shop"],
  ["shop/.orchestrator/config.yaml", "new/shop"],
] as const;

const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  SAID.map(([path, value]) => [path, `secrets_repo: ${value}\n`]),
);

/** A machine, and the repository `shop` beside its user's directory. */
function shopAt(
  top: string,
  environment: Machine["environment"] = {},
): readonly [FixedHost, Repository] {
  const host = fixedHost({ home: `${top}/home`, environment });
  return [host, openRepository(host, { root: `${top}/shop` })];
}

Deno.test("readConfig() prefers the repository, and each level's own file to the Python tool's", () =>
  withRoot({ "home/": "", "shop/": "", ...FILES }, async (top) => {
    const [host, site] = shopAt(top);
    const counting = async () => {
      const { settings } = await readConfig(host, site);
      const found = settings.find(({ setting: { name } }) =>
        name === "secrets_repo"
      );
      assert(found);
      const value = await readValue(host, site, "secrets_repo");
      assertEquals(valueOf(found), value);
      return [value, originText(found.origin)];
    };
    for (const [path, value] of SAID.toReversed()) {
      assertEquals(await counting(), [value, `${top}/${path}:1`]);
      Deno.removeSync(`${top}/${path}`);
    }
    assertEquals(await counting(), [null, "default"]);
  }));

Deno.test("readValue() lets the environment have the last word", () =>
  withRoot(FILES, async (top) => {
    const environment = { ORCHESTRATOR_SECRETS_REPO: "env/ironment" };
    const [host, site] = shopAt(top, environment);
    assertEquals(await readValue(host, site, "secrets_repo"), "env/ironment");
  }));

Deno.test("readConfig() reads a file in the home once, where the home is a repository", () =>
  withRoot({ ".orchestrator/config.yaml": "approvals: any\n" }, async (top) => {
    const host = fixedHost({ home: top });
    const site = openRepository(host, { root: top });
    const { files, warnings } = await readConfig(host, site);
    assertEquals(files.map(({ file }) => file.level), ["user"]);
    assertEquals(warnings, []);
    assertEquals(await readValue(host, site, "approvals"), "any");
  }));

Deno.test("legacyConfigFiles() names the Python tool's files that are there", () =>
  withRoot(FILES, async (top) => {
    const files = await legacyConfigFiles(...shopAt(top));
    assertEquals(files, [
      `${top}/home/.config/orchestrator/config.yaml`,
      `${top}/shop/.orchestrator.yaml`,
    ]);
  }));

/** Reads a setting where the repository's file holds a text. */
async function valueIn(text: string, name: SettingName): Promise<unknown> {
  let value: unknown;
  await withRoot({ ".orchestrator/config.yaml": text }, async (root) => {
    const host = fixedHost();
    value = await readValue(host, openRepository(host, { root }), name);
  });
  return value;
}

Deno.test("readValue() reads files of any form, and minds only the setting that is asked for", async () => {
  for (
    const [text, value] of [
      ["color: never\n", "never"],
      ["{color: never}\n", "never"],
      ["x:\n  y: [1]\ncolor: never\n", "never"],
      ["", "auto"],
      ["---\n# no\n", "auto"],
    ] as const
  ) {
    assertEquals(await valueIn(text, "color"), value);
  }
  const text = "color: 7\nnotice: false\n";
  assertEquals(await valueIn(text, "notice"), false);
  const code = await codeOf(() => valueIn(text, "color"));
  assertEquals(code, "config invalid_setting");
});

Deno.test("readPreferences() fails no command, but says what it did not use", () =>
  withRoot({}, async (root) => {
    const host = fixedHost();
    const site = openRepository(host, { root });
    const usual = { output: "text", color: "auto", warnings: [] } as const;
    assertEquals(await readPreferences(host, site), usual);
    assertEquals(await readPreferences(host, undefined), usual);
    const path = ".orchestrator/config.yaml";
    writeTree(root, { [path]: "output: json\ncolor: never\n" });
    assertEquals(await readPreferences(host, site), {
      output: "json",
      color: "never",
      warnings: [],
    });
    for (const text of ["color: 7\n", "color: [\n"]) {
      writeTree(root, { [path]: text });
      const { warnings, ...rest } = await readPreferences(host, site);
      assertEquals(rest, { output: "text", color: "auto" });
      assertEquals(warnings.length, 1);
    }
  }));

Deno.test("isNoticeWanted() asks the settings, and takes no answer for yes", () =>
  withRoot({}, async (root) => {
    const host = fixedHost();
    assertEquals(await isNoticeWanted(host, root), true);
    for (const [text, isWanted] of [["false", false], ["[", true]] as const) {
      writeTree(root, { ".orchestrator/config.yaml": `notice: ${text}\n` });
      assertEquals(await isNoticeWanted(host, root), isWanted);
    }
  }));
