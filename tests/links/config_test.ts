import { listSettings, setSetting } from "../../src/config/use.ts";
import type { Host } from "../../src/host/host.ts";
import { fixedHost, refusalOf, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

const OUTSIDE = "elsewhere/config.yaml";
const TEXT = "color: never\n";

function hostAt(top: string): Host {
  return { ...fixedHost(), homeDirectory: () => `${top}/home` };
}

/** What is a link, and where a file of settings would lie behind it. */
const LINKS: readonly (readonly [link: string, target: string])[] = [
  ["shop/.orchestrator/config.yaml", OUTSIDE],
  ["shop/.orchestrator", "elsewhere"],
  ["home/.orchestrator/config.yaml", OUTSIDE],
  ["home/.orchestrator", "elsewhere"],
];

for (const [link, target] of LINKS) {
  Deno.test(`settings are neither read nor written through a link at ${link}`, () =>
    withRoot({
      [OUTSIDE]: TEXT,
      "home/": "",
      "shop/.git/": "",
      [`${link.slice(0, link.lastIndexOf("/"))}/`]: "",
    }, async (top) => {
      Deno.symlinkSync(`${top}/${target}`, `${top}/${link}`);
      const options = { root: `${top}/shop` };
      const read = await refusalOf(() => listSettings(hostAt(top), options));
      assertEquals([read.kind, read.code], ["corrupt", "symbolic_link"]);
      const written = await refusalOf(() =>
        setSetting(hostAt(top), {
          ...options,
          name: "color",
          value: "always",
          global: link.startsWith("home"),
        })
      );
      assertEquals([written.kind, written.code], ["corrupt", "symbolic_link"]);
      assertEquals(Deno.readTextFileSync(`${top}/${OUTSIDE}`), TEXT);
    }));
}
