import { verifySession } from "../../src/trust/use.ts";
import { finishSession } from "../../src/work/phase.ts";
import { type StartOptions, startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  codeOf,
  fixedHost,
  type Machine,
  refusalOf,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const CHECKED = `name: Checked
settings: {test_command: make test, docs_dir: docs, note: a}
phases:
  - id: DO
    name: Do
    items:
      - {id: tests, name: Tests, step_type: gate, verification: {type: command, command: "{{test_command}}"}}
      - {id: page, name: Page, verification: {type: file_exists, path: "{{docs_dir}}/x.md"}}
      - {id: agreed, name: A human agrees, verification: {type: manual_gate}}
`;

const BY_AGENT = { environment: agent("1") };

interface Trick {
  readonly options?: Partial<StartOptions>;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workflow?: string;
}

/** Each loosens what the workflow demands, and leaves no trace in what git tracks. */
const TRICKS: Readonly<Record<string, Trick>> = {
  "another test command by a flag": { options: { testCommand: "node -e 0" } },
  "another test command in orc's own directory": {
    files: { ".orchestrator/config.yaml": "test_command: node -e 0\n" },
  },
  "another test command in a file that git does not track": {
    files: { ".orchestrator.yaml": "test_command: node -e 0\n" },
  },
  "another directory for what is looked for": {
    files: { ".orchestrator.yaml": "docs_dir: elsewhere\n" },
  },
  "no human in a file that git does not track": {
    files: { ".orchestrator.yaml": "supervision_mode: zero_human\n" },
  },
  "no human, by a variable, in the built-in workflow": {
    environment: { ORCHESTRATOR_SUPERVISION_MODE: "zero_human" },
    workflow: "",
  },
};

function inTree(
  { files = {}, workflow = CHECKED }: Trick,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const own: Record<string, string> = { ...files };
  if (workflow !== "") own["workflow.yaml"] = workflow;
  return withRoot(own, test);
}

for (const [name, trick] of Object.entries(TRICKS)) {
  const { options = {}, environment = {} } = trick;
  const start = (root: string, machine: Machine = {}) =>
    startSession(
      fixedHost({
        ...machine,
        environment: { ...machine.environment, ...environment },
      }),
      { root, task: "Add login", ...options },
    );

  Deno.test(`startSession() refuses an agent ${name}`, () =>
    inTree(trick, async (root) => {
      assertEquals(
        await codeOf(() => start(root, BY_AGENT)),
        "denied loosening_refused",
      );
      const { message } = await refusalOf(() => start(root, BY_AGENT));
      assertStringIncludes(message, "an agent may not loosen it");
    }));

  Deno.test(`a session that a human started with ${name} says so`, () =>
    inTree(trick, async (root) => {
      const { warnings } = await start(root);
      const status = await readStatus(fixedHost(), { root });
      for (const shown of [warnings, status.warnings]) {
        assertStringIncludes(shown.join("\n"), ' is "');
      }
      const { findings } = await verifySession(fixedHost(), { root });
      assertEquals(findings.map(({ code }) => code), [
        "loosened",
        "session_open",
      ]);
    }));
}

Deno.test("startSession() lets an agent tighten what the workflow says, and name what it leaves open", () =>
  withRoot({ "workflow.yaml": CHECKED }, async (root) => {
    await writeTree(root, {
      ".orchestrator.yaml": "note: b\nlint_command: make lint\n",
    });
    const { warnings } = await startSession(fixedHost(BY_AGENT), {
      root,
      task: "Add login",
    });
    assertStringIncludes(warnings.join("\n"), 'note is "b" instead of "a"');
    const { findings } = await verifySession(fixedHost(), { root });
    assertEquals(findings.map(({ code }) => code), ["session_open"]);
  }));

Deno.test("finishSession() says by which looser rules it was done", () =>
  withRoot({ "workflow.yaml": CHECKED }, async (root) => {
    const task = "Add login";
    await startSession(fixedHost(), { root, task, testCommand: "node -e 0" });
    const host = fixedHost({ number: 2, answers: ["finish"] });
    const { warnings } = await finishSession(host, { root, force: true });
    assertStringIncludes(
      warnings.join("\n"),
      'test_command is "node -e 0" instead of "make test", by --test-command',
    );
  }));

Deno.test("startSession() lets an agent follow a file that was committed: it can be reviewed", () =>
  withRoot({
    "workflow.yaml": CHECKED,
    ".orchestrator.yaml": "test_command: make check\n",
  }, async (root) => {
    const author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    for (const args of [["init", "-q"], ["add", "."], ["commit", "-qm", "A"]]) {
      const { success } = await new Deno.Command("git", {
        args: [...author, ...args],
        cwd: root,
      }).output();
      assertEquals(success, true);
    }
    const host = fixedHost({ ...BY_AGENT, programs: "real" });
    const { warnings } = await startSession(host, { root, task: "Add login" });
    assertStringIncludes(warnings.join("\n"), 'test_command is "make check"');
  }));

Deno.test("whose yes counts is said by the workflow alone, whatever other files say", () =>
  withRoot({
    "workflow.yaml": CHECKED.replace(
      "settings: {",
      "settings: {approvals: signed, approvers: people, ",
    ),
    ".orchestrator.yaml": "approvals: any\napprovers: mine\n",
    ".orchestrator/config.yaml": "approvals: any\napprovers: mine\n",
  }, async (root) => {
    await startSession(fixedHost(BY_AGENT), { root, task: "Add login" });
    const { settings } = stateOf(root).workflow_definition;
    assertEquals([settings.approvals, settings.approvers], [
      "signed",
      "people",
    ]);
  }));
