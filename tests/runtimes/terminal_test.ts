/** What is asked and typed at a terminal. */
import { inRepository } from "../journey/orc.ts";
import { atTerminal } from "./terminal.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: Idea, verification: {type: manual_gate}}
`;

/** Linux has `script`, which makes terminals. */
const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "a human approves an item at a terminal",
  ignore,
  fn: () =>
    inRepository(async ({ directory, result, write }) => {
      await write("workflow.yaml", WORKFLOW);
      await result(["start", "Add login"]);
      const { code, screen } = await atTerminal(
        directory,
        "orc approve-item idea",
        [{ question: "type idea: ", answer: "idea\r" }],
      );
      assertEquals(code, 0, screen);
      const { progress } = await result(["status"]);
      assertEquals(progress.completed, 1);
    }),
});

Deno.test({
  name: "Ctrl-C at a question ends orc, and the item stays open",
  ignore,
  fn: () =>
    inRepository(async ({ directory, result, write }) => {
      await write("workflow.yaml", WORKFLOW);
      await result(["start", "Add login"]);
      const { code } = await atTerminal(directory, "orc approve-item idea", [
        { question: "type idea: ", answer: "\x03" },
      ]);
      assertEquals(code, 130);
      const { progress } = await result(["status"]);
      assertEquals(progress.completed, 0);
    }),
});

Deno.test({
  name: "a secret that is typed is not shown",
  ignore,
  fn: () =>
    inRepository(async ({ directory, orc }) => {
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
    }),
});

Deno.test({
  name: "output in a file is written too where only input is a terminal",
  ignore,
  fn: () =>
    inRepository(async ({ directory, result }) => {
      await result(["start", "Add login"]);
      const line = "orc status > status.txt 2> errors.txt";
      assertEquals((await atTerminal(directory, line)).code, 0);
      const text = await Deno.readTextFile(`${directory}/status.txt`);
      assertStringIncludes(text, "Add login");
      const errors = await Deno.readTextFile(`${directory}/errors.txt`);
      assertEquals(errors, "");
    }),
});
