import { type JsonObject, jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import { noSuchSession } from "./read.ts";
import { readSessionMeta } from "./session_meta.ts";

/** What people call a session, and what its `meta.json` needs where there is none yet. */
export interface SessionNaming {
  readonly id: string;
  readonly name: string;
  /** When the session started, in local time without offset. */
  readonly startedAtLocal: string;
}

/**
 * Gives a session a name. It stands in `meta.json`, whose other keys stay as they are, as the
 * Python tool leaves those it does not know. A name is no fact of the work: in the state it
 * would need an event, and a closed session could not get one. Returns warnings.
 */
export async function writeSessionName(
  layout: RepositoryLayout,
  context: LockContext,
  { id, name, startedAtLocal }: SessionNaming,
): Promise<readonly string[]> {
  const { directory, meta } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  if (fileKind(directory) === "absent") throw noSuchSession(id, directory);
  const write = (lock: HeldLock): Promise<readonly string[]> => {
    const known = readSessionMeta(meta) ?? newMeta(id, startedAtLocal);
    const text = printJson(withFields(known, { name }), 2);
    const unconfirmed = writeAtomic(meta, new TextEncoder().encode(text), {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
    return Promise.resolve(unconfirmed === undefined ? [] : [unconfirmed]);
  };
  try {
    return await withLock(directory, context, write);
  } catch (error) {
    if (isAbsent(error)) throw noSuchSession(id, directory);
    throw asOrcError(error, "rename the session", directory);
  }
}

function newMeta(id: string, startedAtLocal: string): JsonObject {
  return jsonObject({
    session_id: id,
    created_at: startedAtLocal,
    repo_root: ".",
  });
}
