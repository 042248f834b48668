import manifest from "../../deno.json" with { type: "json" };
import { fitsRange, isVersionRange, VERSION } from "../../src/base/version.ts";
import { pickerOf } from "./random.ts";
import { assertEquals } from "@std/assert";

Deno.test("fitsRange() judges a version", async () => {
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
    assertEquals(await fitsRange(version, range), fits, `${version} ${range}`);
  }
});

Deno.test("fitsRange() can judge everything that looks like a range", async () => {
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
    assertEquals(typeof await fitsRange("0.1.0", text), "boolean", text);
  }
  assertEquals(count > 200, true, `${count}`);
});

Deno.test("VERSION is the one of deno.json", () => {
  assertEquals(VERSION, manifest.version);
});

Deno.test("isVersionRange() takes what npm writes", () => {
  const ranges = [
    ...[">=0.1", "0.1.0", "v1.2.3", "^1.2", "~0.1.4", "1.x", "0.1.*", "< 2"],
    ...[">=0.1 <2", ">= 0.1  < 2.0.0-rc.1", "^0.1 || ^1", "1||2||3"],
    ...["0.1 - 1.0", " >=1 "],
  ];
  for (const range of ranges) assertEquals(isVersionRange(range), true, range);
});

Deno.test("isVersionRange() takes nothing else", () => {
  const texts = [
    ...["", " ", "*", "latest", "orc", ">=", ">=0.1 ||", "|| 1", ">=0.1 or 2"],
    ...[">=0.1, <2", "^ 1", "=> 1", "1 - 2 3", "1 -2", ">=1 - 2", "1.2.3.4.5"],
    ...["1..2", "0.1\n", "!=1", "~>1"],
  ];
  for (const text of texts) assertEquals(isVersionRange(text), false, text);
});
