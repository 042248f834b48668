import { requiredCheck } from "../../src/engine/check.ts";
import { pinWorkflow } from "../../src/repository/load.ts";
import { openRepository } from "../../src/repository/open.ts";
import { runCheck } from "../../src/checks/run.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
import { fixedHost, withRoot } from "../work/fixtures.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

/** A kind of project, as small as it can be. */
export interface Sample {
  /** The kind, and what runs its tests. */
  readonly name: string;
  /** The program that has to be there; the test says so where it is not. */
  readonly program: string;
  /** A file of this machine that has to be there too. */
  readonly needs?: string;
  /** Files without a test, among them what makes its tests be found. */
  readonly files: Readonly<Record<string, string>>;
  /** A file with a test that passes, and what turns it into one that fails. */
  readonly test: readonly [path: string, text: string];
  readonly broken: readonly [right: string, wrong: string];
  /** Fetches what the project needs, as its author would. */
  readonly prepare?: readonly string[];
  /** How the built-in workflow runs its tests. */
  readonly command: string;
}

/** A test of each sample: without a test, with one that passes, and with one that fails. */
export function testSample(sample: Sample): void {
  const { name, program, needs = program } = sample;
  const isMissing = needs !== program && !isThere(needs);
  const missing = canRun(program) ? isMissing ? needs : undefined : program;
  const remark = missing === undefined
    ? ""
    : ` (skipped: ${missing} is not there)`;
  Deno.test({
    name: `the built-in workflow tests a project of ${name}${remark}`,
    ignore: missing !== undefined,
    fn: () =>
      withRoot(sample.files, async (root) => {
        if (sample.prepare !== undefined) run(root, sample.prepare);
        const [path, text] = sample.test;
        const check = (testCommand?: string) => checkTests(root, testCommand);
        const write = (text: string) => {
          const directory = `${root}/${path}`.replace(/\/[^/]*$/, "");
          Deno.mkdirSync(directory, { recursive: true });
          Deno.writeTextFileSync(`${root}/${path}`, text);
        };
        // What is found is found with a test there; then it is taken away again.
        write(text);
        const passing = await check();
        assertEquals(passing.command, sample.command);
        assert(passing.passed, `${passing.problem}\n${passing.stdout}`);
        const [right, wrong] = sample.broken;
        write(text.replace(right, wrong));
        const failing = await check();
        assert(!failing.passed);
        assertEquals(failing.problem, null, "its tests fail by themselves");
        Deno.removeSync(`${root}/${path}`);
        const empty = await check(sample.command);
        assert(!empty.passed, `passed without a test\n${empty.stdout}`);
        if (empty.problem === null) assert(empty.exitCode !== 0);
        else assertMatch(empty.problem, /^No test ran: /);
      }),
  });
}

type CommandResult = CheckResult & { readonly type: "command" };

/** Runs the check of the item `tests_pass` of the workflow that a session would follow. */
export async function checkTests(
  root: string,
  testCommand?: string,
): Promise<CommandResult> {
  const host = fixedHost({ programs: "real" });
  const repository = openRepository(host, { root });
  const choice = { testCommand };
  const { workflow } = await pinWorkflow(host, repository, choice, {
    sessionName: "task-0000",
    readCommitted: () => Promise.resolve(undefined),
  });
  const item = workflow.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === "tests_pass");
  if (item === undefined) throw new Error("no item tests_pass");
  const check = requiredCheck(workflow, item);
  const ran = await runCheck(host, check, { workingTree: root });
  const result = ran?.result;
  if (result?.type !== "command") throw new Error("tests_pass runs no command");
  return result;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function canRun(program: string): boolean {
  try {
    const { success } = new Deno.Command(program, {
      args: [program === "go" ? "version" : "--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function run(cwd: string, [program = "", ...args]: readonly string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, cwd })
    .outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
