import { OrcError } from "../base/error.ts";
import { abandonSession, finishSession } from "../work/finish_session.ts";
import { changeOutcome, type ChangeResult } from "./change_view.ts";
import { command, sessionOptions, type Values } from "./command.ts";

/** `orc finish` */
export const finishCommand = command<ChangeResult<unknown>>({
  name: "finish",
  summary: "Close the session: completed or abandoned",
  description:
    "Closes the session when every phase is done; a closed session never changes again. Commits nothing, pushes nothing, closes no issue.",
  args: [],
  flags: [
    {
      name: "notes",
      short: "n",
      value: "TEXT",
      summary: "What came of it, at most 2000 characters",
    },
    {
      name: "abandon",
      summary: "Close it unfinished; needs --reason",
    },
    {
      name: "reason",
      short: "r",
      value: "TEXT",
      summary: "Why it is abandoned",
    },
    {
      name: "force",
      short: "f",
      summary: "Close it as completed although something is open",
      effect: "human",
    },
    { name: "no-push", summary: "No effect: orc never pushes by itself" },
    {
      name: "no-close-issues",
      summary: "No effect: orc never closes issues by itself",
    },
    { name: "skip-learn", summary: "No effect: finishing writes no report" },
  ],
  effect: "writes",
  permissions: [],
  examples: [
    'orc finish --notes "Released with 1.4"',
    'orc finish --abandon --reason "The feature was dropped"',
  ],
  async run(host, values) {
    return changeOutcome(await close(host, values));
  },
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
    throw new OrcError(
      "usage",
      "reason_without_abandon",
      "Flag --reason goes with --abandon",
      { hint: 'orc finish --notes "<what came of it>"' },
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
  throw new OrcError(
    "usage",
    "force_with_abandon",
    "Flag --force does not go with --abandon, which needs no force",
    { hint: 'orc finish --abandon --reason "<why>"' },
  );
}
