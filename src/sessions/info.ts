import { onRefusal } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import type { GivenApproval, SessionStart } from "../replay/account.ts";
import type { PastOptions } from "../repository/past.ts";
import { openSession } from "../repository/select.ts";
import { readAccount, readSize, type SessionSize } from "../session/account.ts";
import { saidIn } from "../session/read.ts";
import { readStatus, type Status } from "../work/status.ts";

/** What a session is, and how it came about. */
export interface SessionInfo extends Omit<Status, "size"> {
  /** What is demanded of a task of its size, and who set that; null where the workflow has no sizes. */
  readonly size: SessionSize | null;
  /** What it began with, as its first event says it; null where no event tells of a start. */
  readonly start: SessionStart | null;
  /** The agent that it belongs to, such as `codex:7`; null where it is nobody's. */
  readonly owner: string | null;
  /** The machine that it began on; null where nobody says, as of files. */
  readonly host: string | null;
  /** Each yes that still counts, forced steps among them, in the order in which they were given. */
  readonly approvals: readonly GivenApproval[];
}

/**
 * Reads where a session stands, what it began with and how each approval was given. Reads all of its
 * log, takes no lock and writes nothing. What the log says is believed: {@linkcode verifySession}
 * compares it.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} what {@linkcode readStatus} throws
 */
export async function readSessionInfo(
  host: Host,
  { at, ...options }: PastOptions = {},
): Promise<SessionInfo> {
  const status = await readStatus(host, { ...options, at });
  const named = { ...options, session: status.session };
  const { repository, session } = await openSession(host, named, {});
  const { store } = repository;
  const { start, approvals } = await readAccount(store, session);
  const given = approvals.filter(({ serial }) => serial <= status.serial);
  // What is said of a session besides its work may be damaged: status says so.
  const meta = await store.meta(session.id).catch(onRefusal(() => undefined));
  const said = { owner: saidIn("owner", meta), host: saidIn("host", meta) };
  const size = status.size && await readSize(store, session, status.size);
  return { ...status, ...said, size: size || null, start, approvals: given };
}
