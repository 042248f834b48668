import { denied, misconfigured, onRefusal, OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  userLayout,
} from "../base/layout.ts";
import { LOCK_TIMEOUT_MS, MAX_CONFIG_BYTES } from "../base/limits.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import { shellWord } from "../base/text.ts";
import { asOrcError, isAbsent, isTaken } from "../files/errors.ts";
import { type HeldLock, type LockContext, withLock } from "../files/lock.ts";
import {
  fileKind,
  guardDirectory,
  guardPath,
  isVisible,
  readBeginning,
  readRegularFile,
  realOrGiven,
} from "../files/read.ts";
import { makeDirectory, syncDirectory, writeAtomic } from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import { foreignNamesIn } from "../session/ownership.ts";
import { describeValue, scalarText } from "../workflow/value.ts";
import {
  type ConfigEntry,
  type ConfigLevel,
  type ConfigSource,
  configWarnings,
  environmentLayer,
  fileLayer,
  ignoredWarning,
  isCounted,
  isForeignText,
  type Layer,
  mergeSetting,
  readFlatYaml,
  type Statement,
  valueOf,
  wrongStatement,
} from "./merge.ts";
import {
  type Setting,
  type SettingName,
  settingNamed,
  SETTINGS,
  type SettingValue,
} from "./settings.ts";

export interface ConfigFile extends ConfigSource {
  /** No link is followed below this directory. */
  readonly base: string;
}

export interface ConfigSite {
  readonly layout: RepositoryLayout;
  /** The linked worktree of the caller, or the root. */
  readonly found: { readonly workingTree: string };
}

export function siteAt(root: string): ConfigSite {
  return { layout: repositoryLayout(root), found: { workingTree: root } };
}

/**
 * All files that settings are read from, there or not; the last wins, the Python tool's are the
 * lowest.
 */
export function configFiles(
  host: Host,
  site: ConfigSite | undefined,
): readonly ConfigFile[] {
  const files: ConfigFile[] = [];
  const base = host.homeDirectory();
  if (base !== undefined) {
    const level = "user";
    const { legacyConfig, config: path } = userLayout(base);
    files.push({ level, base, path: legacyConfig, isLegacy: true });
    files.push({ level, base, path, isLegacy: false });
  }
  if (site !== undefined) {
    const level = "repository";
    const { layout: { root, config: path }, found: { workingTree } } = site;
    const { legacyOverrides } = repositoryLayout(workingTree);
    files.push(
      { level, base: workingTree, path: legacyOverrides, isLegacy: true },
      { level, base: root, path, isLegacy: false },
    );
  }
  return files;
}

/** Whether a file is the one of its level that orc writes settings to. */
export function isOwnFile(level: ConfigLevel, file: ConfigSource): boolean {
  return file.level === level && !file.isLegacy;
}

/** Those of the files that exist and may be looked at; one lstat each. */
export function existing(files: readonly ConfigFile[]): readonly ConfigFile[] {
  const there = files.filter(({ path }) => isVisible(path));
  if (there.length < 2) return there;
  // Where the home is a repository, its file is the user's.
  const users = there.filter(({ level }) => level === "user")
    .map(({ path }) => realOrGiven(path));
  return there.filter(({ level, path }) =>
    level === "user" || !users.includes(realOrGiven(path))
  );
}

/** Files of the Python tool that settings are still read from: what doctor tells about. */
export function legacyConfigFiles(
  host: Host,
  site: ConfigSite | undefined,
): readonly string[] {
  return existing(configFiles(host, site))
    .filter((file) => file.isLegacy && !isForeignFile(file))
    .map(({ path }) => path);
}

interface ReadConfigFile {
  readonly file: ConfigFile;
  readonly entries: readonly ConfigEntry[];
  readonly layer: Layer;
}

export interface Config {
  readonly settings: readonly Statement[];
  /** Files that exist, the lowest first. */
  readonly files: readonly ReadConfigFile[];
  readonly environment: Layer;
  /** What is doubtful in the files and in the environment. */
  readonly warnings: readonly string[];
}

/** A host may be an object of a class: it is asked as one. */
function environmentOf(host: Host, settings?: readonly Setting[]): Layer {
  return environmentLayer((name) => variableOf(host, name), settings);
}

/**
 * Reads the configuration. Flags are what the command line says.
 *
 * @throws {OrcError} config if a file cannot be parsed, corrupt if it is a link
 */
