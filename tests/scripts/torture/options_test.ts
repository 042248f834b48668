import { parseOptions } from "../../../scripts/torture/options.ts";
import { assertEquals } from "@std/assert";

Deno.test("parseOptions() asks for everything by default", () => {
  assertEquals(parseOptions([]), {
    processes: 50,
    updates: 200,
    seconds: 600,
    faultPoints: "all",
  });
});

Deno.test("parseOptions() reads each flag", () => {
  const args = "--processes 4 --updates 10 --seconds 60 --fault-points none"
    .split(" ");
  assertEquals(parseOptions(args), {
    processes: 4,
    updates: 10,
    seconds: 60,
    faultPoints: "none",
  });
});

Deno.test("parseOptions() understands nothing else", () => {
  const wrong = [
    ["--processes"],
    ["--processes", "0"],
    ["--updates", "many"],
    ["--fault-points", "some"],
    ["--force", "1"],
    ["50"],
  ];
  for (const args of wrong) assertEquals(parseOptions(args), undefined);
});
