import { OrcError } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import type { Host } from "../host/host.ts";
import { readBinding, readCurrent } from "../session/binding.ts";
import { readLegacyState } from "../session/legacy.ts";
import type { SessionState } from "../workflow/types.ts";
import type { Repository } from "./open.ts";
import { ownersOf } from "./select.ts";

const MAX_TASK_SHOWN = 60;

/** Refuses to start a session while the caller's own is active; other callers' sessions do not count. */
export async function assertNoOwnSession(
  host: Host,
  repository: Repository,
): Promise<void> {
  const own = await ownSession(host, repository);
  if (!own || own.state.status !== "active") return;
  throw new OrcError(
    "refused",
    "session_active",
    `Session ${shortSessionId(own.id)} ("${
      beginningOf(own.state.task)
    }") is still active`,
    {
      hint: 'end it (orc finish), or work on both: orc start --beside "TASK"',
      details: { session: own.id },
    },
  );
}

/** Enough of a task to know it again; a task may be a whole page. */
function beginningOf(task: string): string {
  const [line = ""] = task.split("\n");
  const characters = Array.from(line);
  return characters.length <= MAX_TASK_SHOWN
    ? line
    : `${characters.slice(0, MAX_TASK_SHOWN).join("")}…`;
}

interface OwnSession {
  readonly id: string;
  readonly state: SessionState;
}

async function ownSession(
  host: Host,
  repository: Repository,
): Promise<OwnSession | undefined> {
  const owners = ownersOf(host, repository);
  for (const owner of owners) {
    const id = await readBinding(repository.layout, owner);
    const own = id ? await readIfThere(repository, id) : undefined;
    if (own?.state.status === "active") return own;
  }
  // Who can be told apart from others has no part in the session that all others share.
  if (owners.length > 0) return undefined;
  const id = readCurrent(repository.layout);
  if (id) return await readIfThere(repository, id);
  const legacy = await readLegacyState(repository.layout);
  return legacy &&
    (await readIfThere(repository, legacy.session.id) ?? legacy.session);
}

async function readIfThere(
  repository: Repository,
  id: string,
): Promise<OwnSession | undefined> {
  try {
    return await repository.store.read(id);
  } catch (error) {
    if (error instanceof OrcError && error.code === "no_such_session") {
      return undefined;
    }
    throw error;
  }
}
