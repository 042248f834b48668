import vectors from "../testdata/checksum_vectors.json" with { type: "json" };
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  withFields,
} from "../../src/base/json.ts";
import {
  checksumOf,
  sha256Hex,
  verifyChecksum,
} from "../../src/base/checksum.ts";
import { canonicalJson } from "../../src/base/json_print.ts";
import { PYTHON_STATES } from "../session/python_files.ts";
import { assert, assertEquals } from "@std/assert";

const SIGNATURE_KEYS = ["_checksum", "_updated_at", "_version"];

function parseObject(text: string): JsonObject {
  const value = parseJson(text, "state.json");
  assert(isJsonObject(value));
  return value;
}

Deno.test("checksumOf() agrees with the Python tool's vectors", async () => {
  for (const { name, json_text, canonical, checksum } of vectors) {
    const state = parseObject(json_text);
    const signed = new Map(state);
    for (const key of SIGNATURE_KEYS) signed.delete(key);
    assertEquals(canonicalJson(signed), canonical, name);
    assertEquals(await checksumOf(state), checksum, name);
  }
});

Deno.test("verifyChecksum() accepts every rule the Python tool ever had", async () => {
  for (const vector of vectors) {
    const checksums = [
      vector.checksum,
      vector.checksum_variant_with_version_32,
      vector.checksum_variant_with_version_16,
    ];
    const state = parseObject(vector.json_text);
    for (const checksum of checksums) {
      const signed = withFields(state, { _checksum: checksum });
      assertEquals(await verifyChecksum(signed), "valid", vector.name);
    }
  }
});

Deno.test("verifyChecksum() accepts what the Python tool signed, and takes an unsigned state as it is", async () => {
  const unsigned = parseObject('{"task_description": "x", "_checksum": null}');
  assertEquals(await verifyChecksum(unsigned), "missing");
  assertEquals(await verifyChecksum(new Map()), "missing");
  for (const [project, text] of PYTHON_STATES) {
    const state = parseObject(text);
    const expected = state.has("_checksum") ? "valid" : "missing";
    assertEquals(await verifyChecksum(state), expected, project);
  }
  assertEquals(PYTHON_STATES.size, 10);
});

Deno.test("verifyChecksum() notices any change of a signed state", async () => {
  const state = parseObject(PYTHON_STATES.get("min") ?? "");
  assertEquals(await verifyChecksum(state), "valid");
  const changes: [string, JsonValue][] = [
    ["task_description", "minimal "],
    ["constraints", ["x"]],
    ["more", null],
    ["_checksum", "0".repeat(32)],
    ["_checksum", ""],
    ["_checksum", 7],
  ];
  for (const [key, value] of changes) {
    const changed = withFields(state, { [key]: value });
    assertEquals(await verifyChecksum(changed), "changed", key);
  }
});

Deno.test("verifyChecksum() does not sign the keys about the file", async () => {
  const state = parseObject(PYTHON_STATES.get("min") ?? "");
  for (const key of ["_updated_at", "_version"]) {
    const changed = withFields(state, { [key]: "another" });
    assertEquals(await verifyChecksum(changed), "valid", key);
  }
});

Deno.test("sha256Hex() gives the digests of the standard's examples, also of a part of a buffer", async () => {
  const bytes = new TextEncoder().encode("xabcx");
  assertEquals(
    await sha256Hex(bytes.subarray(0, 0)),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    await sha256Hex(bytes.subarray(1, 4)),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
