import { OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import type { NewHash } from "../files/tree.ts";
import { readAdoption } from "../session/adopt.ts";
import { readCurrent } from "../session/binding.ts";
import { decodeState } from "../session/read.ts";
import type { PresentSession } from "./migration_facts.ts";

/** What stands in the new place already. */
export interface ScannedPresent {
  /** Those of the workflows that were asked for. */
  readonly sessions: readonly PresentSession[];
  readonly ids: ReadonlySet<string>;
  readonly hasCurrent: boolean;
}

/** Looks for sessions of these workflows, under whatever id. */
export async function scanPresent(
  layout: RepositoryLayout,
  workflowIds: ReadonlySet<string>,
  newHash: NewHash,
): Promise<ScannedPresent> {
  guardDirectory(layout.root, layout.sessions);
  const ids = namesIn(layout.sessions).filter(isSessionId);
  const sessions: PresentSession[] = [];
  for (const id of workflowIds.size === 0 ? [] : ids) {
    const session = await readPresent(layout, id, workflowIds, newHash);
    if (session !== undefined) sessions.push(session);
  }
  return { sessions, ids: new Set(ids), hasCurrent: hasCurrent(layout) };
}

function hasCurrent(layout: RepositoryLayout): boolean {
  try {
    return readCurrent(layout) !== undefined ||
      fileKind(layout.current) !== "absent";
  } catch (error) {
    // Something is there, even if it names no session.
    if (error instanceof OrcError && error.kind === "corrupt") return true;
    throw error;
  }
}

/** First key of every state, in every shape. */
const WORKFLOW_ID = /"workflow_id"\s*:\s*"([^"\\]*)"/;

async function readPresent(
  layout: RepositoryLayout,
  id: string,
  workflowIds: ReadonlySet<string>,
  newHash: NewHash,
): Promise<PresentSession | undefined> {
  const paths = sessionLayout(layout.root, id);
  try {
    guardDirectory(layout.root, paths.directory);
    const bytes = readRegularFile(paths.state, MAX_STATE_BYTES);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    const workflowId = WORKFLOW_ID.exec(text)?.[1];
    if (workflowId === undefined || !workflowIds.has(workflowId)) {
      return undefined;
    }
    const { state } = await decodeState(text, paths, id);
    const hash = newHash();
    hash.update(bytes);
    return {
      id,
      state,
      stateSha256: hash.digest("hex"),
      adoptedSha256: readAdoption(layout, id) ?? null,
      checkpoints: checkpointSizes(layout, paths.checkpoints),
      hasToolFeedback: fileKind(paths.toolFeedback) !== "absent",
      hasProcessFeedback: fileKind(paths.processFeedback) !== "absent",
    };
  } catch (error) {
    // A damaged session takes its id, and tells nothing else.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

function checkpointSizes(
  { root }: RepositoryLayout,
  directory: string,
): ReadonlyMap<string, number> {
  guardDirectory(root, directory);
  return new Map(
    namesIn(directory).map((name) => [
      name,
      Deno.lstatSync(`${directory}/${name}`).size,
    ]),
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list", directory);
  }
}
