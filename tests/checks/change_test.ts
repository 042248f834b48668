import { differingLines } from "../../src/checks/change.ts";
import { assertTable } from "../base/table.ts";

Deno.test("differingLines() counts lines that are in one of two texts alone", () => {
  assertTable<readonly [string, string], number>(
    ([was, is]) => differingLines(was, is),
    [
      [["", ""], 0],
      [["a\n", "a"], 0],
      [["a\r\nb\r\n", "a\nb\n"], 0],
      [["a\nb\n", "b\na\n"], 0],
      [["a\n", "b\n"], 2],
      [["", "a\nb\n"], 2],
      [["a\na\n", "a\n"], 1],
      [["a\n", ""], 1],
      [["a\n\n\n", "a\n"], 2],
    ],
  );
});
