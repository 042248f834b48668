import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { relativePath, resolvePath } from "../base/path.ts";
import { fillSessionName } from "../base/session_name.ts";
import { isVersionRange } from "../base/version_range.ts";
import { fileKind, readRegularFile, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { asConfigError } from "../settings/config_error.ts";
import { type ParsedWorkflow, parseWorkflow } from "../workflow/parse.ts";
import { readWorkflowText } from "../workflow/read_workflow_text.ts";
import { entriesOf } from "../workflow/value.ts";
import { bundledText } from "./bundled_text.ts";
import type { Repository } from "./open.ts";
import { versionRefusal } from "./orc_version.ts";

/** A workflow that was read and found valid. */
export interface LoadedWorkflow extends ParsedWorkflow {
  /** The file; null when it is the bundled one. */
  readonly path: string | null;
  readonly sha256: string;
}

/** What is changed in a workflow file while it is read. */
export interface Changes {
  /** Settings that win over the file's own. */
  readonly overrides?: JsonObject;
  /** Name of the session that will follow the workflow; a file is checked without one. */
  readonly sessionName?: string;
}

/** Which workflow, and what is changed in it. */
export interface LoadOptions extends Changes {
  /** A file other than workflow.yaml. */
  readonly file?: string;
}

/** What people are told where the workflow is no file. */
const BUNDLED = "the built-in workflow";

/** What a session might be called, where no session follows the workflow yet. */
const SAMPLE_NAME = "task-0000";

/** Loads the file named, else workflow.yaml, else the bundled workflow for this kind of project. */
export async function loadWorkflow(
  host: Host,
  repository: Repository,
  { file, ...changes }: LoadOptions,
): Promise<LoadedWorkflow> {
  const { workingTree } = repository.found;
  if (file !== undefined) {
    return await readWorkflow(locate(host, repository, file), changes);
  }
  const own = insideTree(repositoryLayout(workingTree).workflow, workingTree);
  const bytes = readWorkflowFile(own);
  if (bytes !== undefined) return await decodeWorkflow(bytes, own, changes);
  const text = bundledText(workingTree, changes.overrides);
  const encoded = new TextEncoder().encode(text);
  const bundled = await decodeWorkflow(encoded, BUNDLED, changes);
  return { ...bundled, path: null };
}

/** Reads and parses a workflow file. */
export async function readWorkflow(
  path: string,
  changes: Changes = {},
): Promise<LoadedWorkflow> {
  const bytes = readWorkflowFile(path);
  if (bytes !== undefined) return await decodeWorkflow(bytes, path, changes);
  throw new OrcError(
    "not_found",
    "no_such_workflow",
    `No workflow file "${path}"`,
    { path, hint: "check the path, or write a workflow.yaml with: orc init" },
  );
}

/** Where workflow.yaml is a link, follows it as long as it stays in the repository. */
function insideTree(path: string, tree: string): string {
  if (fileKind(path) !== "symlink") return path;
  const real = realOrGiven(path);
  if (relativePath(realOrGiven(tree), real) !== undefined) return real;
  throw new OrcError(
    "config",
    "leaves_repository",
    `"${path}" is a symbolic link that leaves the repository`,
    { path, hint: "put a file there, or name another one: orc start -w FILE" },
  );
}

/** What is no readable file is a mistake in the configuration, not damage to the state. */
function readWorkflowFile(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, MAX_WORKFLOW_BYTES);
  } catch (cause) {
    throw asConfigError(cause, "put a regular YAML file there, below 1 MiB");
  }
}

async function decodeWorkflow(
  bytes: Uint8Array,
  path: string,
  { overrides, sessionName = SAMPLE_NAME }: Changes,
): Promise<LoadedWorkflow> {
  const text = fillSessionName(decodeWorkflowBytes(bytes, path), sessionName);
  const { value, locate } = readWorkflowText(text, path);
  const sha256 = await sha256Hex(bytes);
  try {
    const parsed = parseWorkflow(value, { locate, source: path, overrides });
    return { ...parsed, path, sha256 };
  } catch (problems) {
    // What is wrong to this orc may be right to the one that the file asks for.
    throw await versionRefusal({ orc: rangeIn(value) }, path) ?? problems;
  }
}

/** The range of versions in a file that may be no workflow. */
function rangeIn(value: unknown): string | null {
  const range = new Map(entriesOf(value)).get("orc");
  return typeof range === "string" && isVersionRange(range) ? range : null;
}

/** Decodes a file people write: bytes that are no text are their mistake, not damage. */
export function decodeWorkflowBytes(bytes: Uint8Array, path: string): string {
  try {
    return decodeUtf8(bytes, path);
  } catch (cause) {
    throw asConfigError(cause, "save the file as UTF-8");
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
