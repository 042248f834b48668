import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../src/base/limits.ts";
import { maskerOf } from "../../src/base/mask.ts";
import { BoundedOutput } from "../../src/host/bounded_output.ts";
import { assert, assertEquals } from "@std/assert";

const KEPT_BYTES = OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES;

/** The output after a stream that came in parts of the given size. */
function outputOf(bytes: Uint8Array, partBytes: number): BoundedOutput {
  const output = new BoundedOutput();
  for (let start = 0; start < bytes.length; start += partBytes) {
    output.add(bytes.subarray(start, start + partBytes));
  }
  return output;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("BoundedOutput.text() returns short output as it is", () => {
  for (const text of ["", "a", "é\r\n日本😀\0\u001b[1m", "\ufeffa"]) {
    for (const partBytes of [1, 2, 100]) {
      assertEquals(outputOf(bytesOf(text), partBytes).text(), text);
    }
  }
});

Deno.test("BoundedOutput.text() keeps all that fits, wherever its parts end", () => {
  const text = "é".repeat(KEPT_BYTES / 2);
  for (const partBytes of [1, 1000, 4095, 65536]) {
    assertEquals(outputOf(bytesOf(text), partBytes).text(), text);
  }
});

Deno.test("BoundedOutput.text() keeps beginning and end and names what is missing", () => {
  const lines = Array.from({ length: 10_000 }, (_, line) => `line ${line}\n`);
  const bytes = bytesOf(lines.join(""));
  const decoder = new TextDecoder();
  const expected = decoder.decode(bytes.subarray(0, OUTPUT_HEAD_BYTES)) +
    `\n… ${bytes.length - KEPT_BYTES} bytes left out …\n` +
    decoder.decode(bytes.subarray(-OUTPUT_TAIL_BYTES));
  for (const partBytes of [7, 4096, 10_000, 16384, 20480, 65536, 1e6]) {
    assertEquals(outputOf(bytes, partBytes).text(), expected);
  }
});

Deno.test("BoundedOutput.text() cuts no character in two", () => {
  for (const character of ["é", "日", "😀"]) {
    for (let shift = 0; shift < 4; shift++) {
      const text = "x".repeat(shift) + character.repeat(20_000);
      const bytes = bytesOf(text + "y".repeat(shift));
      const [head = "", note = "", tail = ""] = outputOf(bytes, 5000).text()
        .split("\n");
      assert(!`${head}${tail}`.includes("\ufffd"), `${character} ${shift}`);
      const kept = bytesOf(head).length + bytesOf(tail).length;
      assertEquals(note, `… ${bytes.length - kept} bytes left out …`);
      assert(kept > KEPT_BYTES - 8 && kept <= KEPT_BYTES);
    }
  }
});

Deno.test("BoundedOutput.text() shows invalid UTF-8 as replacement characters", () => {
  const bytes = new Uint8Array([0x61, 0xff, 0x62, 0xc3, 0x28, 0x80]);
  assertEquals(outputOf(bytes, 2).text(), "a\ufffdb\ufffd(\ufffd");
  assertEquals(outputOf(bytes, 2).isUtf8(), false);
  const many = new Uint8Array(30_000).fill(0x80);
  const text = outputOf(many, 999).text();
  assert(text.includes(` ${30_000 - KEPT_BYTES + 3} bytes left out `), text);
});

Deno.test("BoundedOutput.isUtf8() does not blame a program for where its output is cut", () => {
  for (const character of ["é", "日", "😀"]) {
    for (let shift = 0; shift < 4; shift++) {
      const text = "x".repeat(shift) + character.repeat(20_000) + "\ufffd";
      assertEquals(outputOf(bytesOf(text), 5000).isUtf8(), true);
      const cut = bytesOf(text).subarray(0, -1);
      assertEquals(outputOf(cut, 5000).isUtf8(), false);
    }
  }
  assertEquals(outputOf(bytesOf("a\ufffd\ufeff"), 1).isUtf8(), true);
});

Deno.test("BoundedOutput does not keep the buffers it gets", () => {
  const output = new BoundedOutput();
  const buffer = bytesOf("abc");
  output.add(buffer);
  buffer.fill(0x78);
  assertEquals(output.text(), "abc");
});

Deno.test("BoundedOutput.lastLine() returns the last complete line", () => {
  const lines: Record<string, string | undefined> = {
    "": undefined,
    "unfinished": undefined,
    "\n\n": undefined,
    "one\n": "one",
    "one\ntwo": "one",
    "one\r\ntwo\r\n\n  \n": "two",
    "10 %\r20 %\r30": "20 %",
  };
  for (const [text, line] of Object.entries(lines)) {
    assertEquals(outputOf(bytesOf(text), 3).lastLine(), line, text);
  }
  const long = "x\n".repeat(50_000) + "last\nnext";
  assertEquals(outputOf(bytesOf(long), 1000).lastLine(), "last");
});

Deno.test("BoundedOutput keeps no part of a secret where reads and cuts divide it", () => {
  const value = "s3cret-value-of-some-length";
  const masker = maskerOf([{ name: "KEY", value }]);
  for (const before of [0, 4090, 4096 - 5]) {
    const output = new BoundedOutput(masker.stream());
    const text = `${"\n".repeat(before)}${value}${"\n".repeat(30_000)}${value}`;
    const bytes = new TextEncoder().encode(text);
    for (let start = 0; start < bytes.length; start += 7) {
      output.add(bytes.subarray(start, start + 7));
    }
    output.end();
    assertEquals(/s3cr|value|length/.test(output.text()), false);
    assertEquals(output.text().endsWith("[secret KEY]"), true);
  }
});
