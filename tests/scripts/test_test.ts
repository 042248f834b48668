import { assertEquals, assertStringIncludes } from "@std/assert";

const SCRIPT = `${import.meta.dirname}/../../scripts/test.ts`;
const GOOD = 'Deno.test("good", () => {});\n';
const BAD = 'Deno.test("bad", () => { throw new Error("bad"); });\n';

/** What whoever runs the tests tells git. */
const SETTINGS = "gitconfig";

/** Whether git knows of it. */
const ASKS_GIT =
  'Deno.test("asks", () => { if (new Deno.Command("git", { args: ["config", "orc.own"] }).outputSync().success) throw new Error("known"); });\n';

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
    const all = {
      "deno.json": "{}",
      [SETTINGS]: "[orc]\n\town = 1\n",
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      const file = `${project}/${path}`;
      Deno.mkdirSync(file.replace(/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(file, text);
    }
    const { code, stdout } = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", SCRIPT, ...args, "--no-check"],
      cwd: project,
      env: { GIT_CONFIG_GLOBAL: `${Deno.realPathSync(project)}/${SETTINGS}` },
      stderr: "null",
    }).outputSync();
    return { code, lines: new TextDecoder().decode(stdout).split("\n") };
  } finally {
    Deno.removeSync(project, { recursive: true });
  }
}

const MIXED = {
  "tests/base/a_test.ts": GOOD + BAD,
  "tests/files/b_test.ts": GOOD,
};

/** What the script says of a project: its last line, and the beginning of another. */
const CASES: Readonly<
  Record<string, {
    readonly files: Readonly<Record<string, string>>;
    readonly args?: readonly string[];
    readonly last: string;
    readonly says?: string;
  }>
> = {
  "ends with the sum over all suites": {
    files: {
      "tests/base/a_test.ts": GOOD + GOOD,
      "tests/files/b_test.ts": GOOD,
      "tests/top_test.ts": GOOD,
    },
    last: "4 passed, 0 failed",
  },
  "runs all suites although one fails": {
    files: MIXED,
    last: "2 passed, 1 failed",
  },
  "says at its end which test failed": {
    files: MIXED,
    last: "2 passed, 1 failed",
    says: "--- failed in pure",
  },
  "counts a suite that did not run as failed": {
    files: { ...MIXED, "tests/base/a_test.ts": "this is no program" },
    last: "1 passed, 1 failed",
    says: "pure: did not run",
  },
  "counts a suite without a test as failed": {
    files: { ...MIXED, "tests/base/a_test.ts": "export {};" },
    last: "1 passed, 1 failed",
    says: "pure: ran no test",
  },
  "runs what few machines can run only when it is named": {
    files: { ...MIXED, "tests/windows/c_test.ts": GOOD },
    last: "2 passed, 1 failed",
  },
  "says that a suite was skipped where the machine lacks what it needs": {
    files: {
      "tests/windows/c_test.ts":
        'Deno.test({ name: "no", ignore: true, fn() {} });\n',
    },
    args: ["windows"],
    last: "0 passed, 0 failed",
    says: "windows: skipped",
  },
  "counts a folder that belongs to no suite as failed": {
    files: {
      "tests/base/a_test.ts": GOOD,
      "tests/elsewhere/deep/b_test.ts": GOOD,
    },
    last: "1 passed, 1 failed",
    says: "tests/elsewhere: belongs to no",
  },
  "gives pure files no permission": {
    files: {
      "tests/base/a_test.ts":
        'Deno.test("reads", () => { Deno.readDirSync(`.`); });',
    },
    last: "0 passed, 1 failed",
  },
  "runs only the suite that is named": {
    files: { "tests/base/a_test.ts": GOOD, "tests/files/b_test.ts": BAD },
    args: ["pure"],
    last: "1 passed, 0 failed",
  },
  "fails for a named suite without tests": {
    files: { "tests/base/a_test.ts": GOOD },
    args: ["journey"],
    last: "0 passed, 1 failed",
  },
  "lets git know nothing of the settings of whoever runs it": {
    files: { "tests/host/a_test.ts": ASKS_GIT },
    last: "1 passed, 0 failed",
  },
  "hands flags to deno test": {
    files: { ...MIXED, "tests/files/b_test.ts": BAD },
    args: ["--filter", "good"],
    last: "1 passed, 0 failed",
  },
};

for (const [what, { files, args, last, says = "" }] of Object.entries(CASES)) {
  Deno.test(`test.ts ${what}`, () => {
    const { code, lines } = runTests(files, args);
    assertEquals(lines.at(-2), last);
    assertEquals(code, last.endsWith(" 0 failed") ? 0 : 1);
    assertStringIncludes(lines.join("\n"), says);
  });
}
