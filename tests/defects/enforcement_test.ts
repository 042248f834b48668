import { readTree } from "../files/temporary.ts";
import { idOf, loggedTypes, stateOf, withRoot } from "../work/fixtures.ts";
import { checksumOf } from "../work/python_checksum.ts";
import { expectExit, resultOf, type Shell, shellIn } from "./shell.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const GATES = `name: Gates
settings:
  supervision_mode: zero_human
  syntax_command: "make syntax && echo 'Syntax OK'"
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: human, name: Human, step_type: gate, verification: {type: manual_gate}}
      - {id: file, name: File, step_type: gate, verification: {type: file_exists, path: out.txt}}
      - {id: three, name: Three, step_type: gate, verification: {type: command, command: make three, expect_exit_code: 3}}
      - {id: nothing, name: Nothing, step_type: gate}
      - {id: piped, name: Piped, step_type: gate, verification: {type: command, command: "echo hi | grep hi && echo ok"}}
      - {id: syntax, name: Syntax, step_type: gate, verification: {type: command, command: "{{syntax_command}}"}}
      - {id: small, name: Small, required: false, skip_conditions: [hotfix]}
      - {id: consent, name: Consent, step_type: documented, skip_conditions: [hotfix], verification: {type: manual_gate}}
  - id: BUILD
    name: Build
    items: [{id: code, name: Code}]
`;

function withGates(
  test: (shell: Shell, root: string) => Promise<void>,
): Promise<void> {
  return withRoot({ "workflow.yaml": GATES }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Add login", "--root", root]);
    await test(shell, root);
  });
}

function statusOf(root: string, itemId: string): string {
  return stateOf(root).phases.PLAN.items[itemId].status;
}

const AGENT = { environment: { CLAUDECODE: "1" } };
const HUMAN = (word: string) => ({ answers: [word] });

for (const itemId of ["human", "file", "nothing"]) {
  Deno.test(`complete does not pass a gate unchecked, in no mode and by no flag: ${itemId}`, () =>
    withGates(async (shell, root) => {
      for (const flags of [[], ["--skip-verify"], ["--skip-auto-review"]]) {
        const argv = ["complete", itemId, ...flags];
        for (const who of [AGENT, HUMAN(itemId)]) {
          assertEquals((await shell(argv, who)).exitCode, 3, argv.join(" "));
        }
        assertEquals(statusOf(root, itemId), "pending");
      }
      assert(!loggedTypes(root).includes("item_completed"));
    }));
}

Deno.test("a gate passes with the exit code that its workflow names, and with no other", () =>
  withGates(async (shell, root) => {
    const endingWith = (exitCode: number) => ({
      programs: { "make three": { exitCode } },
    });
    const argv = ["complete", "three"];
    assertEquals((await shell(argv, endingWith(0))).exitCode, 3);
    assertEquals(statusOf(root, "three"), "pending");
    assertEquals((await shell(argv, endingWith(3))).exitCode, 0);
    assertEquals(statusOf(root, "three"), "completed");
  }));

Deno.test("shell operators in a command are no words that echo prints", () =>
  withGates(async (shell, root) => {
    const asked: unknown[] = [];
    await shell(["complete", "piped"], {
      programs: "real",
      meanwhile: ({ command }) => Promise.resolve(asked.push(command)),
    });
    const line = "echo hi | grep hi && echo ok";
    const manner = { stops: false, pipefail: true };
    // What is no list of words runs in a shell; git lists the files by words.
    const inShell = asked.filter((command) => !Array.isArray(command));
    assertEquals(inShell, [{ shell: line, values: [], manner }]);
    assertEquals(statusOf(root, "piped"), "completed");
    const result = stateOf(root).phases.PLAN.items.piped.gate_result;
    assertEquals(result.stdout, "hi\nok\n");
  }));

Deno.test("a setting that holds shell operators fails its check, is counted, and is told before", () =>
  withGates(async (shell, root) => {
    const { err } = await expectExit(3, shell, ["complete", "syntax"]);
    assertStringIncludes(err, "syntax_command");
    const { status, retry_count: tries } =
      stateOf(root).phases.PLAN.items.syntax;
    assertEquals([status, tries], ["pending", 1]);
    assert(loggedTypes(root).includes("gate_failed"));
    const validated = await shell(["validate"]);
    assertStringIncludes(validated.err, "syntax_command");
  }));

Deno.test("finish does not overlook the phases that were never entered", () =>
  withRoot({
    "workflow.yaml": `name: Two
