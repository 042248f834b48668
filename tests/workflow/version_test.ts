import { isVersionRange } from "../../src/base/version.ts";
import { fitsRange } from "../../src/workflow/version.ts";
import { pickerOf } from "../base/random.ts";
import { assertEquals } from "@std/assert";

Deno.test("fitsRange() judges a version", () => {
  const verdicts: readonly (readonly [string, string, boolean])[] = [
    ["0.1.0", ">=0.1", true],
    ["0.1.0", "0.1.0", true],
    ["0.1.1", "0.1.0", false],
    ["0.1.9", "0.1", true],
    ["0.2.0", "0.1", false],
    ["1.2.5", "<=1.2", true],
    ["1.2.5", ">1.2", false],
    ["1.3.0", ">1.2", true],
    ["1.2.0", "<1.2", false],
    ["1.2.5", "=1", true],
    ["2.0.7", "1.0 - 2.0", true],
    ["2.0.0-rc.2", ">=2.0.0-rc.1", true],
    ["0.1.9", "^0.1", true],
    ["0.2.0", "^0.1", false],
    ["1.9.0", "^1.2", true],
    ["1.1.9", "^1.2", false],
    ["0.1.9", "~0.1.4", true],
    ["0.2.0", "~0.1.4", false],
    ["1.0.0", ">=0.1 <1", false],
    ["0.9.9", ">=0.1 <1", true],
    ["2.3.4", "^1 || 2.x", true],
    ["3.0.0", "^1 || 2.x", false],
    ["1.5.0", "1.0 - 2.0", true],
    ["1.0.0-rc.1", ">=1.0.0", false],
    ["0.1.0", "latest", false],
    ["0.1.0", "", false],
  ];
  for (const [version, range, fits] of verdicts) {
    assertEquals(fitsRange(version, range), fits, `${version} ${range}`);
  }
});

Deno.test("fitsRange() can judge everything that looks like a range", () => {
  const parts = [" ", "||", "-", " - ", ">=", "<", "=", "^", "~", "v", "."];
  const alphabet = [...parts, "0", "1", "12", "x", "*", "-rc"];
  let count = 0;
  for (let seed = 0; seed < 20_000; seed++) {
    const pick = pickerOf(seed);
    const text = Array.from(
      { length: 1 + pick(6) },
      () => alphabet[pick(alphabet.length)],
    ).join("");
    if (isVersionRange(text)) count++;
    assertEquals(typeof fitsRange("0.1.0", text), "boolean", text);
  }
  assertEquals(count > 200, true, `${count}`);
});
