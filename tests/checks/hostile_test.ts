/** What an agent can set for itself must not make a check pass that does not. */
import { OrcError } from "../../src/base/error.ts";
import type { Host } from "../../src/host/host.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { runProgram } from "../../src/host/process.ts";
import { completeItem } from "../../src/work/complete.ts";
import { withSession } from "../work/fixtures.ts";
import { agent, fixedHost, refusalOf, stateOf } from "../work/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";

async function hasProgram(...words: readonly string[]): Promise<boolean> {
  const { exitCode } = await runProgram({
    command: words,
    workingDirectory: "/",
    timeoutMs: 20_000,
  });
  return exitCode === 0;
}

function workflowOf(command: string, keys = "", settings = ""): string {
  return `name: Hostile
${settings}
phases:
  - id: P
    name: P
    items:
      - {id: t, name: T, step_type: gate, verification: {type: command, command: ${
    JSON.stringify(command)
  }}${keys}}
`;
}

/** Runs work with variables of this process that are set back behind it. */
async function withVariables<Result>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(variables)
    .map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

function realHost(environment: Readonly<Record<string, string>> = {}): Host {
  return fixedHost({ programs: "real", number: 1, environment });
}

interface Trick {
  readonly name: string;
  /** A check that fails, whatever is set. */
  readonly command: string;
  readonly files: Readonly<Record<string, string>>;
  /** What is set, by the root. */
  readonly variables: (root: string) => Readonly<Record<string, string>>;
  /** What the command needs; the trick is left out without it. */
  readonly needs: readonly string[];
}

const SCRIPTS = '{"name": "x", "scripts": {"test": "node -e process.exit(1)"}}';

const TRICKS: readonly Trick[] = [
  {
    name: "npm_config_script_shell",
    command: "npm test",
    files: { "package.json": SCRIPTS },
    variables: () => ({ npm_config_script_shell: "/bin/true" }),
    needs: ["npm", "--version"],
  },
  {
    name: "npm_config_userconfig",
    command: "npm test",
    files: { "package.json": SCRIPTS, "rc": "script-shell=/bin/true\n" },
    variables: (root) => ({ NPM_CONFIG_USERCONFIG: `${root}/rc` }),
    needs: ["npm", "--version"],
  },
  {
    name: "NODE_OPTIONS",
    command: "node test.js",
    files: { "test.js": "process.exit(1)", "pass.cjs": "process.exit(0)" },
    variables: (root) => ({ NODE_OPTIONS: `--require ${root}/pass.cjs` }),
    needs: ["node", "--version"],
  },
  {
    name: "BASH_ENV",
    command: "bash test.sh",
    files: { "test.sh": "exit 1\n", "pass.sh": "exit 0\n" },
    variables: (root) => ({ BASH_ENV: `${root}/pass.sh` }),
    needs: ["bash", "--version"],
  },
  {
    name: "a function of bash",
    command: "bash test.sh",
    files: { "test.sh": "grep -q nothing test.sh.log\n", "test.sh.log": "" },
    variables: () => ({ "BASH_FUNC_grep%%": "() { true; }" }),
    needs: ["bash", "--version"],
  },
  {
    name: "MAKEFLAGS",
    command: "make test",
    files: { Makefile: "test:\n\tfalse\n" },
    variables: () => ({ MAKEFLAGS: "n" }),
    needs: ["make", "--version"],
  },
  {
    name: "PYTEST_ADDOPTS",
    command: "python3 -m pytest -q",
    files: { "test_x.py": "def test_x():\n    assert False\n" },
    variables: () => ({ PYTEST_ADDOPTS: "--collect-only" }),
    needs: ["python3", "-m", "pytest", "--version"],
  },
  {
    name: "PYTHONPATH",
    command: "python3 -m unittest",
    files: {
      "test_x.py":
        "import unittest\nclass T(unittest.TestCase):\n  def test_x(self):\n    self.fail()\n",
      "lib/sitecustomize.py": "import os\nos._exit(0)\n",
    },
    variables: (root) => ({ PYTHONPATH: `${root}/lib` }),
    needs: ["python3", "--version"],
  },
  {
    name: "GIT_DIR",
    command: "git diff --quiet --no-index a b",
    files: { a: "1", b: "2" },
    variables: () => ({ GIT_EXTERNAL_DIFF: "true", GIT_DIR: "/nowhere" }),
    needs: ["git", "--version"],
  },
  {
    name: "PERL5OPT",
    command: "perl test.pl",
    files: {
      "test.pl": "exit 1;\n",
      "Pass.pm": "package Pass; BEGIN { exit 0 } 1;\n",
    },
    variables: (root) => ({ PERL5OPT: `-I${root} -MPass` }),
    needs: ["perl", "-v"],
  },
  {
    name: "a program in the tree first on PATH",
    command: "node test.js",
    files: {
      "test.js": "process.exit(1)",
      "node_modules/.bin/node": "#!/bin/sh\nexit 0\n",
    },
    variables: (root) => ({
      PATH: `./node_modules/.bin:${root}/node_modules/.bin:${
        Deno.env.get("PATH")
      }`,
    }),
    needs: ["node", "--version"],
  },
];

for (const { name, command, files, variables, needs } of TRICKS) {
  Deno.test(`a check that fails does not pass by ${name}`, () =>
    withSession(async (root) => {
      if (!await hasProgram(...needs)) return;
      writeTree(root, files);
      for (const path of Object.keys(files)) {
        Deno.chmodSync(`${root}/${path}`, 0o755);
      }
      const error = await withVariables(
        variables(root),
        () => refusalOf(() => completeItem(realHost(), { root, itemId: "t" })),
      );
      assertEquals(error.code, "check_failed", error.message);
    }, workflowOf(command)));
}

