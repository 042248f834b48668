import { notFound, usage } from "./error.ts";
import { MAX_CANDIDATES } from "./limits.ts";
import { listOf, quoted } from "./text.ts";

/** One allow-list for every id that reaches a path: a plain name on every file system. */
const SESSION_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const PART_OF_ID = /^[a-z0-9_-]{1,64}$/;

/** Names that Windows gives to devices in every directory. */
const WINDOWS_DEVICE = /^(?:con|nul|aux|prn|com[1-9]|lpt[1-9])$/;

const ULID = /^[0-9a-z]{26}$/;

/** Shortest end of an id that selects a session: shorter ones match by accident. */
const MIN_SUFFIX_LENGTH = 4;

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text) && !WINDOWS_DEVICE.test(text);
}

/** Whether a text is the id of an object of git, or another hash of such a length, and no word that git takes. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/**
 * Finds the one session that a text stands for: its id or short form, else the only id that begins with it, else
 * the only one that ends with it.
 *
 * @throws {OrcError} usage `invalid_session_id` or `ambiguous_session_id`, not_found `no_such_session`
 */
export function matchSessionId(text: string, ids: readonly string[]): string {
  if (ids.includes(text)) return text;
  const hint = "orc session list shows all";
  const only = onlyOf(candidatesFor(text, ids), "session", `"${text}"`, hint);
  if (only !== undefined) return only;
  throw notFound(
    "no_such_session",
    `Cannot find session "${text}"`,
    "orc session list",
  );
}

/** Short form for people: both ends of a ULID, other ids whole. */
export function shortSessionId(id: string): string {
  return ULID.test(id) ? `${id.slice(0, 4)}…${id.slice(-4)}` : id;
}

function candidatesFor(
  text: string,
  ids: readonly string[],
): readonly string[] {
  const [start = "", end, ...more] = text.split("…");
  const parts = end === undefined ? [start] : [start, end, ...more];
  if (parts.length > 2 || !parts.every((part) => PART_OF_ID.test(part))) {
    throw usage(
      "invalid_session_id",
      `Cannot use ${quoted(text)} as a session id`,
      "a session id has 1 to 64 characters of a-z, 0-9, - and _; orc session list shows them",
    );
  }
  const beginning = ids.filter((id) => id.startsWith(start));
  if (end !== undefined) return beginning.filter((id) => id.endsWith(end));
  if (beginning.length > 0 || text.length < MIN_SUFFIX_LENGTH) return beginning;
  return ids.filter((id) => id.endsWith(text));
}

/** The one id that a text can mean, if any; it is not guessed which of several. */
export function onlyOf(
  ids: readonly string[],
  kind: "session" | "checkpoint",
  text: string,
  hint: string,
): string | undefined {
  if (ids.length < 2) return ids[0];
  const some = listOf(ids, MAX_CANDIDATES);
  throw usage(
    `ambiguous_${kind}_id`,
    `Cannot tell which of ${ids.length} ${kind}s ${text} means: ${some}`,
    {
      hint: `give more of the id; ${hint}`,
      details: { candidates: ids.slice(0, MAX_CANDIDATES) },
    },
  );
}
