import { sha256Hex } from "../../src/base/checksum.ts";
import { assertEquals } from "@std/assert";

Deno.test("sha256Hex() gives the digests of the standard's examples", async () => {
  const hexOf = (text: string) => sha256Hex(new TextEncoder().encode(text));
  assertEquals(
    await hexOf(""),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    await hexOf("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("sha256Hex() hashes the part of a buffer that is shown", async () => {
  const buffer = new TextEncoder().encode("xabcx");
  assertEquals(
    await sha256Hex(buffer.subarray(1, 4)),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
