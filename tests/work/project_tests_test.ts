import { completeItem } from "../../src/work/complete.ts";
import { initRepository, validateWorkflow } from "../../src/work/init.ts";
import { startSession } from "../../src/work/start.ts";
import { checkTests, testSample } from "../projects/project.ts";
import { fixedHost, refusalOf, withRoot } from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

testSample({
  name: "node:test",
  program: "node",
  files: { "package.json": '{"type": "module"}', "test/README": "" },
  test: [
    "test/sum.test.js",
    'import test from "node:test";\nimport assert from "node:assert";\ntest("sum", () => assert.equal(1 + 1, 2));\n',
  ],
  broken: ["1, 2", "1, 3"],
  command: "node --test",
});

testSample({
  name: "Deno",
  program: "deno",
  files: { "deno.json": "{}" },
  test: [
    "sum_test.ts",
    'Deno.test("sum", () => { if (1 + 1 !== 2) throw new Error("wrong"); });\n',
  ],
  broken: ["!== 2", "!== 3"],
  command: "deno test",
});

testSample({
  name: "unittest",
  program: "python3",
  files: { "setup.py": "", "tests/README": "" },
  test: [
    "tests/test_sum.py",
    "import unittest\n\nclass SumTest(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, 2)\n",
  ],
  broken: ["1, 2", "1, 3"],
  command: "python3 -m unittest discover -s tests",
});

testSample({
  name: "make, around unittest",
  program: "make",
  files: {
    Makefile: "test:\n\tpython3 -m unittest discover -s tests\n",
    "tests/README": "",
  },
  test: [
    "tests/test_sum.py",
    "import unittest\n\nclass SumTest(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, 2)\n",
  ],
  broken: ["1, 2", "1, 3"],
  command: "make test",
});

Deno.test("a command that runs no test passes no check that expects tests, whoever named it", () =>
  withRoot({ "go.mod": "" }, async (root) => {
    const said = (text: string) => checkTests(root, `echo ${text}`);
    const empty = await said("Ran 0 tests in 0.000s");
    assertEquals([empty.passed, empty.exitCode, empty.problem], [
      false,
      0,
      'No test ran: unittest says "Ran 0 tests in 0.000s"',
    ]);
    assert((await said("Ran 1 test in 0.000s")).passed);
    assert((await said("all is well")).passed);
  }));

const EXPECTING = `name: Expecting
phases:
  - id: DO
    name: Do
    items:
      - {id: tests, name: Tests, step_type: gate, verification: {type: command, command: make test, expect_tests: yes}}
`;

Deno.test("completeItem() refuses a run without tests, says by whose word, and asks for a test", () =>
  withRoot({ "workflow.yaml": EXPECTING }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    const empty = { stdout: "Ran 0 tests in 0.000s\n\nOK\n" };
    const host = fixedHost({ number: 1, programs: { "make test": empty } });
    const error = await refusalOf(() =>
      completeItem(host, { root, itemId: "tests" })
    );
    assertEquals([error.kind, error.code], ["refused", "no_test_ran"]);
    assertStringIncludes(
      error.message,
      'no test ran: unittest says "Ran 0 tests in 0.000s"',
    );
    assertEquals(
      error.hint,
      "write a test that `make test` runs; a check that may do without says expect_tests: false, then run: orc complete tests",
    );
    const full = { stdout: "Ran 1 test in 0.000s\n\nOK\n" };
    const later = fixedHost({ number: 2, programs: { "make test": full } });
    const { check } = await completeItem(later, { root, itemId: "tests" });
    assertEquals(check?.passed, true);
  }));

Deno.test("start, validate and init say that a project's tests were not found, and how to name them", () =>
  withRoot({ "setup.py": "" }, async (root) => {
    const host = fixedHost({ workingDirectory: root });
    const { warnings } = await validateWorkflow(host, { root });
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0] ?? "", "--test-command");
    const task = "Add login";
    const started = await startSession(host, { root, task });
    assertEquals(started.warnings.length, 2);
    assertStringIncludes(started.warnings[1] ?? "", "measure");
    const giveUp = 'orc finish --abandon --reason "WHY", then ';
    assertEquals(started.warnings[0]?.replace(giveUp, ""), warnings[0]);
    const named = await startSession(fixedHost({ number: 1 }), {
      root,
      task,
      beside: true,
      testCommand: "sh test.sh",
    });
    assertEquals(named.warnings.length, 1);
    assertStringIncludes(named.warnings[0] ?? "", "measure");
    const written = (await initRepository(host, { root })).warnings;
    assertStringIncludes(written[0] ?? "", "see settings in workflow.yaml");
    assertEquals((await initRepository(host, { root })).warnings, []);
  }));
