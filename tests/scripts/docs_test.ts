import { makePages, outdatedPages, type Pages } from "../../scripts/docs.ts";
import type { FlagSpec } from "../../src/commands/command.ts";
import { copyCommand, fakeGroups } from "../cli/fake.ts";
import { assert, assertEquals } from "@std/assert";

const [work, ...others] = fakeGroups;
assert(work !== undefined);

/** The pages of a table in which the command `copy` has these flags. */
function pagesWith(flags: readonly FlagSpec[]): Promise<Pages> {
  const copy = { ...copyCommand, flags };
  const entries = [{
    name: "copy",
    summary: "Copy something to several places",
    load: () => Promise.resolve(copy),
  }];
  return makePages([{ title: "Work", entries }, ...others]);
}

const pages = await pagesWith(copyCommand.flags);

Deno.test("outdatedPages() finds nothing where nothing changed", async () => {
  const again = await pagesWith(copyCommand.flags);
  assertEquals(outdatedPages(again, (path) => pages.get(path)), []);
});

Deno.test("outdatedPages() finds the pages of a flag that was changed", async () => {
  const flags = copyCommand.flags.map((flag) =>
    flag.name === "note" ? { ...flag, name: "remark" } : flag
  );
  const changed = await pagesWith(flags);
  assertEquals(outdatedPages(changed, (path) => pages.get(path)), [
    "docs/cli.md",
    "man/orc.1",
  ]);
});

Deno.test("outdatedPages() finds pages that are missing", () => {
  assertEquals(outdatedPages(pages, () => undefined), [...pages.keys()]);
});

Deno.test("makePages() tells all that a command takes and does", async (t) => {
  for (const [path, text] of pages) {
    await t.assertSnapshot(text, { name: path });
  }
});
