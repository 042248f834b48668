import {
  isOutput,
  isSafePath,
  isSameBranch,
  LOOKS_LIKE_TESTS,
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
