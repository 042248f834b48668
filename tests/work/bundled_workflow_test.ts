import { fillSessionName } from "../../src/base/names.ts";
import { bundledWorkflow } from "../../src/bundled/workflow.ts";
import { planCommand } from "../../src/workflow/command.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { detectProject, type Project } from "../../src/bundled/project.ts";
import type { Item, Workflow } from "../../src/workflow/types.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { commit, inGit } from "../checks/fixtures.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const SCRIPTS = '{"scripts": {"test": "x", "build": "y", "lint": "z"}}';

function projectOf(files: readonly string[]): Project {
  const read = () => SCRIPTS;
  return detectProject({ files: new Set(files), read, windows: false });
}

const KINDS: readonly Project[] = [
  [],
  ["package.json"],
  ["package.json", "pnpm-lock.yaml"],
  ["deno.json"],
  ["Cargo.toml"],
  ["go.mod"],
  ["pyproject.toml", "uv.lock", "ruff.toml"],
  ["Makefile"],
  ["CMakeLists.txt"],
  ["api/go.mod", "api/a_test.go", "web/package.json"],
].map(projectOf);

const NAME = "add-login-3f2a";
const DIRECTORY = `docs/tasks/${NAME}`;

function workflowFor(kind: Project): Workflow {
  const text = fillSessionName(bundledWorkflow(kind), NAME);
  const { value, locate } = readWorkflowText(text, "bundled");
  const { workflow, warnings } = parseWorkflow(value, { locate });
  assertEquals(warnings, []);
  return workflow;
}

function itemOf({ phases }: Workflow, id: string): Item {
  const item = phases.flatMap(({ items }) => items)
    .find((candidate) => candidate.id === id);
  if (item === undefined) throw new Error(`no item ${id}`);
  return item;
}

Deno.test("bundledWorkflow() is valid and without warnings for every kind of project", () => {
  const ids = ["PLAN", "EXECUTE", "REVIEW", "VERIFY", "LEARN"];
  for (const kind of KINDS) {
    const { phases, settings } = workflowFor(kind);
    assertEquals(phases.map(({ id }) => id), ids);
    assertEquals(settings.get("supervision_mode"), "supervised");
    const [part] = kind.parts;
    assertEquals(settings.get("test_command"), part?.testCommand);
  }
});

Deno.test("bundledWorkflow() has gates that check something in every phase, and a word on what good looks like", () => {
  for (const { phases } of KINDS.map(workflowFor)) {
    const items = phases.flatMap(({ items }) => items);
    for (const { id, description } of items) assert(description, id);
    const gates = items.filter(({ stepType }) => stepType === "gate");
    assert(gates.length >= 5);
    for (const { id, verification: { type } } of gates) {
      assert(type === "command" || type === "manual_gate", id);
    }
    for (const { id, items } of phases) {
      const strict = items.filter(({ stepType }) =>
        stepType === "gate" || stepType === "required"
      );
      assert(strict.length > 0, id);
    }
  }
});

Deno.test("bundledWorkflow() leaves the plan and the result to a human", () => {
  for (const workflow of KINDS.map(workflowFor)) {
    for (const id of ["plan_approval", "acceptance"]) {
      assertEquals(itemOf(workflow, id).verification.type, "manual_gate");
    }
  }
});

Deno.test("bundledWorkflow() runs the tests as gates where there is a command for them", () => {
  for (const kind of KINDS) {
    const workflow = workflowFor(kind);
    const [part] = kind.parts;
    for (const id of ["tests_pass", "final_tests"]) {
      const { stepType, verification, workingDir } = itemOf(workflow, id);
      if (part?.testCommand === undefined) {
        assert(
          verification.type === "command" ||
            verification.type === "manual_gate",
        );
        continue;
      }
      assert(verification.type === "command");
      const plan = planCommand(verification.command, workflow.settings);
      assert(plan.kind !== "invalid");
      const command = plan.kind === "words" ? plan.filled : plan.text;
      assertEquals([stepType, command], ["gate", part.testCommand]);
      assertEquals(workingDir ?? "", part.directory);
      assertEquals(verification.expectTests, true);
    }
  }
});

/** Runs the checks of the named items in a directory; true for those that pass. */
function check(directory: string, ...ids: string[]): readonly boolean[] {
  const workflow = workflowFor(projectOf([]));
  return ids.map((id) => {
    const { verification } = itemOf(workflow, id);
    assert(verification.type === "command");
    const plan = planCommand(verification.command, workflow.settings);
    assert(plan.kind === "words");
    const [program = "", ...args] = plan.words;
    const { code } = new Deno.Command(program, { args, cwd: directory })
      .outputSync();
    return code === verification.expectExitCode;
  });
}

function withDirectory(work: (directory: string) => void): Promise<void> {
  return withTemporaryDirectory((directory) => {
    writeTree(directory, { [`${DIRECTORY}/`]: "" });
    work(directory);
  });
}

const WRITTEN = [
  "scope",
  "plan",
  "risks",
  "test_list",
  "baseline",
  "tests_pass",
  "self_review",
  "security_check",
  "learnings",
];
const PROMISES = ["criteria_met", "findings_resolved"];

function write(directory: string, name: string, text: string): void {
  Deno.writeTextFileSync(`${directory}/${DIRECTORY}/${name}.md`, text);
}

Deno.test("bundledWorkflow() has checks that fail on missing and on empty files", () =>
  withDirectory((directory) => {
    const all = [...WRITTEN, ...PROMISES];
    assertEquals(check(directory, ...all), all.map(() => false));
    for (const name of ["plan", "review", "learnings"]) {
      write(directory, name, "");
    }
    assertEquals(check(directory, ...WRITTEN), WRITTEN.map(() => false));
  }));

