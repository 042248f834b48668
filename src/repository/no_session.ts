/** What is said where no session is meant, each with a way on; loaded only then. */
import { notFound, OrcError, refused } from "../base/error.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { countOf, listOf } from "../base/text.ts";
import { isMarked, isOfNoRepository } from "../files/root.ts";
import type { Host } from "../host/host.ts";
import { missingSpares } from "../session/spare.ts";
import type { Repository } from "./open.ts";
import type { SessionSource } from "./select.ts";

/** Whoever chose it, by name or before, is told what there is. */
export async function noSessionCalled(
  { layout, store }: Repository,
  id: string,
  source: SessionSource,
): Promise<OrcError> {
  const missing = missingIn(layout, id);
  if (missing !== undefined) return missing;
  const ids = (await store.ids()).filter((other) => other !== id);
  const origin = source === "current" ? "Current session" : "Session";
  const choice = ids.length === 0
    ? "there is none here"
    : `choose one of: ${listOf(ids, MAX_CANDIDATES)}`;
  return notFound(
    "no_such_session",
    `${origin} "${id}" does not exist; ${choice}`,
    choiceOf(ids),
  );
}

function choiceOf(ids: readonly string[]) {
  const hint = ids.length === 0
    ? 'orc start "TASK"'
    : "choose a session: orc session switch ID";
  return { hint, details: { candidates: ids.slice(0, MAX_CANDIDATES) } };
}

/** Nobody chose one, and it would be a guess which is meant. */
export function noneMeant(
  host: Host,
  repository: Repository,
  ids: readonly string[],
): OrcError {
  if (ids.length > 0) {
    const shown = listOf(ids, MAX_CANDIDATES);
    return refused(
      "session_ambiguous",
      `Several sessions are active and none is chosen: ${shown}`,
      choiceOf(ids),
    );
  }
  const missing = missingIn(repository.layout);
  // State that lies in the linked worktree is not gone.
  if (missing !== undefined && !isStranded(repository, host.homeDirectory())) {
    return missing;
  }
  const { root, source } = repository.found;
  return notFound("no_session", `No active session in "${root}"`, {
    hint: wayOn(repository, host.homeDirectory()),
    details: { root, source },
  });
}

/** Whoever cleaned up too much is told that nothing is lost; once a session was started beside it, no more. */
function missingIn(
  layout: RepositoryLayout,
  id?: string,
): OrcError | undefined {
  const spares = missingSpares(layout)
    .filter((spare) => (id ?? spare.id) === spare.id);
  const [first] = spares;
  if (first === undefined) return undefined;
  const others = spares.length - 1;
  const more = others === 0 ? "" : `, and ${countOf(others, "other")}`;
  return notFound(
    "session_missing",
    `Session "${first.id}" at update ${
      first.states[0]?.serial ?? 0
    } is missing${more}`,
    {
      hint: others === 0
        ? "bring it back: orc recover, or let it go: orc recover --forget"
        : "see what is kept: orc recover --list",
      details: { candidates: spares.map((spare) => spare.id) },
    },
  );
}

/** Whether a linked worktree has state of its own, where nobody looks for it. */
function isStranded(
  { found: { root, workingTree } }: Repository,
  home: string | undefined,
): boolean {
  return workingTree !== root && isMarked(workingTree, home);
}

function wayOn(repository: Repository, home: string | undefined): string {
  const { root, workingTree } = repository.found;
  if (isOfNoRepository(root, home)) {
    return "change to the directory of a project";
  }
  return isStranded(repository, home)
    ? `see why the state in "${workingTree}" is not used: orc doctor`
    : 'orc start "TASK"';
}

/** Nobody sees on the command line what the environment says. */
export function namedByVariable(error: unknown): unknown {
  if (!(error instanceof OrcError)) return error;
  const { kind, code, message, hint, details } = error;
  return new OrcError(kind, code, `${message}, from ORCHESTRATOR_SESSION`, {
    hint,
    details,
    cause: error,
  });
}