phases:
  - {id: ONE, name: One}
  - {id: TWO, name: Two, items: [{id: code, name: Code}]}
`,
  }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Task", "--root", root]);
    const { err } = await expectExit(3, shell, ["finish"]);
    assertStringIncludes(err, 'Item "code" is pending');
  }));

Deno.test("a closed session takes no change and does not call itself active", () =>
  withGates(async (shell, root) => {
    await expectExit(0, shell, ["finish", "--abandon", "-r", "Wrong task"]);
    const before = readTree(root);
    const writes = [
      ["complete", "small"],
      ["skip", "small", "-r", "The design was settled last week"],
      ["start-item", "small"],
      ["note", "Too late"],
      ["advance"],
      ["approve"],
      ["approve-item", "human"],
      ["checkpoint"],
      ["finish"],
      ["finish", "--abandon", "-r", "Again"],
    ];
    for (const argv of writes) {
      const { err } = await expectExit(3, shell, argv);
      assertStringIncludes(err, "abandoned", argv.join(" "));
    }
    assertEquals(readTree(root), before);
    const reminder = await expectExit(0, shell, ["context-reminder"]);
    assertEquals(JSON.parse(reminder.out), { active: false });
    const status = await resultOf(shell, ["status"]);
    assertEquals([status.active, status.status], [false, "abandoned"]);
    assertEquals(status.next, null);
  }));

/** Takes an item out of the stored state; signs it anew as the Python tool would, or not. */
async function takeOut(root: string, itemId: string, isSigned: boolean) {
  const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
  const state = JSON.parse(Deno.readTextFileSync(path));
  delete state.phases.PLAN.items[itemId];
  const text = () => JSON.stringify(state, null, 2);
  if (isSigned) state._checksum = await checksumOf(text());
  Deno.writeTextFileSync(path, text());
}

for (const isSigned of [true, false]) {
  const how = isSigned ? "signed anew" : "not signed anew";
  Deno.test(`an item that was taken out of the state is not out of the process: ${how}`, () =>
    withGates(async (shell, root) => {
      await takeOut(root, "human", isSigned);
      const path = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
      const before = Deno.readTextFileSync(path);
      const { exitCode, err } = await shell(["advance"]);
      assertEquals(exitCode, isSigned ? 3 : 6, err);
      if (isSigned) assertStringIncludes(err, 'Item "human" is pending');
      assertEquals(Deno.readTextFileSync(path), before);
    }));
}

Deno.test("an approval in the log says whether a human gave it, and an agent's try that none did", () =>
  withGates(async (shell, root) => {
    const argv = ["approve-item", "human"];
    assertEquals((await shell(argv, AGENT)).exitCode, 77);
    assertEquals(statusOf(root, "human"), "pending");
    assertEquals((await shell(argv, HUMAN("human"))).exitCode, 0);
    const { events } = await resultOf(shell, ["history", "--item", "human"]);
    const shown = events.map((
      { type, actor, details }: {
        type: string;
        actor: string;
        details: Record<string, unknown>;
      },
    ) => [type, actor, details.agent ?? null, details.origin ?? null]);
    assertEquals(shown, [
      ["error", "system", "claude-code", null],
      ["item_completed", "human", null, "terminal"],
    ]);
  }));

Deno.test("a reason for skipping is not a letter held down or a stock phrase", () =>
  withGates(async (shell, root) => {
    for (const reason of ["a".repeat(60), "not needed", "n/a", "skipped."]) {
      await expectExit(3, shell, ["skip", "small", "-r", reason]);
      const forced = ["skip", "file", "--force", "-r", reason];
      assertEquals((await shell(forced, HUMAN("file"))).exitCode, 3);
    }
    assertEquals([statusOf(root, "small"), statusOf(root, "file")], [
      "pending",
      "pending",
    ]);
  }));

Deno.test("approving what was skipped does not make it completed", () =>
  withGates(async (shell, root) => {
    const reason =
      "It is a hotfix for the outage, and the owner is told tomorrow";
    await expectExit(0, shell, ["skip", "consent", "-r", reason]);
    const { exitCode, err } = await shell(
      ["approve-item", "consent"],
      HUMAN("consent"),
    );
    assertEquals(exitCode, 3);
    assertStringIncludes(err, "skipped");
    assertEquals(statusOf(root, "consent"), "skipped");
  }));
