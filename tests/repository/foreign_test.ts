import { foreignWorkflow } from "../../src/workflow/foreign.ts";
import { assertEquals } from "@std/assert";

Deno.test("foreignWorkflow() takes no workflow with a mistake for another program's", () => {
  const files: readonly unknown[] = [
    new Map([["name", "Mine"], ["phase", "x"]]),
    new Map<string, unknown>([["jobs", 1], ["phases", []]]),
    new Map([["name", "Mine"], ["steps", "x"]]),
    [],
    "text",
    null,
  ];
  for (const file of files) assertEquals(foreignWorkflow(file), undefined);
});
