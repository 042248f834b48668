import { sha256Hex } from "../base/checksum.ts";
import { misconfigured, notFound, orElse } from "../base/error.ts";
import {
  type JsonObject,
  jsonObject,
  type JsonValue,
  withFields,
} from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { fillSessionName } from "../base/names.ts";
import { isWithin, nameOf, relativePath, resolvePath } from "../base/path.ts";
import { isVersionRange } from "../base/version.ts";
import { butThereIs } from "../files/near.ts";
import { fileKind, readRegularFile, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  asConfigError,
  type ConfigSite,
  readSetting,
} from "../settings/files.ts";
import { originText, valueOf } from "../settings/merge.ts";
import { encodeDefinition } from "../workflow/encode.ts";
import { foreignWorkflow } from "../workflow/foreign.ts";
import { type ParsedWorkflow, parseWorkflow } from "../workflow/parse.ts";
import {
  invalidWorkflow,
  type Path,
  placeProblem,
  type Problem,
} from "../workflow/problem.ts";
import { fillTexts } from "../workflow/template.ts";
import type { Layer } from "../workflow/layer.ts";
import type { Workflow } from "../workflow/types.ts";
import { entriesOf, keysAtMargin } from "../workflow/value.ts";
import { readWorkflowText } from "../workflow/yaml.ts";
import type { IncludeReach, ResolvedText } from "./include.ts";
import type { Repository } from "./open.ts";
import {
  BUNDLED,
  encodeOverrides,
  looseningRefused,
  type Override,
  OVERRIDES_KEY,
  overridesOf,
  type Said,
  WORKFLOW_FLAG,
  WORKFLOW_NAME,
} from "./overrides.ts";
import { foreignIn, otherNames, passing } from "./passed_over.ts";
import {
  decodeText,
  type ReadCommitted,
  readSaid,
  saidByFlag,
  valuesOf,
} from "./said.ts";
import { versionRefusal } from "./version.ts";

export interface LoadedWorkflow extends ParsedWorkflow {
  /** The file; null when it is the bundled one. */
  readonly path: string | null;
  readonly sha256: string;
  /** What is not checked although it might be, each a sentence with a way on. */
  readonly unchecked: readonly string[];
  /** Where all of it stands, where it includes other files or that was asked for. */
  readonly placed?: ResolvedText;
}

export interface LoadOptions {
  /** A file other than workflow.yaml. */
  readonly file?: string;
  /** Refuses a workflow.yaml of another program, which else is passed over for the bundled one. */
  readonly isStrict?: boolean;
  /** Settings that win over the file's own. */
  readonly overrides?: JsonObject;
  /** Name of the session that will follow the workflow; a file is checked without one. */
  readonly sessionName?: string;
  /** Whether a server may be asked for a file that is included and not kept here. */
  readonly mayFetch?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Whether it is to be told where each item stands, also if no other file is included. */
  readonly isPlaced?: boolean;
}

interface Changes
  extends Pick<LoadOptions, "overrides" | "sessionName" | "isPlaced"> {
  /** From where files are included; without it, none is. */
  readonly reach?: IncludeReach;
}

/** What a session might be called, where no session follows the workflow yet. */
export const SAMPLE_NAME = "task-0000";

