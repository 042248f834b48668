import { makePages, outdatedPages, type Pages } from "../../scripts/docs.ts";
import { readIfThere } from "../../scripts/docs/pages.ts";
import type { FlagSpec } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
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

Deno.test("docs and man are what the commands say", async () => {
  const real = await makePages(commandGroups);
  assertEquals(outdatedPages(real, readIfThere), []);
});

/** Where a page tells about one command, or one thing about each. */
const PARTS = [
  ["docs/cli.md", "### orc box list\n", "### orc box switch\n"],
  ["docs/permissions.md", "## More for some commands\n", "Under Node"],
  ["man/orc.1", ".SS orc box list\n", ".SS orc box switch\n"],
] as const;

Deno.test("makePages() tells all that a command takes and does", async (t) => {
  for (const [path, begin, end] of PARTS) {
    const [, part = ""] = (pages.get(path) ?? "").split(begin);
    await t.assertSnapshot(part.split(end)[0], { name: path });
  }
});
