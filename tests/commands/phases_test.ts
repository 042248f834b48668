import { completeItem } from "../../src/work/complete.ts";
import { skipItem } from "../../src/work/item.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  withSession,
} from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc advance refuses while something is open",
  argv: ["advance"],
  exitCode: 3,
  code: "blocked",
  text:
    `! Cannot leave phase "PLAN": Item "idea" is pending, Item "plan" is pending, Item "tests" is pending, Item "consent" is pending, Phase "PLAN" awaits a human's approval
! Try: orc complete idea --notes "<what you did>"`,
});

testOutput({
  name: "orc advance --force lets a human leave a phase",
  argv: ["advance", "--force"],
  machine: { answers: ["PLAN"] },
  result: {
    changed: true,
    events: [{ type: "phase_completed" }, { type: "phase_started" }],
    serial: 2,
    from: "PLAN",
    to: "BUILD",
  },
  text: `Left phase "PLAN" after less than a minute, entered phase "BUILD"
code · Code written (BUILD 0/1, flexible)
then: orc complete code --notes "<what you did>"`,
});

/** Leaves out the only item that may be. */
function skipSketch(root: string): Promise<unknown> {
  const reason = "Nothing that could be drawn";
  return skipItem(fixedHost({ number: 2 }), { root, itemId: "sketch", reason });
}

testOutput({
  name:
    "orc advance tells what was skipped in the phase, why, and how long it took",
  argv: ["advance", "--force"],
  before: skipSketch,
  machine: { answers: ["PLAN"], at: "2026-03-01T12:30:00Z" },
  result: {
    skipped: [{
      phaseId: "PLAN",
      itemId: "sketch",
      reason: "Nothing that could be drawn",
    }],
    durationMinutes: 150,
  },
  text: `Left phase "PLAN" after 2 h, entered phase "BUILD"
Skipped in it:
  sketch: Nothing that could be drawn
code · Code written (BUILD 0/1, flexible)
then: orc complete code --notes "<what you did>"`,
});

testOutput({
  name:
    "orc finish tells what was skipped in all phases, why, and how long it took",
  argv: ["finish", "--abandon", "-r", "Dropped"],
  before: skipSketch,
  machine: { at: "2026-03-01T10:45:00Z" },
  result: {
    skipped: [{
      phaseId: "PLAN",
      itemId: "sketch",
      reason: "Nothing that could be drawn",
    }],
    durationMinutes: 45,
  },
  text:
    `The session is abandoned after 45 min: 0 items completed, 1 skipped, 6 in all
Skipped:
  PLAN sketch: Nothing that could be drawn`,
});

testText({
  name: "orc advance --force is refused to an agent",
  argv: ["advance", "-f", "--yes"],
  machine: { environment: agent("1"), answers: ["PLAN"] },
  exitCode: 77,
  text: `! Cannot leave phase "PLAN" by force: only a human may, at a terminal
! Try: ask a human to run the same command with --session 01kk0000000000000000000000 in a terminal`,
});

testText({
  name: "orc advance has nowhere to go from the last phase",
  argv: ["advance", "--no-critique"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "it" }),
  text: `Phase "DO" is the last one and is complete
Every phase is done, 1 of 1 items completed, 0 skipped
Next: orc finish`,
});

testOutput({
  name: "orc approve approves the current phase for a human",
  argv: ["approve"],
  machine: { answers: ["PLAN"] },
  result: { changed: true, events: [{ type: "human_override" }], serial: 2 },
  text: `Approved the phase
PLAN 0/5 · BUILD
Next: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc approve does nothing for a phase that awaits no approval",
  argv: ["approve"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  text: `The phase awaits no approval
DO 0/1
Next: orc complete it --notes "<what you did>"`,
});

testText({
  name: "orc approve is refused to an agent",
  argv: ["approve"],
  machine: { environment: agent("1") },
  exitCode: 77,
  text: `! Cannot approve phase "PLAN": only a human may, at a terminal
! Try: ask a human to run the same command with --session 01kk0000000000000000000000 in a terminal`,
});

testOutput({
  name: "orc approve refuses a phase that does not exist",
  argv: ["approve", "--phase", "NONE"],
  exitCode: 4,
  code: "no_such_phase",
  details: { phaseIds: ["PLAN", "BUILD"] },
  text: `! No phase "NONE" in this workflow
! Try: orc status`,
});

testOutput({
  name: "orc finish closes a session that is done",
  argv: ["finish", "--notes", "Released with 1.4", "--no-push"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "it" }),
  result: {
    changed: true,
    events: [{ type: "phase_completed" }, { type: "workflow_completed" }],
    serial: 3,
  },
  text:
    "The session is completed after less than a minute: 1 item completed, 0 skipped, 1 in all",
});

testOutput({
  name: "orc finish refuses while something is open in any phase",
  argv: ["finish"],
  exitCode: 3,
  code: "blocked",
  details: {
    blockers: [{
      code: "item_open",
      phaseId: "PLAN",
      itemId: "idea",
      message: 'Item "idea" is pending',
    }, {
      code: "item_open",
      phaseId: "PLAN",
      itemId: "plan",
      message: 'Item "plan" is pending',
    }, {
      code: "item_open",
      phaseId: "PLAN",
      itemId: "tests",
      message: 'Item "tests" is pending',
    }, {
      code: "item_open",
      phaseId: "PLAN",
      itemId: "consent",
      message: 'Item "consent" is pending',
    }, {
      code: "approval_missing",
      phaseId: "PLAN",
      itemId: null,
      message: `Phase "PLAN" awaits a human's approval`,
    }, {
      code: "item_open",
      phaseId: "BUILD",
      itemId: "code",
      message: 'Item "code" is pending',
    }],
  },
  text:
    `! Cannot finish the session: Item "idea" is pending, Item "plan" is pending, Item "tests" is pending, Item "consent" is pending, Phase "PLAN" awaits a human's approval and 1 more
! Try: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc finish --abandon closes a session for a reason",
  argv: ["finish", "--abandon", "-r", "The feature was dropped"],
  text:
    "The session is abandoned after less than a minute: 0 items completed, 0 skipped, 6 in all",
});

testText({
  name: "orc finish --abandon needs a reason",
  argv: ["finish", "--abandon"],
  exitCode: 2,
  text: `! A session is abandoned for a reason, and none was given
! Try: orc finish --abandon --reason "<why>"`,
});

testOutput({
  name: "orc finish --abandon keeps notes",
  argv: ["finish", "--abandon", "-r", "Dropped", "--notes", "A sketch"],
  result: { changed: true, summary: { active: false, status: "abandoned" } },
  text:
    "The session is abandoned after less than a minute: 0 items completed, 0 skipped, 6 in all",
});

testText({
  name: "orc finish --abandon takes no --force",
  argv: ["finish", "--abandon", "-r", "Dropped", "--force"],
  exitCode: 2,
  text: `! Flag --force does not go with --abandon, which needs no force
! Try: orc finish --abandon --reason "<why>"`,
});

testText({
  name: "orc finish takes no reason without --abandon",
  argv: ["finish", "--reason", "The feature was dropped"],
  exitCode: 2,
  text: `! Flag --reason goes with --abandon
! Try: orc finish --notes "<what came of it>"`,
});

testText({
  name: "orc finish --force is refused to a script",
  argv: ["finish", "--force"],
  exitCode: 77,
  text: `! Cannot finish the session by force: only a human may, at a terminal
! Try: ask a human to run the same command with --session 01kk0000000000000000000000 in a terminal`,
});