/** Loads the file named, else workflow.yaml, else the bundled workflow for this kind of project. */
export async function loadWorkflow(
  host: Host,
  repository: Repository,
  { file, isStrict = false, mayFetch = false, signal, ...said }: LoadOptions,
): Promise<LoadedWorkflow> {
  const { workingTree } = repository.found;
  const reach = { host, tree: workingTree, mayFetch, signal };
  const changes = { ...said, reach };
  if (file !== undefined) {
    return await readWorkflow(locate(host, repository, file), changes);
  }
  const own = insideTree(repositoryLayout(workingTree).workflow, workingTree);
  const bytes = readWorkflowFile(own);
  const passedOver: Problem[] = [];
  if (bytes === undefined) passedOver.push(...otherNames(own));
  else {
    try {
      return await decodeWorkflow(bytes, own, changes);
    } catch (error) {
      const foreign = isStrict ? undefined : foreignIn(error);
      if (foreign === undefined) throw error;
      const { line, column, message } = foreign;
      const what = `Used in place of "${own}:${line}:${column}": ${message}`;
      passedOver.push(passing(foreign.code, what));
    }
  }
  const { bundleFor } = await import("./bundle.ts");
  const bundle = bundleFor(
    workingTree,
    changes.overrides,
    changes.sessionName === undefined ? "looked at" : "started",
  );
  const encoded = new TextEncoder().encode(bundle.text);
  const bundled = await decodeWorkflow(encoded, BUNDLED, changes);
  const warnings = [...passedOver, ...bundled.warnings];
  return { ...bundled, path: null, warnings, unchecked: bundle.warnings };
}

export async function readWorkflow(
  path: string,
  changes: Changes = {},
): Promise<LoadedWorkflow> {
  const bytes = readWorkflowFile(path);
  if (bytes !== undefined) return await decodeWorkflow(bytes, path, changes);
  const near = butThereIs("/", path);
  throw notFound("no_such_workflow", `No workflow file "${path}"${near}`, {
    path,
    hint: "check the path, or write a workflow.yaml with: orc init",
  });
}

