/** What is asked and typed at a terminal. */
import { inRepository, type Repository } from "../journey/orc.ts";
import { atTerminal } from "./terminal.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: Idea, verification: {type: manual_gate}}
`;

/** A test where Linux has `script`, which makes terminals. */
function test(name: string, run: (at: Repository) => Promise<void>): void {
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    fn: () => inRepository(run),
  });
}

/** What is typed for an approval, how orc ends then, and how many items it has completed. */
const ANSWERS: readonly [string, string, number, number][] = [
  ["a human approves an item at a terminal", "idea\r", 0, 1],
  ["Ctrl-C at a question ends orc, and the item stays open", "\x03", 130, 0],
];

for (const [name, answer, expected, completed] of ANSWERS) {
  test(name, async ({ directory, result, write }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Add login"]);
    const { code, screen } = await atTerminal(
      directory,
      "orc approve-item idea",
      [{ question: "type idea: ", answer }],
    );
    assertEquals(code, expected, screen);
    assertEquals((await result(["status"])).progress.completed, completed);
  });
}

test("a secret that is typed is not shown", async ({ directory, orc }) => {
  const passphrase = "ORCHESTRATOR_PASSPHRASE='correct horse battery'";
  const { code, screen } = await atTerminal(
    directory,
    `${passphrase} orc secrets set TOKEN --passphrase`,
    [{ question: "TOKEN", answer: "not for others\r" }],
  );
  assertEquals(code, 0, screen);
  assert(!screen.includes("not for others"), screen);
  const env = { ORCHESTRATOR_PASSPHRASE: "correct horse battery" };
  const { stdout } = await orc(["secrets", "get", "TOKEN"], { env });
  assertEquals(stdout.trim(), "not for others");
});

test("output in a file is written too where only input is a terminal", async ({ directory, result }) => {
  await result(["start", "Add login"]);
  const line = "orc status > status.txt 2> errors.txt";
  assertEquals((await atTerminal(directory, line)).code, 0);
  const text = await Deno.readTextFile(`${directory}/status.txt`);
  assertStringIncludes(text, "Add login");
  assertEquals(await Deno.readTextFile(`${directory}/errors.txt`), "");
});
