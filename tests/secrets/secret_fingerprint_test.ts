import { fingerprintOf } from "../../src/secrets/secret_fingerprint.ts";
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";

const PLACE = { name: "API_KEY", repoId: "0123456789ab" };

Deno.test("fingerprintOf() is the same for the same value, name and repository only", async () => {
  const value = "twelve chars";
  const fingerprint = await fingerprintOf(value, PLACE);
  assertMatch(fingerprint ?? "", /^[0-9a-f]{8}$/);
  assertEquals(await fingerprintOf(value, PLACE), fingerprint);
  for (
    const [other, place] of [
      ["twelve Chars", PLACE],
      [value, { ...PLACE, name: "OTHER" }],
      [value, { ...PLACE, repoId: "ba9876543210" }],
    ] as const
  ) {
    assertNotEquals(await fingerprintOf(other, place), fingerprint);
  }
});

Deno.test("fingerprintOf() gives nothing away of a value that could be guessed", async () => {
  assertEquals(await fingerprintOf("eleven char", PLACE), null);
});
