import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { leadsOut, relativePath } from "../base/path.ts";
import { guardPath, readRegularFile } from "../files/read.ts";
import type { FoundRoot } from "../files/root.ts";
import type { OpenedSession } from "../repository/select.ts";

/** Says so when the file a workflow was pinned from is not what it was at start. */
export async function workflowDrift(
  { session, repository: { found } }: OpenedSession,
): Promise<readonly string[]> {
  const { metadata } = session.state;
  const path = metadata.get("workflow_yaml_path");
  const pinned = metadata.get("workflow_yaml_checksum");
  if (typeof path !== "string" || typeof pinned !== "string") return [];
  const now = await checksumNow(found, path);
  if (now === undefined || now.startsWith(pinned)) return [];
  return [
    `"${path}" has changed since the session started; the session keeps its own copy`,
  ];
}

/**
 * The hash of the file that a session says its workflow came from; undefined where it cannot be
 * compared: the answer does not depend on it. A session may come from elsewhere: what it names is
 * opened here or nowhere.
 */
export async function checksumNow(
  { workingTree, root }: FoundRoot,
  path: string,
): Promise<string | undefined> {
  const tree = [workingTree, root].find((each) =>
    !leadsOut(relativePath(each, path) || "..")
  );
  if (tree === undefined) return undefined;
  try {
    guardPath(tree, path);
    const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
    return bytes === undefined ? undefined : await sha256Hex(bytes);
  } catch (error) {
    if (error instanceof OrcError) return undefined;
    throw error;
  }
}
