import { type JsonObject, jsonObject } from "../../src/base/json.ts";
import {
  encodeReceipt,
  MAX_TAKEN_OUT,
  parseReceipt,
  type Receipt,
} from "../../src/engine/receipt.ts";
import { assertEquals } from "@std/assert";

const STREAM = { bytes: 3, sha256: "0".repeat(64) };

const FULL: Receipt = {
  command: "make test",
  program: "/usr/bin/make",
  exitCode: 0,
  durationMs: 1250,
  stdout: STREAM,
  stderr: { ...STREAM, bytes: 0 },
  output: "outputs/0123.txt",
  orcVersion: "0.1.0",
  environment: "filtered",
  takenOut: ["MAKEFLAGS"],
  runner: "node:test",
  testsRun: 14,
  tree: { id: "abc", kind: "git", inputs: ["src/**"] },
  treeReason: null,
  proved: {
    base: "0123",
    origin: "merge base with main",
    red: { exitCode: 1, testsRun: 14 },
    control: { exitCode: 0, testsRun: null },
    reason: null,
  },
};

const BARE: Receipt = {
  command: null,
  program: null,
  exitCode: null,
  durationMs: null,
  stdout: null,
  stderr: null,
  output: null,
  orcVersion: "0.1.0",
  environment: null,
  takenOut: [],
  runner: null,
  testsRun: null,
  tree: null,
  treeReason: "too many files",
  proved: null,
};

Deno.test("parseReceipt() reads what encodeReceipt() makes", () => {
  const reason = "there is no commit yet";
  const none = { base: null, origin: null, red: null, control: null, reason };
  for (const receipt of [FULL, BARE, { ...BARE, proved: none }]) {
    assertEquals(parseReceipt(encodeReceipt(receipt)), receipt);
  }
});

Deno.test("encodeReceipt() leaves out what there is not, but for the tree", () => {
  assertEquals(
    [...encodeReceipt(BARE).keys()],
    ["orc_version", "tree_reason", "tree"],
  );
  const takenOut = Array.from({ length: 500 }, (_, index) => `X${index}`);
  const kept = parseReceipt(encodeReceipt({ ...FULL, takenOut }))?.takenOut;
  assertEquals(kept, takenOut.slice(0, MAX_TAKEN_OUT));
});

Deno.test("parseReceipt() takes nothing of another kind, and passes over what it does not know", () => {
  const full = encodeReceipt(FULL);
  const wrong: readonly JsonObject[] = [
    ["command", 1],
    ["program", true],
    ["exit_code", 0.5],
    ["exit_code", "0"],
    ["duration_ms", -1],
    ["tests_run", "14"],
    ["orc_version", null],
    ["taken_out", [1]],
    ["taken_out", "X"],
    ["stdout", "x"],
    ["stdout", jsonObject({ bytes: 1, sha256: "0" })],
    ["stderr", jsonObject({ bytes: -1, sha256: STREAM.sha256 })],
    ["tree", "abc"],
    ["tree", jsonObject({ id: "abc", kind: "svn" })],
    ["tree", jsonObject({ id: "abc", kind: "git", inputs: [1] })],
    ["proved", true],
    ["proved", jsonObject({ base: 1 })],
    ["proved", jsonObject({ red: 1 })],
    ["proved", jsonObject({ red: jsonObject({ exit_code: "1" }) })],
    ["proved", jsonObject({ control: jsonObject({ tests_run: 1 }) })],
    [
      "proved",
      jsonObject({ red: jsonObject({ exit_code: 1, tests_run: -1 }) }),
    ],
  ].map(([key, value]) => new Map(full).set(key as string, value as string));
  for (const each of [...wrong, undefined, null, "x", []]) {
    assertEquals(parseReceipt(each), undefined);
  }
  const newer = new Map(full).set("of_later", true);
  assertEquals(parseReceipt(newer), FULL);
});
