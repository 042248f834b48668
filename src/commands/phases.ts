import { usage } from "../base/error.ts";
import {
  abandonSession,
  type Advanced,
  advancePhase,
  approvePhase,
  finishSession,
} from "../work/phase.ts";
import {
  answering,
  type ChangeResult,
  command,
  flag,
  type ResultOf,
  sessionOptions,
  type Values,
} from "./command.ts";
import { changeText } from "./view.ts";

const advanceCommand = command<ResultOf<Advanced>>({
  description:
    "Leaves the current phase when all its required items are done and, where the workflow asks for it, a human has approved. The last phase is left with orc finish.",
  flags: [
    flag("-f, --force", "Leave the phase although something is open", {
      effect: "human",
    }),
    flag("-y, --yes", "No effect: nothing is asked"),
    flag("--no-critique", "No effect: orc runs no outside reviews"),
  ],
  effect: "writes",
  examples: ["orc advance"],
  run: answering((host, values) =>
    advancePhase(host, {
      ...sessionOptions(values, "advance"),
      force: values.on("force"),
    })
  ),
  render: (result, style) =>
    changeText(
      result.to === null
        ? `Phase "${result.from}" is the last one and is complete`
        : `Left phase "${result.from}", entered phase "${result.to}"`,
      result,
      style,
    ),
});

const approveCommand = command<ChangeResult<unknown>>({
  description:
    "Approves that a phase with a human exit gate is left. Only a human can: in a terminal, by typing the phase's id.",
  flags: [
    flag("-p, --phase PHASE", "Id of the phase instead of the current one", {
      values: "phase",
    }),
  ],
  effect: "human",
  examples: ["orc approve", "orc approve --phase REVIEW"],
  run: answering((host, values) =>
    approvePhase(host, {
      ...sessionOptions(values, "approve"),
      phaseId: values.text("phase"),
    })
  ),
  render: (result, style) =>
    changeText(
      result.changed ? "Approved the phase" : "The phase awaits no approval",
      result,
      style,
    ),
});

const finishCommand = command<ChangeResult<unknown>>({
  description:
    "Closes the session when every phase is done; a closed session never changes again. Commits nothing, pushes nothing, closes no issue.",
  flags: [
    flag("-n, --notes TEXT", "What came of it, at most 2000 characters"),
    flag("--abandon", "Close it unfinished; needs --reason"),
    flag("-r, --reason TEXT", "Why it is abandoned"),
    flag("-f, --force", "Close it as completed although something is open", {
      effect: "human",
    }),
    flag("--no-push", "No effect: orc never pushes by itself"),
    flag("--no-close-issues", "No effect: orc never closes issues by itself"),
    flag("--skip-learn", "No effect: finishing writes no report"),
  ],
  effect: "writes",
  examples: [
    'orc finish --notes "Released with 1.4"',
    'orc finish --abandon --reason "The feature was dropped"',
  ],
  run: answering((host, values) => close(host, values)),
  render: ({ summary }) =>
    `The session is ${summary.status}: ${summary.progress.completed} items completed, ${summary.progress.skipped} skipped, ${summary.progress.total} in all`,
});

function close(
  host: Parameters<typeof finishSession>[0],
  values: Values,
): ReturnType<typeof finishSession> {
  const options = sessionOptions(values, "finish");
  const reason = values.text("reason");
  const notes = values.text("notes");
  if (values.on("abandon")) {
    assertNoForce(values);
    return abandonSession(host, { ...options, reason: reason ?? "", notes });
  }
  if (reason !== undefined) {
    throw usage(
      "reason_without_abandon",
      "Flag --reason goes with --abandon",
      'orc finish --notes "<what came of it>"',
    );
  }
  return finishSession(host, {
    ...options,
    notes,
    force: values.on("force"),
  });
}

/** Force closes a session as completed: who says both does not know which they mean. */
function assertNoForce(values: Values): void {
  if (!values.on("force")) return;
  throw usage(
    "force_with_abandon",
    "Flag --force does not go with --abandon, which needs no force",
    'orc finish --abandon --reason "<why>"',
  );
}

/** The commands of this file, by their names. */
export const commands = {
  advance: advanceCommand,
  approve: approveCommand,
  finish: finishCommand,
};
