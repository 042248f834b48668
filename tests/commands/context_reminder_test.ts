import { assertEquals } from "@std/assert";
import { startSession } from "../../src/app/start_session.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  withRoot,
  withSession,
} from "../app/fixtures.ts";
import { orc, testOutput } from "./orc.ts";

testOutput({
  name: "orc context-reminder prints one line of JSON",
  argv: ["context-reminder"],
  within: withSession,
});

testOutput({
  name: "orc context-reminder says that nothing is active without a session",
  argv: ["context-reminder"],
});

Deno.test("orc context-reminder keeps a task of several lines in one", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const task = 'Say "no"\nand\tmore';
    await startSession(fixedHost(), { root, task });
    const { out } = await orc(root, ["context-reminder"]);
    assertEquals(out.split("\n").length, 2);
    assertEquals(JSON.parse(out).task, task);
  }));