Deno.test("bundledWorkflow() has checks that headings and labels alone do not pass", () =>
  withDirectory((directory) => {
    const labels = ["Step", "Risk", "Test", "Ran", "Result", "Security"];
    const text = labels.map((label) =>
      `## ${label}\n- ${label}:\n- [ ] ${label}: .\n`
    ).join("");
    for (const name of ["plan", "review", "learnings"]) {
      write(directory, name, text);
    }
    assertEquals(check(directory, ...WRITTEN), WRITTEN.map(() => false));
  }));

Deno.test("bundledWorkflow() asks for no more than it says: what a check is said to expect passes it", () =>
  withDirectory((directory) => {
    const workflow = workflowFor(projectOf([]));
    for (const id of WRITTEN) {
      const { description } = itemOf(workflow, id).verification;
      const [, file = "", start = "", length = ""] =
        /(\w+)\.md has an? \w+ "(- .*)" with at least (\d+) characters behind it$/
          .exec(description ?? "") ?? [];
      for (const missing of [0, 1]) {
        write(directory, file, start + "x".repeat(Number(length) - missing));
        assertEquals(check(directory, id), [missing === 0], description ?? id);
      }
    }
  }));

Deno.test("bundledWorkflow() gives no example that its own check refuses", () =>
  withDirectory((directory) => {
    const workflow = workflowFor(projectOf([]));
    const examples = WRITTEN.flatMap((id) =>
      itemOf(workflow, id).notes.flatMap((note) => {
        const [, file = "", example] = /(\w+)\.md.*?"(- .*?)"/.exec(note) ?? [];
        return example === undefined ? [] : [{ id, file, example }];
      })
    );
    assertEquals(examples.length, WRITTEN.length - 1, "the review has none");
    for (const { id, file, example } of examples) {
      write(directory, file, example);
      assertEquals(check(directory, id), [true], example);
    }
  }));

Deno.test("bundledWorkflow() does not take what another task wrote", () =>
  withDirectory((directory) => {
    Deno.writeTextFileSync(`${directory}/docs/plan.md`, PLAN);
    assertEquals(check(directory, "scope", "plan"), [false, false]);
  }));

Deno.test("bundledWorkflow() sees an open box however it is written", async () => {
  for (const box of ["\t- [ ] x", "+ [ ] x", "1. [ ] x", "  * [ ] x"]) {
    await withDirectory((directory) => {
      write(directory, "plan", `- [x] done\n${box}\n`);
      assertEquals(check(directory, "criteria_met"), [false], box);
    });
  }
});

const PLAN = `# Login
- [ ] A wrong password shows an error
- Step: login.ts compares the hash, since the old way leaks time
- Risk: users may be locked out; revert the commit
- [ ] Test: wrong password, empty password
- Ran: npm test, 12 tests pass
- Result: npm test, 13 tests pass
`;

Deno.test("bundledWorkflow() can be finished by writing what its notes ask for", () =>
  withDirectory((directory) => {
    write(directory, "plan", PLAN);
    write(
      directory,
      "review",
      "- [x] src/login.ts: the error was swallowed\n- Security: passwords are never logged\n",
    );
    write(directory, "learnings", "- Tests need a running database: make db\n");
    assertEquals(check(directory, ...WRITTEN), WRITTEN.map(() => true));
    assertEquals(check(directory, ...PROMISES), [false, true]);
    write(directory, "plan", PLAN.replaceAll("[ ]", "[x]"));
    assertEquals(check(directory, ...PROMISES), [true, true]);
  }));

Deno.test("bundledWorkflow() asks for a test before the code only where a size has an item for the change, and a test command runs it", () => {
  for (const kind of KINDS) {
    const workflow = workflowFor(kind);
    const notes = workflow.phases.flatMap((phase) => phase.notes);
    assertEquals(notes.filter((note) => note.includes("test")), []);
    const { from, notes: advice } = itemOf(workflow, "implementation");
    assertEquals(
      advice.some((note) => note.startsWith("Write each test before")),
      from === "s",
    );
  }
});

inGit(
  "bundledWorkflow() looks for stray blanks in new files too, and leaves all that is git's as it is",
  async (top) => {
    const root = `${top}/part`;
    writeTree(root, { "a.txt": "a\n", ".gitignore": "ignored\n" });
    await commit(top);
    const gitFiles = () =>
      Array.from(
        walkSync(`${top}/.git`, { includeDirs: false }),
        ({ path }) => [path, Deno.statSync(path).mtime],
      );
    const before = gitFiles();
    const isClean = (path: string, text: string) => {
      writeTree(root, { [path]: text });
      const [clean] = check(root, "static_checks");
      assertEquals(gitFiles(), before);
      Deno.removeSync(`${root}/${path}`);
      return clean;
    };
    assertEquals(check(root, "static_checks"), [true]);
    assertEquals(isClean("new file.txt", "good\n"), true);
    assertEquals(isClean("new file.txt", "stray \n"), false);
    assertEquals(isClean("sub/new.txt", "<<<<<<< ours\n"), false);
    assertEquals(isClean("bytes", "\0 \n"), true);
    // What git ignores is nobody's, and Markdown ends a line with two blanks.
    assertEquals(isClean("ignored", "stray \n"), true);
    assertEquals(isClean(`${DIRECTORY}/plan.md`, "- Step:  \n"), true);
    assertEquals(isClean(".orchestrator/outputs/a", "stray \n"), true);
    writeTree(root, { "a.txt": "stray \n" });
    assertEquals(check(root, "static_checks"), [false]);
  },
);
