import { barChart, barsText } from "../../src/history/bar_rules.ts";
import { assert, assertEquals } from "@std/assert";

function bar(value: number, part = 0) {
  return { label: "<b>", value, part, text: `${value} & more` };
}

Deno.test("barsText() draws each bar as long as its value, and shows what is more than nothing", () => {
  const drawn = barsText([bar(240, 120), bar(1), bar(0)], false);
  assertEquals(drawn, [
    `${"#".repeat(12)}${":".repeat(12)}`,
    "#".padEnd(24),
    " ".repeat(24),
  ]);
  assertEquals(barsText([bar(2, 1)], true), ["█".repeat(12) + "▒".repeat(12)]);
  assertEquals(barsText([], true), []);
});

Deno.test("barChart() is a picture with a name, in which every text is text", () => {
  assertEquals(barChart("None", []), "");
  const picture = barChart('"Time"', [bar(10, 5), bar(5)]);
  assert(picture.startsWith("<svg "), picture);
  assert(picture.includes('aria-label="&quot;Time&quot;"'), picture);
  assert(picture.includes("&lt;b&gt;") && !picture.includes("<b>"), picture);
  const widths = [...picture.matchAll(/class="(\w+)"[^/]* width="([\d.]+)"/g)]
    .map(([, kind, width]) => [kind, Number(width)] as const);
  const [long, wait, short] = widths.filter(([kind]) => kind !== "label");
  assertEquals([long?.[0], wait?.[0], short?.[0]], ["bar", "wait", "bar"]);
  assertEquals([wait?.[1], short?.[1]], [
    (long?.[1] ?? 0) / 2,
    (long?.[1] ?? 0) / 2,
  ]);
});
