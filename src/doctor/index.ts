/**
 * The index of sound sessions: which sessions doctor had nothing to say about, and how their files
 * looked then. It spares reading them again, and is trusted for nothing else: whoever can write it can
 * write the sessions too.
 */
import type { Digest } from "../base/checksum.ts";
import type { JsonValue } from "../base/json.ts";
import {
  type RepositoryLayout,
  sessionLayout,
  TEMPORARY_SUFFIX,
} from "../base/layout.ts";
import { MAX_DOCTOR_INDEX_BYTES } from "../base/limits.ts";
import {
  elements,
  field,
  openDocument,
  type Place,
  readChoice,
  readObject,
  readText,
  refuseProblems,
} from "../base/shape.ts";
import { epochMsOf } from "../base/time.ts";
import { VERSION } from "../base/version.ts";
import type { JudgeContext } from "../files/lock.ts";
import { isGranted, readJson } from "../files/read.ts";
import { loadHash } from "../files/tree.ts";
import { pause } from "../files/wait.ts";
import {
  discard,
  publish,
  regularFileAt,
  writeNewFile,
} from "../files/write.ts";
import { SESSION_STATUSES } from "../session/codec.ts";
import {
  attempt,
  type DirectoryFacts,
  directoryFacts,
  type Sight,
} from "./look.ts";
import {
  type SessionFacts,
  sessionFacts,
  type SessionView,
  type SoundFacts,
  soundSession,
} from "./session_facts.ts";

/** Whether sessions are taken from the index, or all are read and it is made anew, or none is kept. */
export type IndexUse = "read" | "renew" | "none";

/** By the id of the session. */
export type SoundIndex = ReadonlyMap<
  string,
  SoundFacts & { readonly sight: string }
>;

export const NO_INDEX: SoundIndex = new Map();

/** To be raised with every change of what is said about sessions: what was sound then may not be now. */
const RULES = 3;

const MADE_BY = `orc ${VERSION}, rules ${RULES}`;

const PRIVATE = 0o600;

/** Coarser than the clock of any file system that is asked. */
const TICK_MS = 2_000;

/**
 * How files looked, if a change after the start of this run is sure to make them look otherwise. What was
 * changed within the same tick of the file system's clock may change again and look the same.
 */
export function lastingSight(
  sight: Sight | undefined,
  startedAtMs: number,
): string | null {
  const isLasting = sight !== undefined &&
    sight.changedAtMs + TICK_MS <= startedAtMs;
  return isLasting ? sight.text : null;
}

/** Reads the index; one that is missing, damaged, of another version or open to others counts as empty. */
export function readIndex({ doctorIndex: path }: RepositoryLayout): SoundIndex {
  const { found } = attempt(path, () => {
    const mode = regularFileAt(path, "read")?.mode ?? PRIVATE;
    return (mode & 0o777) === PRIVATE
      ? readJson(path, MAX_DOCTOR_INDEX_BYTES)
      : undefined;
  });
  if (found === undefined) return NO_INDEX;
  return attempt(path, () => decodeIndex(found, path)).found ?? NO_INDEX;
}

function decodeIndex(value: JsonValue, path: string): SoundIndex {
  const document = openDocument(value);
  if (readText(field(document, "made_by")) !== MADE_BY) return NO_INDEX;
  const sessions = elements(field(document, "sessions")).map(decodeSound);
  refuseProblems(document, path);
  return new Map(sessions);
}

function decodeSound(place: Place) {
  readObject(place);
  const pinned = field(place, "pinned");
  const sound = {
    sight: readText(field(place, "sight")),
    status: readChoice(field(place, "status"), SESSION_STATUSES),
    pinned: pinned.value === null ? null : {
      path: readText(field(pinned, "path")),
      sha256: readText(field(pinned, "sha256")),
    },
  };
  return [readText(field(place, "id")), sound] as const;
}

/** Who judges locks, and may end the looking. */
export interface LookContext extends JudgeContext {
  /** Whether sessions are files; they are unless this is false. */
  readonly hasFiles?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** After so long others of the process get a turn, if one of them may end the looking. */
const TURN_MS = 50;

/**
 * Reads each session that is not known to be sound, one after the other, as there may be thousands;
 * yields at once those of which something may be said.
 */
export async function* lookAtSessions(
  layout: RepositoryLayout,
  ids: readonly string[],
  context: LookContext,
  index: SoundIndex,
): AsyncGenerator<
  SessionView,
  {
    readonly sessions: readonly SessionFacts[];
    readonly seen: readonly DirectoryFacts[];
  }
> {
  const { root } = layout;
  const { signal } = context;
  const startedAtMs = epochMsOf(context.now()) ?? 0;
  const newHash = await loadHash();
  const digest: Digest = (bytes) => {
    const hash = newHash();
    hash.update(bytes);
    return hash.digest("hex");
  };
  const seen: DirectoryFacts[] = [];
  const sessions: SessionFacts[] = [];
  let turnEndsMs = performance.now() + TURN_MS;
  for (const id of ids) {
    if (signal && performance.now() > turnEndsMs) {
      await pause(0, signal);
      turnEndsMs = performance.now() + TURN_MS;
    }
    signal?.throwIfAborted();
    const { directory } = sessionLayout(root, id);
    const facts = directoryFacts(directory, id, context);
    seen.push(facts);
    const sight = lastingSight(facts.sight, startedAtMs);
    const sound = index.get(id);
    const session = sound !== undefined && sound.sight === sight
      ? soundSession(root, id, sound, sight)
      : { ...await sessionFacts(root, id, facts, digest), sight };
    sessions.push(session);
    const { lock, leftover } = facts;
    if (session.isUnchanged && !lock && !leftover) continue;
    yield {
      layout,
      sessions: [session],
      locks: lock ? [lock] : [],
      leftovers: leftover ? [leftover] : [],
    };
  }
  return { sessions, seen };
}

/** Replaces the index if it would tell something else; that it cannot be written hinders nobody. */
export function keepIndex(
  { doctorIndex: path }: RepositoryLayout,
  token: string,
  before: SoundIndex,
  sound: readonly SessionFacts[],
): void {
  const lasting = sound.filter(({ sight }) => sight !== null);
  const isSame = lasting.length === before.size &&
    lasting.every(({ isUnchanged }) => isUnchanged);
  if (isSame || !isGranted({ name: "write", path })) return;
  const sessions = lasting.map(({ id, sight, state }) => {
    const { status, pinned } = state ?? {};
    return { id, sight, status, pinned };
  });
  const text = JSON.stringify({ made_by: MADE_BY, sessions });
  if (text.length > MAX_DOCTOR_INDEX_BYTES) return;
  const staged = `${path}.${token}${TEMPORARY_SUFFIX}`;
  try {
    regularFileAt(path, "replace");
    writeNewFile(staged, text, PRIVATE);
    publish(staged, path);
  } catch {
    // Without it the next run reads all sessions, as this one did.
    discard(staged);
  }
}
