import {
  countParts,
  divideLines,
  ownerOf,
} from "../../src/migration/scan_lines.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

const python = (id: string) =>
  `{"timestamp": "t", "event_type": "x", "workflow_id": "${id}", "message": "m"}`;
const other = (id: string) =>
  `{"message":"m","workflow_id":"${id}","event_type":"x"}`;

Deno.test("ownerOf() reads the older tool's spelling and any other", () => {
  const owner = ownerOf("log", new Map());
  assertEquals(
    [python("a"), other("b"), python("caf\\u00e9"), "{", "", undefined, "[]"]
      .map((line) => owner(line)),
    ["a", "b", "café", "", "", "", ""],
  );
});

Deno.test("ownerOf() knows the workflow of feedback by its id or its hash", () => {
  const hashes = new Map([["h", "a"]]);
  assertEquals(ownerOf("tool", hashes)('{"workflow_id_hash":"h"}'), "a");
  assertEquals(ownerOf("tool", hashes)('{"workflow_id_hash":"x"}'), "");
  assertEquals(ownerOf("both", hashes)('{"workflow_id":"b"}'), "b");
  assertEquals(ownerOf("process", hashes)("torn"), "");
});

Deno.test("divideLines() gives every byte to somebody, in its order", () =>
  withTemporaryDirectory((directory) => {
    const big = "x".repeat(5_000_000);
    const lines = [
      ...[python("a"), python("a"), python("b"), "torn", big, "", python("a")],
    ];
    for (const end of ["", "\n"]) {
      const text = lines.join("\n") + end;
      writeTree(directory, { log: text });
      const path = `${directory}/log`;
      const owner = ownerOf("log", new Map());
      const given = new Map<string, string>();
      let whole = "";
      divideLines(path, owner, (id, bytes) => {
        const piece = new TextDecoder().decode(bytes);
        given.set(id, (given.get(id) ?? "") + piece);
        whole += piece;
      });
      assertEquals(whole === text, true);
      const seen: string[] = [];
      const parts = countParts(path, owner, (id) => seen.push(id));
      assertEquals(seen, ["a", "a", "b", "", "", "", "a"]);
      assertEquals(
        parts.map(({ workflowId, sizeBytes }) => [workflowId, sizeBytes]),
        Array.from(given, ([id, piece]) => [id, piece.length]),
      );
    }
  }));