/** Where workflow.yaml is a link, follows it as long as it stays in the repository. */
function insideTree(path: string, tree: string): string {
  if (fileKind(path) !== "symlink") return path;
  const real = realOrGiven(path);
  if (isWithin(realOrGiven(tree), real)) return real;
  throw misconfigured(
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

/** Reads a workflow from the bytes of its file, which `path` names where something is wrong in it. */
export async function decodeWorkflow(
  bytes: Uint8Array,
  path: string,
  changes: Changes,
): Promise<LoadedWorkflow> {
  const { overrides, sessionName = SAMPLE_NAME } = changes;
  const text = fillSessionName(decodeText(bytes, path), sessionName);
  const { value, locate } = readOwnText(text, path);
  const sha256 = await sha256Hex(bytes);
  try {
    const layer = { source: path, value, locate };
    const placed = await placedIn(layer, { ...changes, sessionName });
    const whole = placed ?? layer;
    const options = { locate: whole.locate, source: path, overrides };
    const parsed = parseWorkflow(whole.value, options);
    return { ...parsed, path, sha256, unchecked: [], placed };
  } catch (problems) {
    // What is wrong to this orc may be right to the one that the file asks for.
    throw await versionRefusal({ orc: rangeIn(value) }, path) ?? problems;
  }
}

/** Loaded only where a file includes others, or where it is asked for. */
async function placedIn(
  layer: Layer,
  { reach, sessionName, isPlaced = false }:
    & Changes
    & { readonly sessionName: string },
): Promise<ResolvedText | undefined> {
  const keys = new Map(entriesOf(layer.value));
  const isAlone = !keys.has("include") && !keys.has("overlay") && !isPlaced;
  if (isAlone || reach === undefined) return undefined;
  const { resolveIncludes } = await import("./include.ts");
  return await resolveIncludes(layer, reach, sessionName);
}

/** Reads YAML; what cannot be parsed may be another program's, with tags or documents of its own. */
function readOwnText(
  text: string,
  path: string,
): ReturnType<typeof readWorkflowText> {
  try {
    return readWorkflowText(text, path);
  } catch (error) {
    const keys = keysAtMargin(text).map((key) => [key, null] as const);
    const foreign = foreignWorkflow(new Map(keys));
    if (foreign === undefined) throw error;
    const lines = text.split("\n");
    const locate = ([key]: Path) => ({
      line: lines.findIndex((line) => keysAtMargin(line).includes(`${key}`)) +
        1,
      column: 1,
    });
    throw invalidWorkflow([placeProblem(foreign, locate)], path);
  }
}

/** The range of versions in a file that may be no workflow. */
function rangeIn(value: unknown): string | null {
  const range = new Map(entriesOf(value)).get("orc");
  return typeof range === "string" && isVersionRange(range) ? range : null;
}

/** A relative file is looked for where the caller is, and then in the repository. */
function locate(host: Host, { found }: Repository, file: string): string {
  const here = resolvePath(host.workingDirectory, file);
  const inRepository = resolvePath(found.workingTree, file);
  return fileKind(here) === "absent" && fileKind(inRepository) !== "absent"
    ? inRepository
    : here;
}

/** Which workflow a session follows, and with which commands. */
export interface WorkflowChoice {
  /** A file other than workflow.yaml, in the working directory or repository. */
  readonly file?: string;
  /** Wins over the setting `test_command` of the file. */
  readonly testCommand?: string;
  /** Wins over the setting `build_command` of the file. */
  readonly buildCommand?: string;
}

/** A workflow as a session keeps it. */
export interface PinnedWorkflow extends LoadedWorkflow {
  readonly definition: JsonValue;
  /** Where it came from, in the Python tool's keys, and what else decides. */
  readonly metadata: JsonObject;
  /** What decides besides the file. */
  readonly overrides: readonly Override[];
}

/** For whom a workflow is pinned, and what was reviewed. */
export interface Pinning {
  readonly sessionName: string;
  readonly readCommitted: ReadCommitted;
  /** Whether a server may be asked for a file that is included and not kept here. */
  readonly mayFetch?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Loads a workflow with its overrides, ready to be pinned into a session. Reads only. */
export async function pinWorkflow(
  host: Host,
  repository: Repository,
  { file, testCommand, buildCommand }: WorkflowChoice,
  { sessionName, readCommitted, mayFetch, signal }: Pinning,
): Promise<PinnedWorkflow> {
  const said = new Map([
    ...await readSaid(repository, readCommitted),
    ...saidByFlag("test_command", "--test-command", testCommand),
    ...saidByFlag("build_command", "--build-command", buildCommand),
  ]);
  const overridden = valuesOf(said);
  const how = { sessionName, mayFetch, signal };
  const options = { file, overrides: overridden, ...how };
  const loaded = await loadWorkflow(host, repository, options);
  await assertOrcFits(loaded.workflow, loaded.path);
  const workflow = await withSupervision(
    host,
    repository,
    loaded.workflow,
    { isOwnWord: loaded.path !== null || said.has(MODE), said },
  );
  const overrides = [
    ...await otherWorkflow(repository, loaded),
    ...said.size === 0
      ? []
      : overridesOf(await ownWorkflow(host, repository, options), said),
  ];
  refuseLoosening(host, overrides);
  const unused = [
    ...unusedCommand(loaded, "test_command", testCommand),
    ...unusedCommand(loaded, "build_command", buildCommand),
  ];
  return {
    ...loaded,
    unchecked: [...loaded.unchecked, ...unused, ...unreviewed(loaded)],
    workflow: fillTexts(workflow),
    definition: encodeDefinition(workflow),
    overrides,
    metadata: jsonObject({
      workflow_yaml_path: loaded.path,
      workflow_yaml_checksum: loaded.sha256.slice(0, 16),
      ...includesOf(loaded),
      ...(overrides.length > 0
        ? { [OVERRIDES_KEY]: encodeOverrides(overrides) }
        : {}),
    }),
  };
}

/** Key under which a session keeps which files its workflow was made of. */
const INCLUDES_KEY = "includes";

function includesOf({ placed }: LoadedWorkflow): Record<string, JsonValue> {
  const files = placed?.files ?? [];
  if (files.length === 0) return {};
  const kept = files.map(({ source, sha256 }) =>
    jsonObject({ source, sha256 })
  );
  return { [INCLUDES_KEY]: kept };
}

/** What lies outside can change without any commit of the repository. */
function unreviewed({ placed }: LoadedWorkflow): readonly string[] {
  return (placed?.files ?? []).filter(({ isReviewed }) => !isReviewed)
    .map(({ source }) =>
      `"${source}" lies outside of the repository, which has no commit that says what it held: with --base, orc verify says so too`
    );
}

/** Says so where another file was named than the one that the repository has for everybody. */
async function otherWorkflow(
  { found: { workingTree } }: Repository,
  { path, sha256 }: LoadedWorkflow,
): Promise<readonly Override[]> {
  if (path === null) return [];
  const own = repositoryLayout(workingTree).workflow;
  if (realOrGiven(own) === realOrGiven(path)) return [];
  const read = () => readRegularFile(own, MAX_WORKFLOW_BYTES);
  const bytes = orElse(read, () => new Uint8Array());
  if (bytes !== undefined && await sha256Hex(bytes) === sha256) return [];
  const isOwn = bytes !== undefined &&
    await decodeWorkflow(bytes, own, {}).then(
      () => true,
      (error) => foreignIn(error) === undefined,
    );
  return [{
    name: WORKFLOW_NAME,
    value: relativePath(workingTree, path) ?? path,
    said: isOwn ? nameOf(own) : BUNDLED,
    origin: WORKFLOW_FLAG,
    loosens: false,
  }];
}

/** The workflow as it is by itself. */
async function ownWorkflow(
  host: Host,
  repository: Repository,
  options: LoadOptions,
): Promise<Workflow> {
  const own = { ...options, overrides: new Map() };
  return (await loadWorkflow(host, repository, own)).workflow;
}

/** What was reviewed holds for agents; a human may do otherwise, and the session says so. */
function refuseLoosening(host: Host, overrides: readonly Override[]): void {
  const looser = overrides.find(({ loosens }) => loosens);
  if (looser && host.caller().agent !== null) throw looseningRefused(looser);
}

/** Says so where a command was given that no check runs: who gave it counts on it. */
function unusedCommand(
  { workflow, path }: LoadedWorkflow,
  name: string,
  given: string | undefined,
): readonly string[] {
  const reference = `{{${name}}}`;
  const isUsed = workflow.phases.some(({ items }) =>
    items.some(({ verification }) =>
      verification.type === "command" &&
      (verification.command.includes(reference) ||
        verification.command === given)
    )
  );
  return !given || isUsed ? [] : [
    `"${name}" has no effect: no check in ${path ?? BUNDLED} runs ${reference}`,
  ];
}

export async function assertOrcFits(
  demand: Pick<Workflow, "orc">,
  path: string | null,
): Promise<void> {
  const refusal = await versionRefusal(demand, path);
  if (refusal !== undefined) throw refusal;
}

const MODE = "supervision_mode";

/**
 * Lets the settings say who passes manual gates, where the workflow does not; the bundled one never
 * does.
 */
async function withSupervision(
  host: Host,
  site: ConfigSite,
  workflow: Workflow,
  { isOwnWord, said }: {
    readonly isOwnWord: boolean;
    /** Takes what the settings say. */
    readonly said: Map<string, Said>;
  },
): Promise<Workflow> {
  const isSaid = workflow.settings.has(MODE);
  if (isSaid && isOwnWord) return workflow;
  const statement = await readSetting(host, site, MODE);
  const mode = valueOf(statement);
  // Nobody has to read in a workflow what is so anyway.
  if (!isSaid && mode === "supervised") return workflow;
  const { origin } = statement;
  const by = origin.type === "default" ? "default" : originText(origin);
  // A repository's file names only the strictest mode here, whoever wrote it.
  said.set(MODE, { value: String(mode), origin: by, isCommitted: false });
  const settings = withFields(workflow.settings, { [MODE]: String(mode) });
  return { ...workflow, settings };
}