Deno.test("a program of the tree that no other stands for is found there, last on PATH", () =>
  withSession(async (root) => {
    writeTree(root, { "node_modules/.bin/own-runner": "#!/bin/sh\nexit 0\n" });
    Deno.chmodSync(`${root}/node_modules/.bin/own-runner`, 0o755);
    const PATH = `${root}/node_modules/.bin:${Deno.env.get("PATH")}`;
    const { changed } = await withVariables(
      { PATH },
      () => completeItem(realHost(), { root, itemId: "t" }),
    );
    assert(changed);
  }, workflowOf("own-runner")));

/** Passes where the variable reaches it. */
const NEEDS_VARIABLE = 'test "$PYTHONPATH" = lib';

Deno.test("a variable that an item names reaches its check", () =>
  withSession(async (root) => {
    const { changed } = await withVariables(
      { PYTHONPATH: "lib" },
      () => completeItem(realHost(), { root, itemId: "t" }),
    );
    assert(changed);
  }, workflowOf(NEEDS_VARIABLE, ", env: [PYTHONPATH]")));

Deno.test("an agent cannot have the environment inherited by a variable; a human and the workflow can", async () => {
  const inherit = { ORCHESTRATOR_CHECK_ENVIRONMENT: "inherit" };
  const complete = (root: string, environment: Record<string, string>) =>
    withVariables(
      { PYTHONPATH: "lib" },
      () => completeItem(realHost(environment), { root, itemId: "t" }),
    );
  await withSession(async (root) => {
    const asAgent = { ...inherit, ...agent("1") };
    const error = await refusalOf(() => complete(root, asAgent));
    assertEquals([error.kind, error.code], ["refused", "environment_loosened"]);
    assert(error instanceof OrcError);
    assertEquals(stateOf(root).phases.P.items.t.retry_count, 0);
    assert((await complete(root, inherit)).changed);
  }, workflowOf(NEEDS_VARIABLE));
  await withSession(async (root) => {
    assert((await complete(root, agent("1"))).changed);
  }, workflowOf(NEEDS_VARIABLE, "", "settings: {check_environment: inherit}"));
  await withSession(async (root) => {
    const error = await refusalOf(() => complete(root, inherit));
    assertEquals(error.code, "check_failed");
  }, workflowOf(NEEDS_VARIABLE, "", "settings: {check_environment: filtered}"));
});

Deno.test("no file beside the workflow loosens the environment of checks", () =>
  withSession(async (root) => {
    writeTree(root, {
      ".orchestrator/config.yaml": "check_environment: inherit\n",
    });
    const error = await withVariables(
      { PYTHONPATH: "lib" },
      () => refusalOf(() => completeItem(realHost(), { root, itemId: "t" })),
    );
    assertEquals(error.code, "check_failed");
  }, workflowOf(NEEDS_VARIABLE)));

Deno.test("a check in a clean environment still knows that an agent runs it", () =>
  withSession(
    async (root) => {
      const variables = { CLAUDECODE: "1", ORC_TEST_OF_MINE: "x" };
      const { changed } = await withVariables(
        variables,
        () =>
          completeItem({ ...denoHost(), holdSignals: undefined }, {
            root,
            itemId: "t",
          }),
      );
      assert(changed);
    },
    workflowOf(
      'test "$AI_AGENT" = claude-code -a -z "$ORC_TEST_OF_MINE" -a -n "$ORCHESTRATOR_CHECK"',
      "",
      "settings: {check_environment: clean}",
    ),
  ));

/** Ten megabytes of log before the summary of unittest. */
const LOUD = (tests: number) =>
  `i=0; head -c 10000000 /dev/zero | tr '\\0' x; printf '\\n\\nRan ${tests} tests in 0.001s\\n\\nOK\\n'`;

Deno.test("a check that ran no test does not pass, though it printed ten megabytes before it said so", async () => {
  await withSession(async (root) => {
    writeTree(root, { "none.sh": LOUD(0) });
    const error = await refusalOf(() =>
      completeItem(realHost(), { root, itemId: "t" })
    );
    assertEquals([error.kind, error.code], ["refused", "no_test_ran"]);
    assertEquals(stateOf(root).phases.P.items.t.retry_count, 1);
    writeTree(root, { "none.sh": LOUD(3) });
    assert((await completeItem(realHost(), { root, itemId: "t" })).changed);
  }, workflowOf("sh none.sh"));
});

Deno.test("a check that says that it may do without tests passes without", () =>
  withSession(
    async (root) => {
      writeTree(root, { "none.sh": LOUD(0) });
      assert((await completeItem(realHost(), { root, itemId: "t" })).changed);
    },
    workflowOf("sh none.sh").replace(
      '"sh none.sh"}',
      '"sh none.sh", expect_tests: false}',
    ),
  ));

Deno.test("a check that cannot fail is named when it passes, and one of several lines fails with each", async () => {
  await withSession(async (root) => {
    const { warnings } = await completeItem(realHost(), { root, itemId: "t" });
    assertEquals(warnings, [
      'The check of item "t" cannot fail: behind "||" stands what always ends well',
    ]);
  }, workflowOf("false || true"));
  await withSession(async (root) => {
    const error = await refusalOf(() =>
      completeItem(realHost(), { root, itemId: "t" })
    );
    assertEquals(error.code, "check_failed");
  }, workflowOf("false\ntrue"));
});
