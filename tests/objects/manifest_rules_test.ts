import { parseJson } from "../../src/base/json.ts";
import {
  newKey,
  objectsJson,
  parseObjects,
} from "../../src/objects/manifest_rules.ts";
import { assertEquals } from "@std/assert";

const TOKEN = "0123456789abcdef0123456789abcdef";

const ONE = {
  path: "log.jsonl",
  key: newKey("log.jsonl", 12, TOKEN),
  sizeBytes: 7,
  sha256: "ab".repeat(32),
};

const read = (objects: readonly unknown[]) =>
  parseObjects(parseJson(JSON.stringify(objects), "here"));

Deno.test("newKey() says what kind of file it is for, and of which update", () => {
  const paths = [
    "state.json",
    "log.jsonl",
    "meta.json.age",
    "checkpoints/cp_1.json",
  ];
  assertEquals(paths.map((path) => newKey(path, 12, "t")), [
    "state/00000012-t.json",
    "log/00000012-t.jsonl",
    "meta/00000012-t.json.age",
    "checkpoints/00000012-t.json",
  ]);
});

Deno.test("parseObjects() takes what orc writes, and no key that leads elsewhere", () => {
  assertEquals(read(objectsJson([ONE])), [ONE]);
  for (
    const wrong of [
      { key: "copy.json" },
      { key: `../log/00000012-${TOKEN}.jsonl` },
      { key: `/log/00000012-${TOKEN}.jsonl` },
      { key: `log/00000012-${TOKEN}.jsonl/../../copy.json` },
      { size: -1 },
      { size: 1.5 },
      { size: "7" },
      { sha256: "ab" },
      { path: 7 },
    ]
  ) {
    const [written] = objectsJson([ONE]) as [Record<string, unknown>];
    assertEquals(read([{ ...written, ...wrong }]), undefined);
  }
  assertEquals(read(objectsJson([ONE, ONE])), undefined, "twice the same");
  assertEquals(parseObjects(undefined), undefined);
});
