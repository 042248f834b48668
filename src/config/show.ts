import { notFound, type OrcError } from "../base/error.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Config, configFiles, readConfig } from "../settings/files.ts";
import {
  isCounted,
  type Layer,
  type MergedSetting,
  type Origin,
  type Statement,
  valueOf,
} from "../settings/merge.ts";
import {
  expectedOf,
  findSetting,
  isScalarSetting,
  type Setting,
  type SettingValue,
  variableOf,
} from "../settings/settings.ts";
import { namedSetting } from "./change.ts";

/** Which configuration, and what the command line says. */
export interface ConfigOptions extends RepositoryOptions {
  readonly flags?: Layer;
  /** Only what the user's own file says. */
  readonly global?: boolean;
}

/** A value and where it comes from. */
export interface ShownValue {
  readonly name: string;
  /** Null when nothing is set. */
  readonly value: SettingValue | null;
  readonly origin: Origin;
}

/** A setting with all there is to know about it. */
export interface ListedSetting extends ShownValue {
  readonly default: SettingValue | null;
  /** What it can be, for people. */
  readonly expected: string;
  readonly summary: string;
  readonly variable: string;
  readonly since: string;
}

/** What one place says about a setting. */
export interface ShownStatement extends ShownValue {
  /** Whether this is the value that counts. */
  readonly effective: boolean;
  /** Whether it may not count, because it stands in the repository's file. */
  readonly ignored: boolean;
}

/** A file that can hold settings. */
export interface ShownConfigFile {
  readonly path: string;
  readonly level: "user" | "repository";
  /** Whether it is one of the Python tool's, which is only read. */
  readonly legacy: boolean;
  readonly exists: boolean;
}

/** Where, and what is doubtful. */
interface Shown {
  readonly place: Place;
  readonly warnings: readonly string[];
}

/** Finds the value of one setting that counts, or what the user's own file says. */
export async function getSetting(
  host: Host,
  options: ConfigOptions & { readonly name: string },
): Promise<Shown & ShownValue> {
  const { config, ...shown } = await load(host, options);
  const free = options.global ? undefined : workflowValue(options.name, config);
  if (free !== undefined) return { ...shown, warnings: [], ...free };
  const setting = namedSetting(options.name);
  const merged = options.global
    ? ownValue(setting, config)
    : config.settings.find((each) => each.setting === setting);
  const found = merged && shownValue(merged);
  if (!found || found.value === null) throw notSet(setting);
  // What is doubtful elsewhere is not asked for.
  return { ...shown, warnings: [], ...found };
}

/** Lists every setting with the value that counts and where it comes from. */
export async function listSettings(
  host: Host,
  options: ConfigOptions = {},
): Promise<Shown & { readonly settings: readonly ListedSetting[] }> {
  const { config, ...shown } = await load(host, options);
  return { ...shown, settings: config.settings.map(listed) };
}

/** Shows what each place says, the lowest first: files, environment, command line. */
export async function showConfig(
  host: Host,
  options: ConfigOptions = {},
): Promise<Shown & { readonly statements: readonly ShownStatement[] }> {
  const { config, ...shown } = await load(host, options);
  const { files, environment, flags } = config;
  const layers = options.global
    ? files.filter(({ file }) => file.level === "user").map(layerOf)
    : [...files.map(layerOf), environment, flags];
  const effective = new Set(config.settings.map(({ statement }) => statement));
  const statements = layers.flat().map((statement) => ({
    ...shownStatement(statement),
    effective: effective.has(statement),
  }));
  return { ...shown, statements };
}

/** Names the files that settings are read from, the lowest first. */
export function listConfigFiles(
  host: Host,
  options: RepositoryOptions = {},
): { readonly place: Place; readonly files: readonly ShownConfigFile[] } {
  const repository = openRepository(host, options);
  const files = configFiles(host, repository).map(
    ({ path, level, isLegacy }) => ({
      path,
      level,
      legacy: isLegacy,
      exists: fileKind(path) !== "absent",
    }),
  );
  return { place: placeOf(repository, null), files };
}

async function load(
  host: Host,
  options: ConfigOptions,
): Promise<Shown & { readonly config: Config }> {
  const repository = openRepository(host, options);
  const config = await readConfig(host, repository, options.flags);
  const { warnings } = config;
  return { place: placeOf(repository, null), config, warnings };
}

function layerOf({ layer }: { readonly layer: Layer }): Layer {
  return layer;
}

/** What the repository's file holds for a workflow. */
function workflowValue(
  name: string,
  { files }: Config,
): ShownValue | undefined {
  if (findSetting(name) !== undefined) return undefined;
  const own = files.find(({ file }) =>
    file.level === "repository" && !file.isLegacy
  );
  const entry = own?.entries.find(({ key }) => key === name);
  if (own === undefined || entry === undefined) return undefined;
  const { value, line, column } = entry;
  const { level, path } = own.file;
  const origin: Origin = { type: level, path, line, column };
  return isScalarSetting(value) ? { name, value, origin } : undefined;
}

function ownValue(
  setting: Setting,
  { files }: Config,
): MergedSetting | undefined {
  const own = files.find(({ file }) => file.level === "user" && !file.isLegacy);
  const statement = own?.layer.find((each) => each.setting === setting);
  if (statement === undefined) return undefined;
  const { origin, reading } = statement;
  const value = "value" in reading ? reading.value : undefined;
  return { setting, origin, value, statement };
}

function shownValue(merged: MergedSetting): ShownValue {
  const { setting: { name }, origin } = merged;
  return { name, value: valueOf(merged), origin };
}

/** A list shows all that is right, and says what is wrong as a warning. */
function listed({ setting, value, origin }: MergedSetting): ListedSetting {
  const { name, type, summary, since } = setting;
  return {
    name,
    value: value ?? null,
    origin,
    default: setting.default,
    expected: expectedOf(type),
    summary,
    variable: variableOf(setting),
    since,
  };
}

function shownStatement(
  statement: Statement,
): Omit<ShownStatement, "effective"> {
  const { setting, origin, reading } = statement;
  return {
    name: setting.name,
    value: "value" in reading ? reading.value : null,
    origin,
    ignored: !isCounted(statement),
  };
}

function notSet({ name }: Setting): OrcError {
  return notFound("not_set", `Setting "${name}" is not set`, {
    hint: `orc config set ${name} VALUE`,
    details: { setting: name },
  });
}
