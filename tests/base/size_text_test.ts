import { sizeText } from "../../src/base/size_text.ts";
import { assertEquals } from "@std/assert";

Deno.test("sizeText() tells a size in the unit that fits", () => {
  const sizes: readonly [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_400, "99.4 kB"],
    [99_600, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1_234_567, "1.2 MB"],
    [5e9, "5.0 GB"],
    [7e15, "7000 TB"],
  ];
  for (const [sizeBytes, text] of sizes) {
    assertEquals(sizeText(sizeBytes), text);
  }
});
