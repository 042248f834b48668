import {
  type KnownSecret,
  maskerOf,
  type MaskingStream,
  tokensIn,
} from "../../src/base/mask.ts";
import { oneOf, pickerOf } from "./random.ts";
import { assertEach } from "./table.ts";
import { assert, assertEquals } from "@std/assert";

const KEY: KnownSecret = { name: "API_KEY", value: "s3cr3t/value+1234" };

const PEM = [
  "-----BEGIN RSA PRIVATE KEY-----",
  "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgHcTz6sE2I2yPB",
  "aFDrBz9vFqU4yhkq7rKmXc4OZ1mR6k4H9w3sGdWv1n2m3Q==",
  "-----END RSA PRIVATE KEY-----",
].join("\n");

/** Made up; each in the shape of a kind of token. */
const TOKENS = [
  `ghp_${"a1B2".repeat(9)}`,
  `github_pat_11AAAAAAA0${"x".repeat(40)}`,
  `sk-proj-${"Ab3_".repeat(10)}`,
  `sk-ant-api03-${"Zz9-".repeat(10)}`,
  "AKIAIOSFODNN7EXAMPLE",
  `xoxb-${"123456789012-".repeat(2)}abcDEF`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${"c2ln".repeat(10)}`,
  `npm_${"q1W2".repeat(9)}`,
  `AIza${"Sy4-_".repeat(7)}`,
  `glpat-${"t0K3n".repeat(4)}`,
  PEM,
  PEM.replaceAll("\n", "\\n"),
];

/** What a stream makes of a text that comes in pieces of these lengths. */
function streamed(
  text: string,
  secrets: readonly KnownSecret[],
  nextLength: () => number,
): string {
  const stream = maskerOf(secrets).stream();
  const bytes = new TextEncoder().encode(text);
  const parts: number[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + nextLength();
    for (const byte of stream.push(bytes.slice(start, end))) parts.push(byte);
    start = end;
  }
  for (const byte of stream.end()) parts.push(byte);
  return new TextDecoder().decode(new Uint8Array(parts));
}

function pushedTo(stream: MaskingStream, text: string): string {
  return new TextDecoder().decode(stream.push(new TextEncoder().encode(text)));
}

Deno.test("mask() replaces a value by its name", () => {
  const { mask } = maskerOf([KEY]);
  assertEquals(
    mask(`key=${KEY.value}, again ${KEY.value}.`),
    "key=[secret API_KEY], again [secret API_KEY].",
  );
});

Deno.test("mask() knows how values are spelled in JSON, URLs and base64", () => {
  const value = 'p"ss\\wörd &1234';
  const { mask } = maskerOf([{ name: "PASSWORD", value }]);
  assertEach(mask, "[secret PASSWORD]", [
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
  ]);
  for (const before of ["", "u", "me", "you", "user:"]) {
    for (const after of ["", "!", "??", "\n"]) {
      const bytes = new TextEncoder().encode(before + value + after);
      const encoded = btoa(String.fromCharCode(...bytes));
      assert(mask(encoded).includes("[secret PASSWORD]"), encoded);
    }
  }
});

Deno.test("mask() knows how programs differ in spelling a value", () => {
  const value = "Zq8+/xK=7é&Lm3 (Nv)!T9";
  const { mask } = maskerOf([{ name: "PASSWORD", value }]);
  assertEach(mask, "[secret PASSWORD]", [
    // Python's json.dumps, and PHP's json_encode.
    "Zq8+/xK=7\\u00e9&Lm3 (Nv)!T9",
    "Zq8+\\/xK=7\\u00e9&Lm3 (Nv)!T9",
    // Python's quote and quote_plus, and the small digits of others.
    "Zq8%2B/xK%3D7%C3%A9%26Lm3%20%28Nv%29%21T9",
    "Zq8%2B%2FxK%3D7%C3%A9%26Lm3+%28Nv%29%21T9",
    "Zq8%2b%2fxK%3d7%c3%a9%26Lm3%20(Nv)!T9",
  ]);
});

Deno.test("mask() leaves no last digit of base64", () => {
  for (const value of ["s3cr3t/value", "s3cr3t/value+", "s3cr3t/value+1"]) {
    const { mask } = maskerOf([{ name: "KEY", value }]);
    for (const before of ["", "\0", "\0\0"]) {
      for (const after of ["", "\n"]) {
        const digits = btoa(before + value + after);
        const [start, end] = [before, before + value]
          .map(({ length }) => Math.ceil(length * 8 / 6));
        assertEquals(
          mask(digits).replace(/=+$/, ""),
          `${digits.slice(0, start)}[secret KEY]${
            digits.slice(end).replace(/=+$/, "")
          }`,
        );
      }
    }
  }
});

Deno.test("mask() knows how programs spell a value in hex", () => {
  const value = "s3cr3t/välue+1234, of more than thirty bytes";
  const { mask } = maskerOf([{ name: "KEY", value }]);
  const digits = Array.from(
    new TextEncoder().encode(value),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  const whole = digits.join("");
  const lines = whole.replaceAll(/.{60}/g, "$&\n");
  const forms = [whole, lines, digits.join(" "), digits.join(":")];
  assertEach(mask, "[secret KEY]", forms);
  assertEach(mask, "[secret KEY]", forms.map((form) => form.toUpperCase()));
  // A line end that was printed with it stays, and tells nothing.
  assertEquals(mask(`${whole}0a`), "[secret KEY]0a");
});

Deno.test("mask() finds base64 that is broken into lines", () => {
  const pick = pickerOf(1);
  const value = Array.from({ length: 600 }, () => pick(36).toString(36))
    .join("");
  const { mask } = maskerOf([{ name: "LONG", value }]);
  for (const length of [64, 76]) {
    const lines = btoa(`${value}\n`)
      .replaceAll(new RegExp(`.{${length}}`, "g"), "$&\n");
    const left = mask(lines).replace("[secret LONG]", "");
    assert(left.length <= 4, left);
  }
});

Deno.test("mask() finds each line of a value of several lines", () => {
  const value = "first line of it\nsecond line of it\nend";
  const { mask } = maskerOf([{ name: "CERT", value }]);
  assertEquals(
    mask("> first line of it\n> second line of it\n> end"),
    "> [secret CERT]\n> [secret CERT]\n> end",
  );
});

Deno.test("mask() leaves what is too short to be told from words", () => {
  const { mask } = maskerOf([
    { name: "PIN", value: " 1234567\n" },
    { name: "LONGER", value: "87654321" },
  ]);
  const masked = mask("call 1234567 or 87654321");
  assertEquals(masked, "call 1234567 or [secret LONGER]");
});

Deno.test("mask() bears a value that is no valid Unicode", () => {
  const value = "\ud800 lonely half";
  const { mask } = maskerOf([{ name: "HALF", value }]);
  assertEquals(mask(`<${value}>`), "<[secret HALF]>");
});

Deno.test("mask() finds a long value of which a message repeats only a part", () => {
  const value = Array.from({ length: 200 }, (_, index) => index * 7).join("");
  const { mask } = maskerOf([{ name: "LONG", value }]);
  const parts = [value.slice(0, 80), value.slice(-79), value];
  assertEach((part) => mask(`"…${part}"`), '"…[secret LONG]"', parts);
  assertEquals(mask(value.slice(0, 31)), value.slice(0, 31));
});

Deno.test("mask() joins secrets that overlap", () => {
  const { mask } = maskerOf([
    { name: "ONE", value: "abcdefghijkl" },
    { name: "TWO", value: "ijklmnopqrst" },
  ]);
  assertEquals(mask("<abcdefghijklmnopqrst>"), "<[secret ONE]>");
});

Deno.test("mask() recognizes tokens by their shape", () => {
  const { mask } = maskerOf([]);
  assertEach((token) => mask(`t: ${token}\nb`), "t: [secret]\nb", TOKENS);
  assertEach((token) => mask(`{"t":"${token}"}`), '{"t":"[secret]"}', TOKENS);
});

Deno.test("mask() names a known value that looks like a token", () => {
  const [value = ""] = TOKENS;
  const { mask } = maskerOf([{ name: "GITHUB_TOKEN", value }]);
  assertEquals(mask(value), "[secret GITHUB_TOKEN]");
});

Deno.test("mask() leaves ordinary text alone", () => {
  const { mask } = maskerOf([KEY]);
  const texts = [
    "risk-assessment-of-the-whole-project-1",
    "task-2026-01-02-write-the-documentation",
    "const PEM = '-----BEGIN PRIVATE KEY-----';",
    "commit 3481505f0c1a5dd8e8c1e3c6a9e5b7d2f4a6c8e0",
    "AKIA is the beginning of a key id",
  ];
  assertEquals(texts.map(mask), texts);
});

Deno.test("stream() finds secrets wherever the stream is divided", () => {
  const pick = pickerOf(1);
  const long = { name: "LONG", value: "x9!é".repeat(1024).slice(0, 4096) };
  const secrets = [KEY, long, { name: "ABAB", value: "abababababac" }];
  const words = [
    ...secrets.map(({ value }) => value),
    ...TOKENS,
    "abababab",
    "x9!éx9!",
    "s3cr3t/",
    "-----BEGIN RSA PRIV",
    "plain words, größer",
    "\n",
    "eyJ",
  ];
  const { mask } = maskerOf(secrets);
  for (let round = 0; round < 80; round++) {
    const blank = oneOf(pick, [" ", "\n"]);
    const text = Array.from({ length: 6 }, () => oneOf(pick, words))
      .join(blank);
    const most = [1, 3, 20, 5000][round % 4] ?? 1;
    const result = streamed(text, secrets, () => 1 + pick(most));
    for (const { value } of secrets) assert(!result.includes(value), text);
    for (const token of TOKENS) assert(!result.includes(token), text);
    assertEquals(
      result.replaceAll("[secret]", ""),
      mask(text).replaceAll("[secret]", ""),
    );
  }
});

Deno.test("stream() finds an end of a long value wherever it is divided", () => {
  const pick = pickerOf(2);
  // What is not of words waits for no end of a word.
  const value = Array.from({ length: 1000 }, () => `${pick(10)}/`).join("");
  const secrets = [{ name: "LONG", value }];
  for (const length of [32, 700, 1999]) {
    for (const most of [1, 13, 500]) {
      const text = `…${value.slice(-length)}\n${value.slice(0, length)}.\n`;
      assertEquals(
        streamed(text, secrets, () => 1 + pick(most)),
        "…[secret LONG]\n[secret LONG].\n",
      );
    }
  }
});

Deno.test("stream() passes bytes that are no text as they are", () => {
  const stream = maskerOf([KEY]).stream();
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assertEquals([...stream.push(bytes), ...stream.end()], [...bytes]);
});

Deno.test("stream() gives lines away as soon as they are complete", () => {
  const stream = maskerOf([KEY]).stream();
  const pushed = (text: string) => pushedTo(stream, text);
  assertEquals(pushed("Step 1 of 2\n"), "Step 1 of 2\n");
  const second = pushed(`${KEY.value}, then.\nStep 3\n`);
  assertEquals(second, "[secret API_KEY], then.\nStep 3\n");
});

Deno.test("stream() holds no more than it must, however long a word is", () => {
  const stream = maskerOf([KEY]).stream();
  let shown = pushedTo(stream, "ghp_");
  for (let round = 0; round < 200; round++) {
    shown += pushedTo(stream, "a".repeat(1000));
  }
  assert(shown.startsWith("[secret]"), shown.slice(0, 20));
});

Deno.test("tokensIn() gives the places of tokens", () => {
  const token = `ghp_${"a".repeat(36)}`;
  assertEquals(tokensIn(`x ${token} y ${token}`), [[2, 42], [45, 85]]);
  assertEquals(tokensIn("nothing"), []);
});
