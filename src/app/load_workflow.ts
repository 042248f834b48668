import { OrcError } from "../core/error.ts";
import { decodeUtf8, type JsonObject } from "../core/json.ts";
import { repositoryLayout } from "../core/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../core/limits.ts";
import { resolvePath } from "../core/path.ts";
import { type ParsedWorkflow, parseWorkflow } from "../core/workflow.ts";
import type { Host } from "../host/host.ts";
import { sha256Hex } from "../core/checksum.ts";
import { fileKind, readRegularFile } from "../store/read_file.ts";
import { bundledText } from "./bundled_text.ts";
import type { Repository } from "./open_repository.ts";
import { readWorkflowText } from "./read_workflow_text.ts";

/** A workflow that was read and found valid. */
export interface LoadedWorkflow extends ParsedWorkflow {
  /** The file; null when it is the bundled one. */
  readonly path: string | null;
  readonly sha256: string;
}

/** Which workflow, and what its settings are changed to. */
export interface LoadOptions {
  /** A file other than workflow.yaml. */
  readonly file?: string;
  /** Settings that win over the file's own. */
  readonly overrides?: JsonObject;
}

/** What people are told where the workflow is no file. */
const BUNDLED = "the built-in workflow";

/** Loads the file named, else workflow.yaml, else the bundled workflow for this kind of project. */
export async function loadWorkflow(
  host: Host,
  repository: Repository,
  { file, overrides }: LoadOptions,
): Promise<LoadedWorkflow> {
  if (file !== undefined) {
    return await readWorkflow(locate(host, repository, file), overrides);
  }
  const { workingTree } = repository.found;
  const own = repositoryLayout(workingTree).workflow;
  const bytes = readRegularFile(own, MAX_WORKFLOW_BYTES);
  if (bytes !== undefined) return await decodeWorkflow(bytes, own, overrides);
  const text = new TextEncoder().encode(bundledText(workingTree, overrides));
  const bundled = await decodeWorkflow(text, BUNDLED, overrides);
  return { ...bundled, path: null };
}

/** Reads and parses a workflow file. */
export async function readWorkflow(
  path: string,
  overrides?: JsonObject,
): Promise<LoadedWorkflow> {
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  if (bytes !== undefined) return await decodeWorkflow(bytes, path, overrides);
  throw new OrcError(
    "not_found",
    "no_such_workflow",
    `No workflow file "${path}"`,
    { path, hint: "check the path, or write a workflow.yaml with: orc init" },
  );
}

async function decodeWorkflow(
  bytes: Uint8Array,
  path: string,
  overrides: JsonObject | undefined,
): Promise<LoadedWorkflow> {
  const text = decodeWorkflowBytes(bytes, path);
  const { value, locate } = readWorkflowText(text, path);
  const parsed = parseWorkflow(value, { locate, source: path, overrides });
  return { ...parsed, path, sha256: await sha256Hex(bytes) };
}

/** Decodes a file people write: bytes that are no text are their mistake, not damage. */
export function decodeWorkflowBytes(bytes: Uint8Array, path: string): string {
  try {
    return decodeUtf8(bytes, path);
  } catch (cause) {
    if (!(cause instanceof OrcError)) throw cause;
    throw new OrcError("config", cause.code, cause.message, {
      cause,
      path,
      hint: "save the file as UTF-8",
    });
  }
}

/** A relative file is looked for where the caller is, and then in the repository. */
function locate(host: Host, { found }: Repository, file: string): string {
  const here = resolvePath(host.workingDirectory, file);
  const inRepository = resolvePath(found.workingTree, file);
  return fileKind(here) === "absent" && fileKind(inRepository) !== "absent"
    ? inRepository
    : here;
}
