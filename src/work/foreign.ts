/** A human's yes to the commands of a session that was not begun here. */
import { denied } from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import { guardDirectory } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { remember, trustedHere } from "../session/begun.ts";
import { untrustedWorkflow } from "../trust/foreign.ts";
import { fillTemplate } from "../workflow/template.ts";
import { requireApproval } from "./change.ts";

/** A command that a session may run. */
export interface SessionCommand {
  /** The phase it belongs to. */
  readonly phaseId: string;
  /** The item that it checks. */
  readonly itemId: string;
  /** As it runs, with the settings of the workflow filled in and secrets replaced. */
  readonly command: string;
  /** Where it runs, relative to the working tree; null for the tree itself. */
  readonly workingDir: string | null;
}

/** What a session wants to run, and whether it may. */
export interface SessionCommands {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Whether they may run: the session was begun here, or a human trusts its workflow. */
  readonly trusted: boolean;
  /** In the order of the workflow. */
  readonly commands: readonly SessionCommand[];
}

/** A session whose commands may run. */
export interface Trusted extends SessionCommands {
  /** False when they could run before. */
  readonly changed: boolean;
}

/**
 * Lists the commands of a session with what they become, and says whether they may run. A session
 * that was not begun in this clone runs none until a human trusts its workflow.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `no_session` or `no_such_session` (not_found)
 */
export async function sessionCommands(
  host: Host,
  options: SessionOptions = {},
): Promise<SessionCommands> {
  const opened = await openSession(host, options, {});
  const sha256 = await untrustedWorkflow(host, opened);
  return await commandsOf(host, opened, sha256 === undefined);
}

/**
 * Lets the commands of a session run that was not begun here: an act of a human, who is shown all of
 * them and types the id of the session. It is remembered for this very workflow, by its hash, in the
 * user's own directory, and in git's for this clone. A session that was begun here needs none.
 *
 * Requires `--allow-read`, and `--allow-write` and `--allow-env` for the user's directory.
 *
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no human says yes
 * @throws {OrcError} `permission_denied` (denied) if neither directory may be written to
 * @throws {OrcError} `no_session` or `no_such_session` (not_found)
 */
export async function trustSession(
  host: Host,
  options: SessionOptions = {},
): Promise<Trusted> {
  const opened = await openSession(host, options, {});
  assertChangeable(opened);
  const sha256 = await untrustedWorkflow(host, opened);
  const answer = await commandsOf(host, opened, true);
  if (sha256 === undefined) return { ...answer, changed: false };
  const { session: { id, state }, repository, workflow } = opened;
  const [task = ""] = state.task.split("\n");
  const act = {
    request: `let the commands of session "${id}" run`,
    confirmation: id,
    session: id,
    lines: [
      `Session ${id}: ${task}`,
      `Workflow ${workflow.name}, of elsewhere, runs:`,
      ...answer.commands.map(({ itemId, command, workingDir }) =>
        `  ${itemId}: ${command}${workingDir ? ` (in ${workingDir})` : ""}`
      ),
    ],
  };
  await requireApproval(host, repository, act, `orc trust ${id}`);
  const home = host.homeDirectory();
  if (home !== undefined) guardDirectory(home, userLayout(home).trusted);
  const places = [
    ...home === undefined ? [] : [userLayout(home).trusted],
    trustedHere(repository.layout.root) ?? [],
  ].flat();
  // In both: who may read no home finds it in git's directory.
  if (places.map((place) => remember(place, sha256)).includes(true)) {
    return { ...answer, changed: true };
  }
  throw denied(
    "permission_denied",
    `Cannot keep that session "${id}" is trusted: neither your own directory nor git's may be written to`,
    "set HOME to a directory of yours",
  );
}

async function commandsOf(
  host: Host,
  opened: OpenedSession,
  trusted: boolean,
): Promise<SessionCommands> {
  const { workflow: { phases, settings }, place } = opened;
  const { mask } = await sessionMasker(host, opened);
  const commands = phases.flatMap(({ id: phaseId, items }) =>
    items.flatMap(({ id: itemId, verification, workingDir }) =>
      verification.type === "command"
        ? [{
          phaseId,
          itemId,
          command: mask(fillTemplate(verification.command, settings)),
          workingDir,
        }]
        : []
    )
  );
  return { place, trusted, commands };
}
