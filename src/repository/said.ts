/** What files beside the workflow say for it, and whether that was committed: what people review is what they can see. */
import { misconfigured, orElse } from "../base/error.ts";
import { decodeUtf8, type JsonObject, type JsonValue } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { canonicalJson } from "../base/json_print.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { isFileTracked } from "../files/git_index.ts";
import { guardPath, readRegularFile } from "../files/read.ts";
import { asConfigError, isForeignFile } from "../settings/files.ts";
import { SETTINGS } from "../settings/settings.ts";
import { findWrongSettings } from "../workflow/parse.ts";
import { entriesOf, readMapping } from "../workflow/value.ts";
import { readWorkflowText } from "../workflow/yaml.ts";
import type { Repository } from "./open.ts";
import type { Said } from "./overrides.ts";

/** Reads what the commit that is checked out has of a file; undefined where it has none, or git cannot tell. */
export type ReadCommitted = (path: string) => Promise<Uint8Array | undefined>;

/** What a flag says; nothing without one. */
export function saidByFlag(
  name: string,
  flag: string,
  value: string | undefined,
): readonly (readonly [string, Said])[] {
  return value ? [[name, { value, origin: flag, isCommitted: false }]] : [];
}

export function valuesOf(said: ReadonlyMap<string, Said>): JsonObject {
  return new Map(Array.from(said, ([name, { value }]) => [name, value]));
}

/** The Python tool's flat overrides of settings, in a file beside workflow.yaml, or moved in. */
export function readOverrides(repository: Repository): JsonObject {
  return new Map(filesOf(repository).flatMap(({ settings }) => [...settings]));
}

/**
 * The same, each with its file. What git's index names is not committed by that: an agent may put a file
 * there that nobody looked at. So each value counts as committed only where the commit says the same.
 */
export async function readSaid(
  repository: Repository,
  readCommitted: ReadCommitted,
): Promise<ReadonlyMap<string, Said>> {
  const said = new Map<string, Said>();
  for (const { settings, ...file } of filesOf(repository)) {
    const { root, path } = file;
    if (settings.size === 0) continue;
    // Git need not run for what even its index does not know.
    const bytes = isFileTracked(root, path) === false
      ? undefined
      : await readCommitted(path);
    const committed = settingsAsCommitted(bytes, file);
    for (const [name, value] of settings) {
      const isCommitted = doSay(committed, name, value);
      said.set(name, { value, origin: path, isCommitted });
    }
  }
  return said;
}

/** Settings of a file as it was committed; none where they could not be used. */
export function settingsAsCommitted(
  bytes: Uint8Array | undefined,
  source: Source,
): JsonObject {
  return bytes === undefined
    ? new Map()
    : orElse(() => settingsIn(bytes, source), () => new Map());
}

/** Whether the settings of a file, as it was committed, say this. */
export function doSay(
  committed: JsonObject,
  name: string,
  value: JsonValue,
): boolean {
  const said = committed.get(name);
  return said !== undefined && canonicalJson(said) === canonicalJson(value);
}

interface SettingsFile {
  /** No link is followed below this directory. */
  readonly root: string;
  readonly path: string;
  readonly isLegacy: boolean;
  readonly settings: JsonObject;
}

type Source = Pick<SettingsFile, "path" | "isLegacy">;

/** The lowest first. */
function filesOf({ found, layout }: Repository): readonly SettingsFile[] {
  const { legacyOverrides } = repositoryLayout(found.workingTree);
  guardPath(layout.root, layout.config);
  return [
    { root: found.root, path: layout.config, isLegacy: false },
    { root: found.workingTree, path: legacyOverrides, isLegacy: true },
  ].map((file) => ({ ...file, settings: readFlatSettings(file) }));
}

function readFlatSettings(source: Source): JsonObject {
  if (isForeignFile({ level: "repository", ...source })) return new Map();
  const bytes = readRegularFile(source.path, MAX_WORKFLOW_BYTES);
  return bytes === undefined ? new Map() : settingsIn(bytes, source);
}

/** The Python tool has no `check_environment`; whose yes counts, only the workflow itself says. */
const NOT_OLDER = ["check_environment", "approvals", "approvers"];
/** Those of orc itself are no part of a workflow. */
const NOT_MOVED = [...SETTINGS.map(({ name }) => name), "approvers"];

/** What a workflow takes from a file: nothing that would let who can write the file loosen it. */
function settingsIn(
  bytes: Uint8Array,
  { path, isLegacy }: Source,
): JsonObject {
  const settings = new Map(flatSettings(bytes, path));
  for (const name of isLegacy ? NOT_OLDER : NOT_MOVED) settings.delete(name);
  return settings;
}

function flatSettings(bytes: Uint8Array, path: string): JsonObject {
  const text = decodeText(bytes, path);
  const { value } = readWorkflowText(text, path);
  if (value === null || value === undefined) return new Map();
  const { mapping: settings, problems } = readMapping(value, ["settings"]);
  const isMapping = entriesOf(value) !== undefined;
  const [wrong] = findWrongSettings(settings);
  const problem = !isMapping || problems.length > 0
    ? "does not hold settings, one KEY: VALUE a line"
    : wrong && `is not valid: ${wrong.path.at(-1)}: ${wrong.message}`;
  if (problem === undefined) return settings;
  throw misconfigured("invalid_overrides", `"${path}" ${problem}`, {
    path,
    hint: "correct the file or remove it",
  });
}

/** Decodes a file people write: bytes that are no text are their mistake, not damage. */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return decodeUtf8(bytes, path);
  } catch (cause) {
    throw asConfigError(cause, "save the file as UTF-8");
  }
}
