import {
  conflict,
  denied,
  notFound,
  type OrcError,
  usage,
} from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import { quoted } from "../base/text.ts";
import type { HeldLock } from "../files/lock.ts";
import { isVisible } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import {
  type Config,
  type ConfigFile,
  configFiles,
  isForeignFile,
  isOwnFile,
  parseConfig,
  readConfig,
  readConfigText,
  withUserLock,
  writeConfig,
} from "../settings/files.ts";
import {
  type ConfigLevel,
  flagStatement,
  isCounted,
  isExpectedWorkflowKey,
  isWorkflowKey,
  type Layer,
  meantSetting,
  type Origin,
  type Statement,
  valueOf,
  workflowKeyWarning,
} from "../settings/merge.ts";
import {
  countsInRepository,
  findSetting,
  isScalarSetting,
  meaningOf,
  oneLine,
  readTypedSetting,
  type Setting,
  settingText,
  type SettingValue,
  spellingsOf,
  variableOf,
} from "../settings/settings.ts";

/** What a command line says about a setting, over all that stands in files and in the environment. */
export interface TypedSetting {
  /** Name of the setting. */
  readonly name: string;
  /** How it was said, such as `--no-color`. */
  readonly flag: string;
  /** The value, as typed. */
  readonly text: string;
}

/** Where settings are looked up, and what a command line says besides. */
export interface ConfigOptions extends RepositoryOptions {
  /** What a command line says, the strongest of all. */
  readonly flags?: readonly TypedSetting[];
  /** Only what the user's own file says. */
  readonly global?: boolean;
}

/** A value and where it comes from. */
export interface ShownValue {
  /** Name of the setting. */
  readonly name: string;
  /** Null when nothing is set. */
  readonly value: SettingValue | null;
  /** Who says so. */
  readonly origin: Origin;
}

/** A setting with all there is to know about it. */
export interface ListedSetting extends ShownValue {
  /** What counts where nobody says anything; null for nothing. */
  readonly default: SettingValue | null;
  /** What it can be, for people. */
  readonly expected: string;
  /** What it is for, in one line. */
  readonly summary: string;
  /** The variable that sets it. */
  readonly variable: string;
  /** The version it came with. */
  readonly since: string;
}

/** What one place says about a setting. */
export interface ShownStatement extends ShownValue {
  /** Whether this is the value that counts. */
  readonly effective: boolean;
  /** Whether it may not count, because it stands in the repository's file. */
  readonly ignored: boolean;
}

/** A file that settings are read from. */
export interface ShownConfigFile {
  /** Where it lies, or would. */
  readonly path: string;
  /** Whose settings it holds. */
  readonly level: "user" | "repository";
  /** Whether it is one of the Python tool's, which is only read. */
  readonly legacy: boolean;
  /** Whether it is there, as far as may be seen. */
  readonly exists: boolean;
}

