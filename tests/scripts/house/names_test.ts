import {
  namingProblems,
  ticketProblems,
} from "../../../scripts/house/names.ts";
import { assertEquals } from "@std/assert";

Deno.test("namingProblems() refuses words the glossary replaces", () => {
  assertEquals(
    namingProblems("src/a.ts", "export function openBackend(): void {}"),
    ['src/a.ts: "openBackend" says backend, not store or remote'],
  );
  assertEquals(
    namingProblems("src/audit_log.ts", ""),
    ['src/audit_log.ts: "src/audit_log.ts" says audit, not log'],
  );
});

Deno.test("namingProblems() looks at whole words of exported names only", () => {
  const text = [
    "export function releaseLock(): void {}",
    "export type Proofread = string;",
    "const journal = 1;",
  ].join("\n");
  assertEquals(namingProblems("src/a.ts", text), []);
});

Deno.test("namingProblems() refuses default exports", () => {
  const problem = ["src/a.ts: has a default export"];
  assertEquals(namingProblems("src/a.ts", "export default 1;"), problem);
  assertEquals(namingProblems("src/a.ts", "export { a as default };"), problem);
});

Deno.test("ticketProblems() refuses ticket numbers in names and comments", () => {
  const ticket = "CORE" + "-025";
  const cases: readonly (readonly [path: string, text: string])[] = [
    ["tests/wf_034_test.ts", ""],
    ["src/a.ts", "export const issue61 = 1;"],
    ["src/a.ts", `// See ${ticket}`],
    ["src/a.ts", " * Mends issue 61"],
    ["tests/a_test.ts", `Deno.test("${ticket} is mended", () => {`],
    ["tests/a_test.ts", 'Deno.test("finish() heals #61", () => {'],
  ];
  for (const [path, text] of cases) {
    assertEquals(ticketProblems(path, text).length, 1, `${path} ${text}`);
  }
});

Deno.test("ticketProblems() leaves standards and values alone", () => {
  const text = [
    "// SHA-256 of the UTF-8 text, see RFC-3339",
    'const colour = "#404040";',
    'Deno.test("decide() refuses 2 items", () => {',
  ].join("\n");
  assertEquals(ticketProblems("src/a.ts", text), []);
});
