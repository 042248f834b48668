import { assertEquals, assertStringIncludes } from "@std/assert";

const SCRIPT = `${import.meta.dirname}/../../scripts/test.ts`;
const GOOD = 'Deno.test("good", () => {});\n';
const BAD = 'Deno.test("bad", () => { throw new Error("bad"); });\n';

interface Run {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs the script in a project made of the given test files. */
function runTests(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Run {
  const temporary = "tests/.tmp";
  Deno.mkdirSync(temporary, { recursive: true });
  const project = Deno.makeTempDirSync({ dir: temporary });
  try {
    const all = { "deno.json": "{}", ...files };
    for (const [path, text] of Object.entries(all)) {
      const file = `${project}/${path}`;
      Deno.mkdirSync(file.replace(/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(file, text);
    }
    const { code, stdout } = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", SCRIPT, ...args, "--no-check"],
      cwd: project,
      stderr: "null",
    }).outputSync();
    return { code, lines: new TextDecoder().decode(stdout).split("\n") };
  } finally {
    Deno.removeSync(project, { recursive: true });
  }
}

function lastLine({ lines }: Run): string | undefined {
  return lines.at(-2);
}

Deno.test("test.ts ends with the sum over all suites", () => {
  const run = runTests({
    "tests/base/a_test.ts": GOOD + GOOD,
    "tests/files/b_test.ts": GOOD,
    "tests/top_test.ts": GOOD,
  });
  assertEquals(lastLine(run), "4 passed, 0 failed");
  assertEquals(run.code, 0);
});

Deno.test("test.ts runs all suites although one fails", () => {
  const run = runTests({
    "tests/base/a_test.ts": GOOD + BAD,
    "tests/files/b_test.ts": GOOD,
  });
  assertEquals(lastLine(run), "2 passed, 1 failed");
  assertEquals(run.code, 1);
});

Deno.test("test.ts counts a suite that did not run as failed", () => {
  const run = runTests({
    "tests/base/a_test.ts": "this is no program",
    "tests/files/b_test.ts": GOOD,
  });
  assertStringIncludes(run.lines.join("\n"), "pure: did not run");
  assertEquals(lastLine(run), "1 passed, 1 failed");
  assertEquals(run.code, 1);
});

Deno.test("test.ts counts a suite without a test as failed", () => {
  const run = runTests({
    "tests/base/a_test.ts": "export {};",
    "tests/files/b_test.ts": GOOD,
  });
  assertStringIncludes(run.lines.join("\n"), "pure: ran no test");
  assertEquals(run.code, 1);
});

Deno.test("test.ts counts a folder that belongs to no suite as failed", () => {
  const run = runTests({
    "tests/base/a_test.ts": GOOD,
    "tests/elsewhere/deep/b_test.ts": GOOD,
  });
  assertStringIncludes(run.lines.join("\n"), "tests/elsewhere: belongs to no");
  assertEquals(lastLine(run), "1 passed, 1 failed");
  assertEquals(run.code, 1);
});

Deno.test("test.ts gives pure files no permission", () => {
  const run = runTests({
    "tests/base/a_test.ts":
      'Deno.test("reads", () => { Deno.readDirSync(`.`); });',
  });
  assertEquals(lastLine(run), "0 passed, 1 failed");
});

Deno.test("test.ts runs only the suite that is named", () => {
  const run = runTests({
    "tests/base/a_test.ts": GOOD,
    "tests/files/b_test.ts": BAD,
  }, ["pure"]);
  assertEquals(lastLine(run), "1 passed, 0 failed");
});

Deno.test("test.ts fails for a named suite without tests", () => {
  const run = runTests({ "tests/base/a_test.ts": GOOD }, ["journey"]);
  assertEquals(lastLine(run), "0 passed, 1 failed");
  assertEquals(run.code, 1);
});

Deno.test("test.ts hands flags to deno test", () => {
  const run = runTests(
    { "tests/base/a_test.ts": GOOD + BAD, "tests/files/b_test.ts": BAD },
    ["--filter", "good"],
  );
  assertEquals(lastLine(run), "1 passed, 0 failed");
  assertEquals(run.code, 0);
});
