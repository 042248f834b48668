import {
  type Label,
  labelText,
  parseLabel,
  placeInSession,
} from "../../src/persist/label_rules.ts";
import { OrcError } from "../../src/base/error.ts";
import { assertEquals, assertThrows } from "@std/assert";

const LABEL: Label = {
  session: "s1",
  serial: 3,
  status: "active",
  updatedAt: "2026-01-02T03:04:05Z",
  machine: "laptop",
  directory: "",
  content: "a".repeat(64),
  sizeBytes: 7,
  encryptedTo: null,
};

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("parseLabel() reads what labelText() writes", () => {
  for (const label of [LABEL, { ...LABEL, machine: null, encryptedTo: "ab" }]) {
    assertEquals(parseLabel("s1", bytes(labelText(label))), label);
  }
});

Deno.test("parseLabel() refuses what does not fit, and says which orc it needs", () => {
  const codeOf = (text: Uint8Array | undefined, session = "s1") =>
    assertThrows(() => parseLabel(session, text), OrcError).code;
  assertEquals(codeOf(undefined), "copy_unreadable");
  assertEquals(codeOf(bytes("{")), "copy_unreadable");
  assertEquals(codeOf(bytes("[]")), "copy_unreadable");
  assertEquals(codeOf(bytes(labelText(LABEL)), "s2"), "copy_unreadable");
  for (const [key, value] of [["serial", -1], ["content", "x"]] as const) {
    const wrong = labelText({ ...LABEL, [key]: value });
    assertEquals(codeOf(bytes(wrong)), "copy_unreadable", key);
  }
  const newer = labelText(LABEL).replace('"format": 1', '"format": 2');
  assertEquals(codeOf(bytes(newer)), "newer_format");
});

Deno.test("placeInSession() knows the names of orc's own files, and no others", () => {
  const plain = { encryptedTo: null };
  const id = "cp_2026-01-02_030405_000000_0000_aaaa";
  for (const name of ["state.json", "log.jsonl", "meta.json"]) {
    assertEquals(placeInSession(name, plain), name);
    assertEquals(placeInSession(`${name}.age`, { encryptedTo: "x" }), name);
    assertEquals(placeInSession(name, { encryptedTo: "x" }), undefined);
  }
  for (
    const name of [
      "copy.json",
      "lock",
      "../state.json",
      "/state.json",
      "checkpoints/../state.json",
      "checkpoints/x/y.json",
      "checkpoints/.json",
      "arriving/state.json",
      `other/${id}.json`,
    ]
  ) {
    assertEquals(placeInSession(name, plain), undefined, name);
  }
});
