import type { Host } from "../../src/host/host.ts";
import { openRepository } from "../../src/repository/open.ts";
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
  fixedHost,
  type Machine,
  refusalOf,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

function hostAt(top: string, machine: Machine = {}): Host {
  return { ...fixedHost(machine), homeDirectory: () => `${top}/home` };
}

const FILES = {
  "home/.config/orchestrator/config.yaml": "secrets_repo: old/user\n",
  "home/.orchestrator/config.yaml": "secrets_repo: new/user\n",
  "shop/.orchestrator.yaml": "secrets_repo: old/shop\n",
  "shop/.orchestrator/config.yaml": "secrets_repo: new/shop\n",
};

async function secretsRepo(top: string): Promise<readonly unknown[]> {
  const host = hostAt(top);
  const site = openRepository(host, { root: `${top}/shop` });
  const { settings } = await readConfig(host, site);
  const found = settings.find(({ setting }) => setting.name === "secrets_repo");
  assert(found);
  const value = await readValue(host, site, "secrets_repo");
  assertEquals(valueOf(found), value);
  return [value, originText(found.origin).replace(`${top}/`, "")];
}

Deno.test("readConfig() prefers the repository, and each level's own file to the Python tool's", () =>
  withRoot({ "home/": "", "shop/": "", ...FILES }, async (top) => {
    const paths = Object.keys(FILES);
    const values = ["old/user", "new/user", "old/shop", "new/shop"];
    for (const index of [3, 2, 1, 0]) {
      assertEquals(await secretsRepo(top), [
        values[index],
        `${paths[index]}:1`,
      ]);
      Deno.removeSync(`${top}/${paths[index]}`);
    }
    assertEquals(await secretsRepo(top), [null, "default"]);
  }));

Deno.test("readConfig() lets the environment and flags have the last word", () =>
  withRoot({ ...FILES }, async (top) => {
    const environment = { ORCHESTRATOR_SECRETS_REPO: "env/ironment" };
    const host = hostAt(top, { environment });
    const site = openRepository(host, { root: `${top}/shop` });
    assertEquals(await readValue(host, site, "secrets_repo"), "env/ironment");
  }));

Deno.test("readConfig() reads a file in the home once, where the home is a repository", () =>
  withRoot({ ".orchestrator/config.yaml": "approvals: any\n" }, async (top) => {
    const host = { ...fixedHost(), homeDirectory: () => top };
    const site = openRepository(host, { root: top });
    const { files, warnings } = await readConfig(host, site);
    assertEquals(files.map(({ file }) => file.level), ["user"]);
    assertEquals(warnings, []);
    assertEquals(await readValue(host, site, "approvals"), "any");
  }));

Deno.test("legacyConfigFiles() names the Python tool's files that are there", () =>
  withRoot({ ...FILES }, (top) => {
    const host = hostAt(top);
    const site = openRepository(host, { root: `${top}/shop` });
    assertEquals(
      legacyConfigFiles(host, site).map((path) => path.replace(`${top}/`, "")),
      ["home/.config/orchestrator/config.yaml", "shop/.orchestrator.yaml"],
    );
    return Promise.resolve();
  }));

/** Reads a setting where the repository's file holds a text. */
async function valueIn(text: string, name: SettingName): Promise<unknown> {
  const values: unknown[] = [];
  const files = { ".orchestrator/config.yaml": text };
  await withRoot(files, async (root) => {
    const host = fixedHost();
    const site = openRepository(host, { root });
    values.push(await readValue(host, site, name));
  });
  return values[0];
}

Deno.test("readValue() reads files of any form", async () => {
  assertEquals(await valueIn("color: never\n", "color"), "never");
  assertEquals(await valueIn("{color: never}\n", "color"), "never");
  assertEquals(await valueIn("x:\n  y: [1]\ncolor: never\n", "color"), "never");
  assertEquals(await valueIn("", "color"), "auto");
  assertEquals(await valueIn("---\n# no\n", "color"), "auto");
});

Deno.test("readValue() minds only the setting that is asked for", async () => {
  const text = "color: 7\nnotice: false\n";
  assertEquals(await valueIn(text, "notice"), false);
  const error = await refusalOf(() => valueIn(text, "color"));
  assertEquals([error.kind, error.code], ["config", "invalid_setting"]);
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
    writeTree(root, { ".orchestrator/config.yaml": "notice: false\n" });
    assertEquals(await isNoticeWanted(host, root), false);
    writeTree(root, { ".orchestrator/config.yaml": "notice: [\n" });
    assertEquals(await isNoticeWanted(host, root), true);
  }));