/** What every answer about settings carries. */
export interface Shown {
  /** Whose settings they are; no session. */
  readonly place: Place;
  /** What is doubtful in the files, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Finds the value of one setting that counts, or what the user's own file says.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `unknown_setting` (usage), or `not_set` (not_found)
 */
export async function getSetting(
  host: Host,
  options: ConfigOptions & { readonly name: string },
): Promise<Shown & ShownValue> {
  const { config, place } = await load(host, options);
  const free = options.global ? undefined : workflowValue(options.name, config);
  if (free !== undefined) return { place, warnings: [], ...free };
  const setting = namedSetting(options.name);
  const merged = options.global
    ? ownValue(setting, config)
    : config.settings.find((each) => each.setting === setting);
  const value = merged ? valueOf(merged) : null;
  const { name } = setting;
  if (!merged || value === null) {
    throw notFound("not_set", `Setting "${name}" is not set`, {
      hint: `orc config set ${name} VALUE`,
      details: { setting: name },
    });
  }
  // What is doubtful elsewhere is not asked for.
  return { place, warnings: [], name, value, origin: merged.origin };
}

/**
 * Lists every setting with the value that counts and where it comes from.
 *
 * Requires `--allow-read`.
 */
export async function listSettings(
  host: Host,
  options: ConfigOptions = {},
): Promise<Shown & { readonly settings: readonly ListedSetting[] }> {
  const { config, place, warnings } = await load(host, options);
  return { place, warnings, settings: config.settings.map(listed) };
}

/**
 * Shows what each place says, the lowest first: files, environment, command line.
 *
 * Requires `--allow-read`.
 */
export async function showConfig(
  host: Host,
  options: ConfigOptions = {},
): Promise<Shown & { readonly statements: readonly ShownStatement[] }> {
  const { config, flags, ...shown } = await load(host, options);
  const { global = false } = options;
  const files = config.files.flatMap(({ file, layer }) =>
    global && file.level !== "user" ? [] : layer
  );
  const said = global ? files : [...files, ...config.environment, ...flags];
  const statements = said.map((statement): ShownStatement => ({
    ...shownValue(statement),
    ignored: !isCounted(statement),
    effective: config.settings.includes(statement),
  }));
  return { ...shown, statements };
}

/**
 * Names the files that settings are read from, the lowest first.
 *
 * Requires `--allow-read`.
 */
export function listConfigFiles(
  host: Host,
  options: RepositoryOptions = {},
): { readonly place: Place; readonly files: readonly ShownConfigFile[] } {
  const repository = openRepository(host, options, {});
  const files = configFiles(host, repository).map(
    ({ path, level, isLegacy }) => ({
      path,
      level,
      legacy: isLegacy,
      exists: isVisible(path),
    }),
  );
  return { place: placeOf(repository, null), files };
}

interface Loaded extends Shown {
  readonly config: Config;
  readonly flags: Layer;
}

async function load(host: Host, options: ConfigOptions): Promise<Loaded> {
  const names = { flags: true, global: true, name: true } as const;
  const repository = openRepository(host, options, names);
  const flags = (options.flags ?? []).map(({ name, flag, text }) =>
    flagStatement(namedSetting(name), flag, text)
  );
  const config = await readConfig(host, repository, flags);
  const { warnings } = config;
  return { place: placeOf(repository, null), config, flags, warnings };
}

function workflowValue(
  name: string,
  { files }: Config,
): ShownValue | undefined {
  if (findSetting(name) !== undefined) return undefined;
  const own = ownFile("repository", files);
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
): Statement | undefined {
  const own = ownFile("user", files);
  return own?.layer.find((each) => each.setting === setting);
}

function ownFile(
  level: ConfigLevel,
  files: Config["files"],
): Config["files"][number] | undefined {
  return files.find(({ file }) => isOwnFile(level, file));
}

/** What is wrong is shown as nothing: a warning tells of it. */
function shownValue({ setting, origin, reading }: Statement): ShownValue {
  const value = "value" in reading ? reading.value : null;
  return { name: setting.name, value, origin };
}

function listed(statement: Statement): ListedSetting {
  const { setting } = statement;
  const { type, summary, since } = setting;
  return {
    ...shownValue(statement),
    default: setting.default,
    expected: type.expected,
    summary,
    variable: variableOf(setting),
    since,
  };
}

/** A setting to change, and in whose file. */
export interface ConfigChange extends RepositoryOptions {
  /** Name of the setting. */
  readonly name: string;
  /** The new value, as typed. */
  readonly value: string;
  /** In the user's own file, and not in the repository's. */
  readonly global?: boolean;
}

/** A file with settings after a change. */
export interface ConfigChanged {
  /** Whose settings they are; no session. */
  readonly place: Place;
  /** Name of the setting. */
  readonly name: string;
  /** What the file says now; null when nothing. */
  readonly value: SettingValue | null;
  /** The file. */
  readonly path: string;
  /** Whether the file was written; not if it said so before. */
  readonly changed: boolean;
  /** What is doubtful, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Sets a setting in the repository's file or the user's. Every other line stays as it is,
 * comments too. Many processes may do so at once.
 *
 * Requires `--allow-read` and `--allow-write`, of the home directory for the user's file.
 *
 * @throws {OrcError} `unknown_setting` or `invalid_setting` (usage); `user_setting` (usage) for
 *   what a repository may not say; `approval_required` (denied) if an agent makes it looser
 * @throws {OrcError} `invalid_yaml` (config) if the file cannot be parsed, `foreign_config`
 *   (conflict) if another program keeps its settings there; it is left as it is
 */
export async function setSetting(
  host: Host,
  change: ConfigChange,
): Promise<ConfigChanged> {
  const { setting, key } = target(change);
  const spelling = setting &&
    spellingsOf(setting).find(({ name }) => name === change.name);
  const meant = spelling && meaningOf(spelling, change.value);
  const text = meant ?? change.value;
  const type = setting?.type ?? WORKFLOW_VALUE;
  const reading = readTypedSetting(type, text);
  if ("found" in reading) {
    throw usage(
      "invalid_setting",
      `Cannot set "${key}" to ${reading.found}: expected ${type.expected}`,
      { hint: "orc config list", details: { setting: key } },
    );
  }
  return await apply(host, change, { setting, key, value: reading.value });
}

/** Takes a setting out of the repository's file or the user's, as {@linkcode setSetting} does. */
export async function unsetSetting(
  host: Host,
  change: Omit<ConfigChange, "value">,
): Promise<ConfigChanged> {
  return await apply(host, change, target(change));
}

/**
 * Finds a setting somebody named.
 *
 * @throws {OrcError} `unknown_setting` (usage), with the one that was probably meant
 */
function namedSetting(name: string): Setting {
  const setting = findSetting(name);
  if (setting !== undefined) return setting;
  const meant = meantSetting(name);
  throw usage("unknown_setting", `Unknown setting ${quoted(name)}`, {
    hint: meant === undefined ? "orc config list" : `use ${meant}`,
    details: { setting: name, meant: meant ?? null },
  });
}

/** What a workflow makes of a value is up to it. */
const WORKFLOW_VALUE = oneLine("a text of one line", /^/);

interface Wanted {
  readonly key: string;
  /** Undefined for what only a workflow knows. */
  readonly setting: Setting | undefined;
  readonly value?: SettingValue;
}

/** The entry that is meant; without a setting it is one for the workflow. */
function target(
  { name, global = false }: Pick<ConfigChange, "name" | "global">,
): Omit<Wanted, "value"> {
  const isForWorkflow = !global && findSetting(name) === undefined &&
    isWorkflowKey(name) && meantSetting(name) === undefined;
  if (isForWorkflow) return { key: name, setting: undefined };
  const setting = namedSetting(name);
  return { key: setting.name, setting };
}

async function apply(
  host: Host,
  change: Omit<ConfigChange, "value">,
  wanted: Wanted,
): Promise<ConfigChanged> {
  const names = { global: true, name: true, value: true } as const;
  const repository = openRepository(host, change, names);
  const { global = false } = change;
  const level = global ? "user" : "repository";
  const file = configFiles(host, repository)
    .find((each) => isOwnFile(level, each));
  if (file === undefined) throw noHome();
  assertAllowed(host, wanted, global);
  // What cannot be parsed is refused before anything is made.
  const before = readConfigText(file);
  if (before !== undefined) await parseConfig(before.text, file.path);
  if (isForeignFile(file)) throw foreignConfig(file);
  // Loaded before the lock is taken: others wait for it.
  await import("./edit.ts");
  const work = (lock: HeldLock) => edited(file, wanted, lock);
  const written = global
    ? await withUserLock(
      userLayout(file.base).directory,
      repository.context,
      work,
    )
    : await withPreparedRepository(host, repository, {}, work);
  return {
    place: placeOf(repository, null),
    name: wanted.key,
    value: wanted.value ?? null,
    path: file.path,
    ...written,
    warnings: [...warningsAbout(wanted), ...written.warnings],
  };
}

function foreignConfig({ path, level }: ConfigFile): OrcError {
  return conflict(
    "foreign_config",
    `"${path}" holds the settings of another program`,
    {
      path,
      hint: level === "repository"
        ? "keep yours with --global, or in a variable such as ORCHESTRATOR_COLOR"
        : "use a variable, such as ORCHESTRATOR_COLOR",
    },
  );
}

/** Only the user's own file can be missing from the list. */
export function noHome(): OrcError {
  return notFound(
    "no_home",
    "Cannot find your own settings: HOME names no directory",
    "set HOME to your home directory",
  );
}

async function edited(
  file: ConfigFile,
  { setting, key: name, value }: Wanted,
  lock: HeldLock,
): Promise<Pick<ConfigChanged, "changed" | "warnings">> {
  const { editConfig } = await import("./edit.ts");
  const { mark, text: before } = readConfigText(file) ?? { mark: "", text: "" };
  const spellings = setting === undefined ? [{ name }] : spellingsOf(setting);
  const present = new Set(
    (await parseConfig(before, file.path)).map(({ key }) => key),
  );
  let text = before;
  // An alias that stays would come back when the setting is taken out.
  for (const { name: key } of spellings) {
    const isSet = key === name && value !== undefined;
    if (!isSet && !present.has(key)) continue;
    const edit = isSet ? { key, value } : { key };
    text = await editConfig(text, file.path, edit);
  }
  if (text === before) return { changed: false, warnings: [] };
  return { changed: true, warnings: writeConfig(file, mark + text, lock) };
}

/** A repository may not say everything, and an agent may make things stricter for itself alone. */
function assertAllowed(
  host: Host,
  { setting, value }: Wanted,
  global: boolean,
): void {
  if (setting === undefined) return;
  const { name, inRepository } = setting;
  const isStrict = value !== undefined && countsInRepository(setting, value);
  if (inRepository === undefined || isStrict) return;
  const change = value === undefined
    ? `orc config unset ${name}`
    : `orc config set ${name} ${JSON.stringify(value)}`;
  // Before anything else: to be sent elsewhere only to be refused there helps nobody.
  if (host.caller().agent !== null) {
    throw denied(
      "approval_required",
      `Cannot change "${name}": only a human may, and not an agent`,
      `ask a human to run ${change}${value === undefined ? "" : " --global"}`,
    );
  }
  if (global || value === undefined) return;
  throw usage(
    "user_setting",
    `Cannot set "${name}" to ${
      quoted(settingText(value))
    } for the repository: that counts only in your own file`,
    `${change} --global`,
  );
}

function warningsAbout({ key, setting, value }: Wanted): readonly string[] {
  const isTold = setting !== undefined || value === undefined ||
    isExpectedWorkflowKey(key);
  return isTold ? [] : [workflowKeyWarning(key)];
}
