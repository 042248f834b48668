import { explainSearch, searchOf } from "../../src/checks/search_rules.ts";
import { assertEquals } from "@std/assert";

const BULLET = "^[[:space:]]*([-*+]|[0-9]+[.)])[[:space:]]+";
const SEARCH = "git grep --no-index -q -i -E -e".split(" ");
const NONE = "git grep --no-index -L -E -e".split(" ");

function explained(
  words: readonly string[],
  text: string | undefined,
): readonly string[] | undefined {
  const search = searchOf(words);
  return search && explainSearch(search, text);
}

const BOX = [...SEARCH, `${BULLET}[[][ xX][]] .{15}`, "--", "plan.md"];

Deno.test("explainSearch() names the line that comes nearest, its length and the one that is needed", () => {
  const text = "# Plan\n- [ ] No dots\n* [x] No dots left\n- Other";
  assertEquals(explained(BOX, text), [
    "found: plan.md:3: `* [x] No dots left` (12 characters, 15 are needed)",
  ]);
  const labelled = `${BULLET}([[][ xX][]] *)?Step: .{15}`;
  const entry = [...SEARCH, labelled, "--", "plan.md"];
  assertEquals(explained(entry, "1. [ ] step: short"), [
    "found: plan.md:1: `1. [ ] step: short` (5 characters, 15 are needed)",
  ]);
});

Deno.test("explainSearch() says that no line begins so, and that there is no file", () => {
  assertEquals(explained(BOX, "# Plan\nNo box"), [
    "no line of plan.md begins so",
  ]);
  assertEquals(explained(BOX, undefined), ["there is no file plan.md"]);
});

Deno.test("explainSearch() names at most five lines that must not be there", () => {
  const open = [...NONE, `${BULLET}[[] []]`, "--", "docs/plan.md"];
  const text = `- [x] done\n${"- [ ] open \x1b\n".repeat(7)}`;
  const lines = explained(open, text) ?? [];
  assertEquals(lines.length, 6);
  assertEquals(lines[0], "open: docs/plan.md:2: `- [ ] open \\x1b`");
  assertEquals(lines[5], "… and 2 more");
  assertEquals(explained(open, "- [x] done"), []);
});

Deno.test("searchOf() knows no other commands", () => {
  const others = [
    ["npm", "test"],
    ["git", "diff", "--check", "HEAD"],
    [...SEARCH, "a", "--", "one", "two"],
    [...SEARCH, "a", "--", "docs/*.md"],
    [...SEARCH, "a("],
    [...SEARCH, "a(", "--", "one"],
    ["git", "grep", "-e", "a", "--", "one"],
  ];
  for (const words of others) assertEquals(searchOf(words), undefined);
  assertEquals(explained([...SEARCH, "a", "--", "one"], "b"), []);
});
