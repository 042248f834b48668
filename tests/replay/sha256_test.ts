import { hexOf, sha256Hex } from "../../src/base/checksum.ts";
import { Sha256 } from "../../src/replay/sha256.ts";
import { assertEquals } from "@std/assert";

Deno.test("Sha256 hashes the examples of FIPS 180-4 as they are published", () => {
  const encoder = new TextEncoder();
  assertEquals(
    new Sha256().update(encoder.encode("abc")).hex(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    new Sha256().update(
      encoder.encode(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      ),
    ).hex(),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("Sha256 hashes any number of bytes as the runtime does, in one piece or in several", async () => {
  const bytes = Uint8Array.from(
    { length: 300 },
    (_, index) => index * 151 % 256,
  );
  for (let length = 0; length <= bytes.length; length++) {
    const whole = bytes.slice(0, length);
    const expected = await sha256Hex(whole);
    assertEquals(new Sha256().update(whole).hex(), expected);
    for (const size of [1, 63, 64, 65]) {
      const hash = new Sha256();
      for (let start = 0; start < length; start += size) {
        hash.update(whole.subarray(start, start + size));
      }
      assertEquals(hash.hex(), expected, `${length} bytes by ${size}`);
    }
  }
  const large = new Uint8Array(1_000_000).fill(97);
  assertEquals(
    new Sha256().update(large).hex(),
    hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", large))),
  );
});

Deno.test("Sha256.updateText() hashes a text of any length as its UTF-8, a character that no piece ends in among them", async () => {
  const encoder = new TextEncoder();
  for (const character of ["a", "é", "€", "😀", "\ud800"]) {
    for (const length of [0, 1, 1023, 1024, 1025, 4095, 4096, 4097, 9000]) {
      for (const beginning of ["", "x", "xy", "xyz"]) {
        const text = beginning + character.repeat(length);
        const hash = new Sha256().updateText(text).hex();
        assertEquals(hash, await sha256Hex(encoder.encode(text)));
      }
    }
  }
});
