import { errorFinding, type Finding, warningFinding } from "../base/finding.ts";
import { quoted } from "../base/text.ts";
import type {
  DiagnosisFacts,
  SessionFacts,
  StateFacts,
} from "./diagnosis_facts.ts";

/** Looks at one session; undefined when it is well. */
type SessionCheck = (session: SessionFacts) => Finding | undefined;

/** As {@linkcode SessionCheck}, for a session whose state could be read. */
type StateCheck = (
  session: SessionFacts,
  state: StateFacts,
) => Finding | undefined;

const SESSION_CHECKS: readonly SessionCheck[] = [
  unfinished,
  unreadable,
  damagedMeta,
];

const STATE_CHECKS: readonly StateCheck[] = [
  changedOutside,
  newerFormat,
  damagedWorkflow,
  duplicateId,
];

/** Each session by itself. */
export const sessionChecks = [
  ({ sessions }: DiagnosisFacts): readonly Finding[] =>
    sessions.flatMap((session) => [
      ...SESSION_CHECKS.flatMap((check) => check(session) ?? []),
      ...STATE_CHECKS.flatMap((check) =>
        session.state ? check(session, session.state) ?? [] : []
      ),
    ]),
];

function unfinished(session: SessionFacts): Finding | undefined {
  const { id, directory, state, trouble } = session;
  if (state !== null || trouble !== null) return undefined;
  return warningFinding({
    code: "unfinished_session",
    path: directory,
    session: id,
    message: `"${directory}" holds no state`,
    remedy: wayBack(session) ?? "move it away if nobody needs what is in it",
  });
}

function unreadable(session: SessionFacts): Finding | undefined {
  const { id, trouble } = session;
  if (trouble === null) return undefined;
  const common = { path: trouble.path, session: id, message: trouble.message };
  switch (trouble.code) {
    case "permission_denied":
    case "permission_missing":
      return errorFinding({
        ...common,
        code: "not_readable",
        remedy: "see who owns it and what its mode allows, with ls -l",
      });
    case "foreign_state":
      return errorFinding({
        ...common,
        code: "foreign_state",
        remedy: wayBack(session) ?? "put the state of this session back",
      });
    default:
      return errorFinding({
        ...common,
        code: "damaged_state",
        remedy: wayBack(session) ?? "put back a good copy of the file",
      });
  }
}

/** Checkpoints are all that is left of a state that is gone; they are looked at only when asked for. */
function wayBack({ id, checkpoints }: SessionFacts): string | undefined {
  if (checkpoints === 0) return undefined;
  return `put back a good copy, or let a human return to the newest checkpoint: orc doctor --restore ${id}`;
}

function damagedMeta({ id, metaTrouble }: SessionFacts): Finding | undefined {
  if (metaTrouble === null) return undefined;
  return warningFinding({
    code: "damaged_meta",
    path: metaTrouble.path,
    session: id,
    message: metaTrouble.message,
    remedy: "put back a good copy, or move it away: it holds only the name",
  });
}

function changedOutside(
  { id, statePath }: SessionFacts,
  { checksum }: StateFacts,
): Finding | undefined {
  if (checksum !== "changed") return undefined;
  return errorFinding({
    code: "changed_outside",
    path: statePath,
    session: id,
    message:
      `"${statePath}" was changed outside orc: it is shown, and updates are refused`,
    remedy:
      `undo that change, or let a human sign it as it is: orc doctor --resign ${id}`,
  });
}

function newerFormat(
  { id, statePath }: SessionFacts,
  { isNewer }: StateFacts,
): Finding | undefined {
  if (!isNewer) return undefined;
  return warningFinding({
    code: "newer_format",
    path: statePath,
    session: id,
    message: `"${statePath}" was made by a newer orc: this one only reads it`,
    remedy: "update orc",
  });
}

function damagedWorkflow(
  { id, statePath }: SessionFacts,
  { workflowProblem, status }: StateFacts,
): Finding | undefined {
  if (workflowProblem === null || isClosed(status)) return undefined;
  return errorFinding({
    code: "damaged_workflow",
    path: statePath,
    session: id,
    message: `${workflowProblem} (in "${statePath}")`,
    remedy: "put back a good copy of the file",
  });
}

function duplicateId(
  { id, statePath }: SessionFacts,
  { duplicate, status }: StateFacts,
): Finding | undefined {
  if (duplicate === null || isClosed(status)) return undefined;
  return errorFinding({
    code: "duplicate_id",
    path: statePath,
    session: id,
    message: `The workflow in "${statePath}" has the ${duplicate.kind} id ${
      quoted(duplicate.id)
    } twice: updates are refused`,
    remedy:
      'give each its own id in workflow.yaml, then start anew: orc start --beside "TASK"',
  });
}

/** Nobody wants to change it any more. */
function isClosed(status: StateFacts["status"]): boolean {
  return status === "completed" || status === "abandoned";
}
