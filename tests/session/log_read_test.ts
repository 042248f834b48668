import { MAX_LOG_LINE_BYTES } from "../../src/base/limits.ts";
import {
  type Line,
  linesBackwards,
  linesFrom,
} from "../../src/session/log_read.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

/** The lines of a file, read by either function. */
async function linesOf(
  content: string | Uint8Array,
  read: (file: Deno.FsFile) => Iterable<Line>,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  await withTemporaryDirectory((directory) => {
    const path = `${directory}/log`;
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    Deno.writeFileSync(path, bytes);
    using file = Deno.openSync(path);
    lines.push(...read(file));
  });
  return lines;
}

const forwards = (file: Deno.FsFile) => linesFrom(file, 0);

const FILES: readonly string[] = [
  "",
  "\n",
  "a",
  "a\n",
  "a\nb",
  "\n\na\n\n",
  "größer\n日本\n",
  `${"x".repeat(65_535)}\ny\n`,
  `${"x".repeat(65_536)}\ny`,
  `a\n${"x".repeat(200_000)}\nb\n`,
  "line of some length\n".repeat(10_000),
];

Deno.test("linesFrom() and linesBackwards() cut a file into the same lines", async () => {
  for (const content of FILES) {
    const lines = await linesOf(content, forwards);
    const shown = content.slice(0, 20);
    const texts = lines.map(({ text, isEnded }) =>
      isEnded ? `${text}\n` : text
    );
    assertEquals(texts.join(""), content, shown);
    const ends = lines.map(({ endBytes }) => endBytes);
    assertEquals(
      lines.map(({ startBytes }) => startBytes),
      [0, ...ends].slice(0, lines.length),
      shown,
    );
    const backwards = await linesOf(content, linesBackwards);
    assertEquals(backwards.toReversed(), lines, shown);
  }
});

Deno.test("linesFrom() begins where it is told to", async () => {
  const lines = await linesOf(
    "one\ntwo\nthree\n",
    (file) => linesFrom(file, 4),
  );
  assertEquals(lines.map(({ text }) => text), ["two", "three"]);
  assertEquals(lines.at(-1)?.endBytes, 14);
});

Deno.test("linesFrom() and linesBackwards() give no text for a line that is not UTF-8 or too long", async () => {
  const long = new Uint8Array(MAX_LOG_LINE_BYTES + 1).fill(0x78);
  const bytes = new Uint8Array([0x61, 0x0a, 0xff, 0xfe, 0x0a, ...[0x62, 0x0a]]);
  const content = new Uint8Array(bytes.length + long.length + 3);
  content.set(bytes);
  content.set(long, bytes.length);
  content.set([0x0a, 0x63, 0x0a], bytes.length + long.length);
  const expected = ["a", undefined, "b", undefined, "c"];
  const lines = await linesOf(content, forwards);
  assertEquals(lines.map(({ text }) => text), expected);
  const backwards = await linesOf(content, linesBackwards);
  assertEquals(backwards.map(({ text }) => text), expected.toReversed());
});
