import { main } from "../../src/cli/main.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { captureStreams } from "../cli/fake.ts";
import {
  agent,
  ENDED_WELL,
  fixedHost,
  HYBRID_WORKFLOW,
  idOf,
  type Machine,
  withSession,
  WORKFLOW,
} from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

testText({
  name: "orc complete completes an item that needs no check",
  argv: ["complete", "idea", "--notes", "- agreed with Ada"],
  within: withSession,
});

testOutput({
  name: "orc complete runs the check",
  argv: ["complete", "tests"],
  within: withSession,
  machine: { programs: { "make test": { stdout: "3 of 3 passed\n" } } },
});

testOutput({
  name: "orc complete shows what a failed program said at the end",
  argv: ["complete", "tests"],
  within: withSession,
  machine: {
    programs: {
      "make test": { exitCode: 2, stdout: "...\n", stderr: "1 of 3 failed\n" },
    },
  },
  exitCode: 3,
});

testText({
  name: "orc complete says which file is missing",
  argv: ["complete", "plan"],
  within: withSession,
  exitCode: 3,
});

testText({
  name: "orc complete does nothing for an item that is completed",
  argv: ["complete", "idea"],
  within: withSession,
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" }),
});

testText({
  name: "orc complete leaves a manual gate to a human",
  argv: ["complete", "consent"],
  within: withSession,
  exitCode: 3,
});

testText({
  name:
    "orc complete skips a manual gate where the workflow does without humans",
  argv: ["complete", "consent"],
  within: (test) =>
    withSession(
      test,
      WORKFLOW.replace(
        "settings:",
        "settings:\n  supervision_mode: zero_human",
      ),
    ),
});

testText({
  name: "orc complete --skip-verify is refused to an agent",
  argv: ["complete", "plan", "--skip-verify"],
  within: withSession,
  machine: { environment: agent("1"), answers: ["plan"] },
  exitCode: 77,
});

/** Each kind of field, in a workflow that asks for them. */
const EVIDENCE_WORKFLOW = `name: Evident
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: cases, name: Edge cases, evidence_schema: EdgeCaseEvidence, evidence_prompt: What can go wrong}
      - {id: free, name: Free, required: false, verification: {type: command, command: make test}}
`;

const withEvidence = (test: (root: string) => Promise<void>) =>
  withSession(test, EVIDENCE_WORKFLOW);

testOutput({
  name: "orc complete asks for the evidence that is missing",
  argv: ["complete", "cases"],
  within: withEvidence,
  exitCode: 3,
});

testOutput({
  name: "orc complete says all that is wrong with evidence",
  argv: ["complete", "cases", "--evidence", "-"],
  within: withEvidence,
  machine: { input: "cases_considerd: [a]\nhow_handled: {a: 1}" },
  exitCode: 3,
});

testText({
  name: "orc complete says where a file of evidence is broken",
  argv: ["complete", "cases", "--evidence", "-"],
  within: withEvidence,
  machine: { input: '{"cases_considered": [a]}' },
  exitCode: 78,
});

testOutput({
  name: "orc complete takes evidence as fields",
  argv: [
    "complete",
    "cases",
    "--evidence=cases_considered=no user",
    "--evidence=cases_considered=two users",
    "--evidence=how_handled.no user=refused",
  ],
  within: withEvidence,
});

testText({
  name: "orc complete refuses an item within its own check",
  argv: ["complete", "free"],
  within: withEvidence,
  machine: {
    environment: { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/free` },
  },
  exitCode: 3,
});

testOutput({
  name:
    "orc complete starts the clock of a manual gate and refuses until it is over",
  argv: ["complete", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  exitCode: 3,
});

Deno.test("orc complete shows progress where error output is a terminal, and not with --quiet", () =>
  withSession(async (root) => {
    const progressOf = async (machine: Machine, ...flags: string[]) => {
      const host = fixedHost({ workingDirectory: root, number: 1, ...machine });
      host.runProgram = (request) => {
        for (const elapsedMs of [250, 2000]) {
          request.onProgress?.({ elapsedMs, lastLine: "2 of 3" });
        }
        return Promise.resolve({ ...ENDED_WELL, exitCode: 1 });
      };
      const argv = ["--root", root, "complete", "tests", ...flags];
      await main(argv, host, { streams: captureStreams() });
      return host.progress;
    };
    const onTerminal = { answers: [] };
    const shown = [undefined, "Checking tests, 2 s: 2 of 3", undefined];
    assertEquals(await progressOf(onTerminal), shown);
    assertEquals(await progressOf(onTerminal, "--json"), shown);
    assertEquals(await progressOf(onTerminal, "--quiet"), [undefined]);
    assertEquals(await progressOf({}), [undefined]);
  }));
