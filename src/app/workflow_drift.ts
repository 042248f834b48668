import { MAX_WORKFLOW_BYTES } from "../core/limits.ts";
import { sha256Hex } from "../core/checksum.ts";
import { readRegularFile } from "../store/read_file.ts";
import { OrcError } from "../core/error.ts";
import type { OpenedSession } from "./open_session.ts";

/** Says so when the file a workflow was pinned from is not what it was at start. */
export async function workflowDrift(
  { session }: OpenedSession,
): Promise<readonly string[]> {
  const { metadata } = session.state;
  const path = metadata.get("workflow_yaml_path");
  const pinned = metadata.get("workflow_yaml_checksum");
  if (typeof path !== "string" || typeof pinned !== "string") return [];
  const now = await checksumNow(path);
  if (now === undefined || now.startsWith(pinned)) return [];
  return [
    `"${path}" has changed since the session started; the session keeps its own copy`,
  ];
}

/** Undefined where the file cannot be compared: the answer does not depend on it. */
async function checksumNow(path: string): Promise<string | undefined> {
  try {
    const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
    return bytes === undefined ? undefined : await sha256Hex(bytes);
  } catch (error) {
    if (error instanceof OrcError) return undefined;
    throw error;
  }
}
