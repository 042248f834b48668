import { approveItem } from "../../src/work/approve_item.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { skipItem } from "../../src/work/skip_item.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  fixedHost,
  HYBRID_WORKFLOW,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";

const EVIDENCE_WORKFLOW = `name: Evident
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: spec, name: Spec read, verification: {type: file_exists, path: spec.md}, evidence_schema: SpecReviewEvidence, evidence_prompt: What the spec asks for}
`;

/** Does all that an agent can do in the first phase. */
async function leaveTheHuman(root: string): Promise<void> {
  writeTree(root, { "docs/plan.md": "" });
  const programs = { "make test": {} };
  for (const [index, itemId] of ["idea", "plan", "tests"].entries()) {
    const host = fixedHost({ number: index + 2, programs });
    await completeItem(host, { root, itemId });
  }
}

/** Leaves only manual gates that wait for time or a human. */
async function startTheClock(root: string): Promise<void> {
  await completeItem(fixedHost({ number: 2 }), { root, itemId: "glance" });
  const host = fixedHost({ number: 3 });
  await refusalOf(() => completeItem(host, { root, itemId: "look" }));
}

testText({
  name: "orc next shows one item and the command for it",
  argv: ["next"],
  within: withSession,
});

testOutput({
  name: "orc next shows why the last try failed",
  argv: ["next"],
  within: withSession,
  before: async (root) => {
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" });
    const host = fixedHost({ number: 3 });
    await refusalOf(() => completeItem(host, { root, itemId: "plan" }));
  },
});

testText({
  name: "orc next says what only a human can do",
  argv: ["next"],
  within: withSession,
  before: leaveTheHuman,
});

testText({
  name: "orc next says when a phase awaits a human",
  argv: ["next"],
  within: withSession,
  before: async (root) => {
    await leaveTheHuman(root);
    const host = fixedHost({ environment: APPROVING, number: 6 });
    await approveItem(host, { root, itemId: "consent" });
  },
});

testText({
  name: "orc next says when there is nothing left but to finish",
  argv: ["next"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  before: (root) =>
    skipItem(fixedHost({ number: 2 }), {
      root,
      itemId: "it",
      reason: GOOD_REASON,
    }),
});

testText({
  name: "orc next has nothing to say in a closed session",
  argv: ["next"],
  within: withSession,
  before: (root) =>
    abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" }),
});

testOutput({
  name: "orc next refuses a session that does not exist",
  argv: ["next", "--session", "34aa3244"],
  within: withSession,
  exitCode: 4,
});

testText({
  name: "orc next warns beside its result",
  argv: ["next"],
  within: withSession,
  before: (root) => {
    writeTree(root, { "workflow.yaml": "changed" });
    return Promise.resolve();
  },
});

testOutput({
  name: "orc next shows which evidence an item asks for",
  argv: ["next"],
  within: (test) => withSession(test, EVIDENCE_WORKFLOW),
});

testText({
  name: "orc next says that evidence was handed in with a try that failed",
  argv: ["next"],
  within: (test) => withSession(test, EVIDENCE_WORKFLOW),
  before: async (root) => {
    const evidence = ["requirements_extracted=login"];
    const host = fixedHost({ number: 2 });
    const options = { root, itemId: "spec", evidence };
    await refusalOf(() => completeItem(host, options));
  },
});

testText({
  name:
    "orc next names the first open item of a strict phase, even a manual gate",
  argv: ["next"],
  within: (test) =>
    withSession(
      test,
      `name: Strict
phases:
  - id: DO
    name: Do
    phase_type: strict
    items:
      - {id: look, name: Look, verification: {type: manual_gate}}
      - {id: it, name: It}
`,
    ),
});

testText({
  name: "orc next says when an item may be skipped",
  argv: ["next"],
  within: (test) =>
    withSession(
      test,
      EASY_WORKFLOW.replace(
        "name: It",
        "name: It, skip_conditions: [it is a hotfix, nothing changed]",
      ),
    ),
});

testText({
  name: "orc next says that a manual gate will pass by itself",
  argv: ["next"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "glance" }),
});

testOutput({
  name: "orc next says when a manual gate passes by itself",
  argv: ["next"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  before: startTheClock,
});

testText({
  name: "orc next leads a human past a gate that names nothing to verify",
  argv: ["next"],
  within: (test) =>
    withSession(
      test,
      EASY_WORKFLOW.replace("name: It", "name: It, step_type: gate"),
    ),
});

Deno.test("orc next marks the item on a terminal", (t) =>
  withSession(async (root) => {
    const { out } = await orc(root, ["next"], { columns: 80 });
    await t.assertSnapshot(out);
  }));
