import {
  isOutput,
  isSafePath,
  isSameBranch,
  lastOfOthers,
  LOOKS_LIKE_TESTS,
  madeSince,
} from "../../src/checks/base_rules.ts";
import { matcherOf } from "../../src/checks/tree_rules.ts";
import { assertEquals } from "@std/assert";

Deno.test("what looks like tests is told by words of its name, in the ways of many languages", () => {
  const isMeant = matcherOf(LOOKS_LIKE_TESTS);
  const tests = [
    ...["test/a.js", "tests/deep/a.py", "src/__tests__/a.ts", "spec/a_spec.rb"],
    ...[
      "src/a.test.ts",
      "a.spec.tsx",
      "a_test.go",
      "pkg/test_a.py",
      "a-test.js",
    ],
    ...[
      "src/test/java/ATest.java",
      "App.Tests/A.cs",
      "ATests.cs",
      "ASpec.scala",
    ],
    ...[
      "src/integrationTest/kotlin/A.kt",
      "conftest.py",
      "pkg/testdata/a.json",
    ],
    ...["src/__snapshots__/a.snap", "a.test.js.snap", "features/a.feature"],
    ...["test.sh", "tests.py", "test-add.sh", "e2e/a.ts", "fixtures/a.json"],
  ];
  assertEquals(tests.filter((path) => !isMeant(path)), []);
  const others = [
    ...[
      "src/latest.ts",
      "src/contest/a.ts",
      "inspector/a.js",
      "src/special.ts",
    ],
    ...["attestation.go", "src/a.ts", "package.json", "Testament.java"],
    ...["src/specification.md", "greatest_common.py", "jest.config.js"],
  ];
  assertEquals(others.filter(isMeant), []);
});

Deno.test("isOutput() knows what builds write to", () => {
  const never = () => false;
  const outputs = ["target", "web/dist", "a/__pycache__", ".gradle"];
  assertEquals(outputs.filter((path) => !isOutput(path, never)), []);
  const others = ["node_modules", ".venv", "vendor", "bin", "data", "targets"];
  assertEquals(others.filter((path) => isOutput(path, never)), []);
  assertEquals(isOutput("web/bin", (name) => name === "obj"), true);
});

Deno.test("isSafePath() refuses what leads elsewhere, on each system", () => {
  for (const path of ["a", "a/b c", ".github/x", "a..b", "...", "git~"]) {
    assertEquals(isSafePath(path, true), true, path);
  }
  const ways = [
    ...["", "/a", "a//b", "..", "a/../b", ".", ".git/config", "a/.GIT/x"],
    ...[".git ", ".git.", "GIT~1", ".g\u200cit"],
  ];
  for (const path of ways) assertEquals(isSafePath(path, false), false, path);
  for (const path of ["a:b", "a\\..\\b"]) {
    assertEquals(isSafePath(path, false), true, path);
    assertEquals(isSafePath(path, true), false, path);
  }
});

Deno.test("isSameBranch() compares a branch with the remote's of that name", () => {
  assertEquals(isSameBranch("main", "refs/remotes/origin/main"), true);
  assertEquals(isSameBranch("main", "refs/heads/main"), true);
  assertEquals(isSameBranch("a/main", "refs/remotes/origin/main"), false);
  assertEquals(isSameBranch("", "refs/heads/"), false);
});

Deno.test("madeSince() tells commits that were made here from those that were only gone to", () => {
  const start = "0000";
  const since = { head: "aaaa", start, sinceSeconds: 100 };
  const stepsOf = (...whats: readonly string[]) =>
    [
      ...whats.map((what) => `aaaa bbbb HEAD@{100} ${what}`),
      "0000 dddd HEAD@{99} checkout: moving from old to main",
      "cccc dddd HEAD@{98} commit: old",
    ]
      .join("\n");
  const made = [
    "commit: x",
    "commit (amend): x",
    "commit: docs: fast-forward",
    "commit: pull: Fast-forward",
    "merge origin/main: Merge made by the 'ort' strategy.",
    "pull: Merge made by the 'ort' strategy.",
    "rebase (pick): x",
    "rebase (pick): more: Fast-forward",
    "pull --rebase origin main (pick): more: Fast-forward",
    "",
  ];
  for (const what of made) {
    const ids = madeSince(stepsOf(what), since);
    assertEquals([...ids ?? []], [["aaaa", "bbbb"]], what);
  }
  const picked = madeSince(stepsOf("cherry-pick: x"), since);
  assertEquals([...picked ?? []], [["aaaa", null]]);
  const gone = [
    "checkout: moving from main to commit: x",
    "reset: moving to HEAD~1",
    "clone: from https://example.org/x.git",
    "pull -q: Fast-forward",
    "pull --ff-only origin main: Fast-forward",
    "merge origin/main: Fast-forward",
    "rebase (start): checkout origin/main",
    "rebase (finish): returning to refs/heads/work",
    "rebase (abort): returning to refs/heads/work",
    "pull --rebase origin main (start): checkout aaaa",
    "Branch: renamed refs/heads/a to refs/heads/b",
  ];
  assertEquals([...madeSince(stepsOf(...gone), since) ?? []], []);
  // A log that begins later than the session tells nothing.
  const late = "aaaa bbbb HEAD@{100} pull: Fast-forward";
  assertEquals(madeSince(late, since), undefined);
  const early = madeSince(`${late}\n0000 1111 HEAD@{100} clone: from x`, since);
  assertEquals([...early ?? []], []);
  // What stands behind the start was made since, whatever time somebody gave it, and what stands before it not.
  const back = `aaaa bbbb HEAD@{101} pull: Fast-forward
cccc dddd HEAD@{7} commit: x
0000 1111 HEAD@{99} checkout: moving from old to main
eeee ffff HEAD@{98} commit: y
0000 1111 HEAD@{97} clone: from x`;
  assertEquals([...madeSince(back, since) ?? []], [["cccc", "dddd"]]);
  // Nor does it help to go back to the start, in the same second or with a time of before.
  const again = `aaaa bbbb HEAD@{102} merge origin/main: Fast-forward
0000 1111 HEAD@{50} reset: moving to 0000
cccc dddd HEAD@{100} commit: x
0000 1111 HEAD@{99} checkout: moving from old to main`;
  for (const log of [again, again.replace("{50}", "{100}")]) {
    assertEquals([...madeSince(log, since)?.keys() ?? []], ["cccc"]);
  }
  // Where the clock was ahead before, all that was made there may have been made since.
  const ahead = { ...since, sinceSeconds: 10 };
  assertEquals([...madeSince(back, ahead)?.keys() ?? []], ["cccc", "eeee"]);
  // Nor does one that somebody left out of their last step.
  const other = { ...since, head: "eeee" };
  assertEquals(madeSince(stepsOf("pull: Fast-forward"), other), undefined);
});

Deno.test("lastOfOthers() leaves out what was made here, and what rests on it", () => {
  const commits = ["a", "b a", "own a", "c b own", "d c", "e b"].map((row) => {
    const [id = "", ...parents] = row.split(" ");
    return { id, tree: `tree of ${id}`, parents };
  });
  const last = (...made: readonly string[]) =>
    lastOfOthers(commits, new Set(made));
  assertEquals(last("own"), "e");
  assertEquals(last("own", "e"), "b");
  assertEquals(last("a"), undefined);
  assertEquals(lastOfOthers(commits.slice(0, 5), new Set(["own"])), "b");
});
