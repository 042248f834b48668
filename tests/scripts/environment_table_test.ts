import { environmentTable } from "../../scripts/environment_table.ts";
import { assertEquals } from "@std/assert";

/** The cells of a Markdown table, however wide a formatter makes them. */
function cellsIn(table: string): readonly string[] {
  return table.trim().split("\n").filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.replaceAll(/\s*\|\s*/g, "|"));
}

Deno.test("docs/workflow.md has the table that environmentTable() makes", async () => {
  const page = await Deno.readTextFile("docs/workflow.md");
  const [, rows = ""] = page.match(/(\| Read by[^]*?)\n\n/) ?? [];
  assertEquals(cellsIn(rows), cellsIn(environmentTable()));
});
