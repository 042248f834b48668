import { sha256Hex } from "../../src/base/checksum.ts";
import { isSameContent } from "../../src/checks/tree_rules.ts";
import { assertEquals } from "@std/assert";

function isSame(stored: string, lying: string): Promise<boolean> {
  const [one, other] = [stored, lying].map((text) =>
    new TextEncoder().encode(text)
  );
  return isSameContent(one ?? new Uint8Array(), other ?? new Uint8Array());
}

Deno.test("isSameContent() passes over ends of lines, and over nothing else", async () => {
  const same = [["", ""], ["a\nb\n", "a\r\nb\r\n"], ["a\r\nb", "a\nb"]];
  for (const [one = "", other = ""] of same) {
    assertEquals(await isSame(one, other), true, JSON.stringify(one));
  }
  const others = [
    ["a\n", "a\n\n"],
    ["a\n", "a"],
    ["a", "a\n"],
    ["a", "a\r"],
    ["a\n", "a\r\r\n"],
    ["a\nb", "a\rb"],
    ["a", "b"],
    ["", "a"],
  ];
  for (const [one = "", other = ""] of others) {
    assertEquals(await isSame(one, other), false, JSON.stringify([one, other]));
  }
});

Deno.test("isSameContent() knows the file that a pointer of Git LFS names", async () => {
  const content = "large\n";
  const sha256 = await sha256Hex(new TextEncoder().encode(content));
  const pointer = (oid = sha256, size = 6, more = "") =>
    `version https://git-lfs.github.com/spec/v1\n${more}oid sha256:${oid}\nsize ${size}\n`;
  assertEquals(await isSame(pointer(), content), true);
  const extended = pointer(sha256, 6, `ext-0-foo sha256:${sha256}\n`);
  assertEquals(await isSame(extended, content), true);
  for (
    const [stored, lying] of [
      [pointer(), "Large\n"],
      [pointer("0".repeat(64)), content],
      [pointer(sha256, 7), content],
      [`${pointer()}more\n`, content],
      [pointer(sha256, 6, "\n".repeat(1024)), content],
    ] as const
  ) assertEquals(await isSame(stored, lying), false, stored.slice(0, 200));
});
