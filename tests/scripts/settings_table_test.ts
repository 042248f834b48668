import { settingsTable } from "../../scripts/settings_table.ts";
import { assertEquals } from "@std/assert";

/** Cells of the tables in a page, however they are aligned. */
function cellsIn(markdown: string): readonly (readonly string[])[] {
  return markdown.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([first = ""]) => !/^-+$/.test(first));
}

Deno.test("docs/configuration.md has the table that settingsTable() makes", async () => {
  const page = await Deno.readTextFile("docs/configuration.md");
  const [, table = ""] = page.split("## Settings\n");
  const [rows = ""] = table.split("\n## ");
  assertEquals(cellsIn(rows), cellsIn(settingsTable()));
});