export async function readConfig(
  host: Host,
  site: ConfigSite | undefined,
  flags: Layer = [],
): Promise<Config> {
  const files = await readConfigFiles(host, site);
  const environment = environmentOf(host);
  const layers = [...files.map(({ layer }) => layer), environment, flags];
  return {
    settings: SETTINGS.map((setting) => mergeSetting(setting, layers)),
    files,
    environment,
    warnings: [
      ...files.flatMap(({ file, entries, layer }) =>
        configWarnings(file, entries, layer)
      ),
      ...environment.flatMap((each) => wrongStatement(each)?.message ?? []),
    ],
  };
}

/**
 * Reads the value of one setting.
 *
 * @throws {OrcError} usage or config `invalid_setting` if it is of the wrong type
 */
export async function readValue(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<SettingValue | null> {
  return valueOf(await readSetting(host, site, name));
}

/** Reads one setting. Looks at no file where the environment has the last word. */
export async function readSetting(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<Statement> {
  const setting = settingNamed(name);
  const environment = environmentOf(host, [setting]);
  const said = mergeSetting(setting, [environment]);
  if (said.origin.type !== "default") return said;
  return mergeSetting(setting, await readLayers(host, site));
}

/** Reads what each file and the environment say about one setting, the lowest first. */
export async function readStatements(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<Layer> {
  const setting = settingNamed(name);
  const said = (await readLayers(host, site)).flat()
    .filter((statement) => statement.setting === setting);
  return [...said, ...environmentOf(host, [setting])];
}

/** Says what a repository's files say about a setting in vain. */
export async function warningsAbout(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<readonly string[]> {
  const statements = await readStatements(host, site, name);
  return statements.filter((each) => !isCounted(each)).map(ignoredWarning);
}

async function readLayers(
  host: Host,
  site: ConfigSite | undefined,
): Promise<readonly Layer[]> {
  return (await readConfigFiles(host, site)).map(({ layer }) => layer);
}

async function readConfigFiles(
  host: Host,
  site: ConfigSite | undefined,
): Promise<readonly ReadConfigFile[]> {
  const read: ReadConfigFile[] = [];
  for (const file of existing(configFiles(host, site))) {
    if (isForeignFile(file)) continue;
    const found = readConfigText(file);
    const entries = found === undefined
      ? []
      : await parseConfig(found.text, file.path);
    read.push({ file, entries, layer: fileLayer(file, entries) });
  }
  return read;
}

/** Whether what lies at the name of a configuration file is another program's: it is not read. */
export function isForeignFile(
  file: Pick<ConfigFile, "level" | "path" | "isLegacy">,
): boolean {
  // A link in orc's own directory is refused by whoever reads it.
  if (!file.isLegacy && fileKind(file.path) !== "file") return false;
  const bytes = readBeginning(file.path, MAX_CONFIG_BYTES);
  if (bytes !== undefined) {
    return isForeignText(file, new TextDecoder().decode(bytes));
  }
  return ["directory", "other"].includes(fileKind(file.path));
}

/** Names in `.orchestrator/` under which another program keeps something, its settings too. */
export function foreignNames(layout: RepositoryLayout): readonly string[] {
  const config = {
    level: "repository",
    path: layout.config,
    isLegacy: false,
  } as const;
  return [
    ...foreignNamesIn(layout),
    ...isForeignFile(config) ? [nameOf(config.path)] : [],
  ];
}

const HINT = "correct the file; orc config path shows which files there are";

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Reads a configuration file, and the byte order mark some editors write before it; undefined
 * without one.
 */
export function readConfigText(
  { base, path, isLegacy }: ConfigFile,
): { readonly mark: string; readonly text: string } | undefined {
  // Directories of other programs may be links.
  if (!isLegacy) guardPath(base, path);
  try {
    const bytes = readRegularFile(path, MAX_CONFIG_BYTES);
    if (bytes === undefined) return undefined;
    const [first, second, third] = bytes;
    const hasMark = first === 0xef && second === 0xbb && third === 0xbf;
    return {
      mark: hasMark ? BYTE_ORDER_MARK : "",
      text: decodeUtf8(bytes, path),
    };
  } catch (cause) {
    throw asConfigError(
      cause,
      "put a regular YAML file in UTF-8 there, below 256 KiB",
    );
  }
}

export async function parseConfig(
  text: string,
  path: string,
): Promise<readonly ConfigEntry[]> {
  return readFlatYaml(text) ?? await parseYaml(text, path);
}

async function parseYaml(
  text: string,
  path: string,
): Promise<readonly ConfigEntry[]> {
  const { readWorkflowText } = await import("../workflow/yaml.ts");
  try {
    const { value, locate } = readWorkflowText(text, path);
    if (value === null || value === undefined) return [];
    if (value instanceof Map) {
      return Array.from(value, ([name, member]): ConfigEntry => {
        const { line, column } = locate([name]) ?? { line: 1, column: 1 };
        const key = typeof name === "string" ? name : scalarText(name);
        return { key: key ?? "null", value: member, line, column };
      });
    }
    const found = describeValue(value);
    throw misconfigured(
      "invalid_config",
      `${path}:1:1: Expected settings, one KEY: VALUE a line, found ${found}`,
      { path },
    );
  } catch (cause) {
    if (!(cause instanceof OrcError) || cause.kind !== "config") throw cause;
    const { code, message, details } = cause;
    const more = { cause, path: cause.path, details, hint: HINT };
    throw misconfigured(code, message, more);
  }
}

/** What is no readable file that people write is their mistake, not damage to the state. */
export function asConfigError(cause: unknown, hint: string): unknown {
  if (!(cause instanceof OrcError) || cause.kind !== "corrupt") return cause;
  const { code, message, path } = cause;
  return misconfigured(code, message, { cause, path, hint });
}

/** The bits of a mode that let anybody write. */
const WRITABLE = 0o222;

/**
 * Replaces a configuration file whole; a new one of the user can be read by nobody else.
 *
 * @throws {OrcError} `permission_denied` (denied) if the file may only be read: that it could be
 *   replaced nevertheless is not what its owner meant
 */
export function writeConfig(
  { path, level }: ConfigFile,
  text: string,
  lock: HeldLock,
): readonly string[] {
  assertWritable(path);
  return writeAtomic(path, text, {
    token: lock.token,
    mode: level === "user" ? 0o600 : undefined,
    fence: () => lock.assertHeld(),
  });
}

function assertWritable(path: string): void {
  try {
    const { mode, isFile } = Deno.lstatSync(path);
    if (!isFile) return;
    // The superuser is not kept from it by the system.
    if (mode !== null && (mode & WRITABLE) === 0) {
      throw denied(
        "permission_denied",
        `Cannot write "${path}": it is read-only`,
        { path, hint: `chmod u+w ${shellWord(path)}` },
      );
    }
    Deno.openSync(path, { write: true }).close();
  } catch (error) {
    if (isAbsent(error)) return;
    throw asOrcError(error, "write", path);
  }
}

/** Runs work under the lock of the user's own directory, which is made if it is missing. */
export async function withUserLock<Result>(
  directory: string,
  context: LockContext,
  work: (lock: HeldLock) => Result | Promise<Result>,
): Promise<Result> {
  const home = parentDirectory(directory) ?? directory;
  guardDirectory(home, directory);
  try {
    ensureDirectory(home, directory);
    return await withLock(directory, context, work);
  } catch (error) {
    throw asOrcError(error, "change the settings in", directory);
  }
}

function ensureDirectory(home: string, directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    if (isTaken(error)) return;
    throw error;
  }
  syncDirectory(home);
}

export async function readLockTimeoutMs(
  host: Host,
  site: ConfigSite,
): Promise<number> {
  if (existing(configFiles(host, site)).length === 0) return LOCK_TIMEOUT_MS;
  return Number(await readValue(host, site, "lock_timeout_seconds")) * 1000;
}

/** How answers are to look where the command line does not say. */
interface Preferences {
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  /** What of the settings could not be used; the defaults stand in for it. */
  readonly warnings: readonly string[];
}

const DEFAULTS: Preferences = { output: "text", color: "auto", warnings: [] };

/**
 * Reads how answers are to look. No command fails over it: the next may be what puts the settings
 * right.
 */
export async function readPreferences(
  host: Host,
  site: ConfigSite | undefined,
): Promise<Preferences> {
  const failed = new Map<string, string[]>();
  const read = (name: "output" | "color"): Promise<SettingValue | null> =>
    readValue(host, site, name).catch(onRefusal(({ message }) => {
      failed.set(message, [...failed.get(message) ?? [], name]);
      return null;
    }));
  // Each by itself: a file that cannot be read does not make what the environment says void.
  const output = await read("output");
  const color = await read("color");
  return {
    output: output === "json" ? output : DEFAULTS.output,
    color: color === "always" || color === "never" ? color : DEFAULTS.color,
    warnings: Array.from(
      failed,
      ([message, names]) =>
        `${message}; ${names.join(" and ")} ${
          names.length === 1 ? "is" : "are"
        } as without settings`,
    ),
  };
}

/** Whether people want to be told about legacy files; for what is told in passing, no file fails. */
export async function isNoticeWanted(
  host: Host,
  root: string,
): Promise<boolean> {
  const value = await readValue(host, siteAt(root), "notice")
    .catch(onRefusal(() => true));
  return value === true;
}
