import { misconfigured, type OrcError, usage } from "../base/error.ts";
import { nearest, quoted } from "../base/text.ts";
import { keysAtMargin, OLDER_SETTINGS, readScalar } from "../workflow/value.ts";
import {
  countsInRepository,
  meaningOf,
  readSettingValue,
  readTypedSetting,
  type Setting,
  type SettingAlias,
  type SettingReading,
  SETTINGS,
  type SettingValue,
  spellingsOf,
  variableOf,
} from "./settings.ts";

/** Whose settings a file holds. */
export type ConfigLevel = "user" | "repository";

/** Where a value comes from. */
export type Origin =
  | { readonly type: "default" }
  | {
    readonly type: ConfigLevel;
    readonly path: string;
    /** From 1. */
    readonly line: number;
    /** From 1, in UTF-16 units. */
    readonly column: number;
  }
  | { readonly type: "environment"; readonly variable: string }
  | { readonly type: "flag"; readonly flag: string };

/** What one place says about a setting; of a default also that nothing is set. */
export interface Statement {
  readonly setting: Setting;
  readonly origin: Origin;
  readonly reading: SettingReading | { readonly value: null };
}

/** All that one place says; of two statements about a setting the first counts. */
export type Layer = readonly Statement[];

export interface ConfigEntry {
  readonly key: string;
  readonly value: unknown;
  readonly line: number;
  readonly column: number;
}

export interface ConfigSource {
  readonly level: ConfigLevel;
  readonly path: string;
  /** The Python tool stores every value as a string. */
  readonly isLegacy: boolean;
}

/** Finds the statement about a setting that counts: of the last layer that has one, else its default. */
export function mergeSetting(
  setting: Setting,
  layers: readonly Layer[],
): Statement {
  for (const layer of layers.toReversed()) {
    const statement = layer.find((each) =>
      each.setting === setting && isCounted(each)
    );
    if (statement !== undefined) return statement;
  }
  const reading = { value: setting.default };
  return { setting, origin: { type: "default" }, reading };
}

/** Whether a statement may count at all. One of the wrong type does: it must not go unnoticed. */
export function isCounted({ setting, origin, reading }: Statement): boolean {
  if (origin.type !== "repository") return true;
  return "value" in reading
    ? countsInRepository(setting, reading.value)
    : setting.inRepository === undefined;
}

/** What a file says about settings; its other entries are left out. */
export function fileLayer(
  { level, path, isLegacy }: ConfigSource,
  entries: readonly ConfigEntry[],
): Layer {
  const isRead = ({ inLegacyFiles = [level] }: Setting) =>
    !isLegacy || inLegacyFiles.includes(level);
  return SETTINGS.filter(isRead).flatMap((setting) =>
    spellingsOf(setting).flatMap((spelling): Layer => {
      const entry = entries.find(({ key }) => key === spelling.name);
      const meant = typeof entry?.value === "string"
        ? meaningOf(spelling, entry.value)
        : entry?.value;
      if (entry === undefined || meant === undefined) return [];
      const { line, column } = entry;
      const reading = isLegacy && typeof meant === "string"
        ? readTypedSetting(setting.type, meant)
        : readSettingValue(setting.type, meant);
      const origin = { type: level, path, line, column };
      return [{ setting, origin, reading }];
    })
  );
}

/** What the environment says about settings. An empty variable is as good as none. */
export function environmentLayer(
  read: (variable: string) => string | undefined,
  settings: readonly Setting[] = SETTINGS,
): Layer {
  return settings.flatMap((setting) =>
    [{ name: variableOf(setting) }, ...setting.variables ?? []]
      .flatMap((spelling: SettingAlias): Layer => {
        const text = read(spelling.name);
        const meant = text ? meaningOf(spelling, text) : undefined;
        if (meant === undefined) return [];
        const reading = readTypedSetting(setting.type, meant);
        const variable = spelling.name;
        return [{
          setting,
          origin: { type: "environment", variable },
          reading,
        }];
      })
  );
}

export function flagStatement(
  setting: Setting,
  flag: string,
  text: string,
): Statement {
  const reading = readTypedSetting(setting.type, text);
  return { setting, origin: { type: "flag", flag }, reading };
}

/** Names an origin for people: `…/config.yaml:3`, `NO_COLOR`, `--no-color` or `default`. */
export function originText(origin: Origin): string {
  switch (origin.type) {
    case "default":
      return "default";
    case "environment":
      return origin.variable;
    case "flag":
      return origin.flag;
    default:
      return `${origin.path}:${origin.line}`;
  }
}

export function wrongStatement(
  { setting, origin, reading }: Statement,
): OrcError | undefined {
  if ("value" in reading) return undefined;
  const expected = setting.type.expected;
  const details = { setting: setting.name, origin };
  if (origin.type === "user" || origin.type === "repository") {
    const { path, line, column } = origin;
    return misconfigured(
      "invalid_setting",
      `${path}:${line}:${column}: ${setting.name}: Expected ${expected}, found ${reading.found}`,
      {
        path,
        details,
        hint: "correct the file; orc config list shows what counts",
      },
    );
  }
  return usage(
    "invalid_setting",
    `${originText(origin)} is ${reading.found}, not ${expected}`,
    { details, hint: "orc config list" },
  );
}

/**
 * The value of a statement; null when nothing is set.
 *
 * @throws {OrcError} usage or config `invalid_setting` if it is of the wrong type
 */
export function valueOf(statement: Statement): SettingValue | null {
  const { reading } = statement;
  if ("value" in reading) return reading.value;
  throw wrongStatement(statement);
}

/** Entries of the user's file that only the Python tool reads, for its merging of branches. */
const PYTHON_KEYS: ReadonlySet<string> = new Set([
  "sensitive_globs",
  "generated_files",
  "file_policies",
  "resolution",
  "learning",
]);

/** Settings of a workflow that a repository's file has named for it since the Python tool. */
const WORKFLOW_KEYS: ReadonlySet<string> = new Set([
  "test_command",
  "build_command",
]);

/** Whether a key, or the setting it is a slip of, is one that is read from files of a level. */
function isKnownKey(
  level: ConfigLevel,
  key: string,
): boolean {
  return OLDER_SETTINGS.has(key) || meantSetting(key) !== undefined ||
    (level === "user" ? PYTHON_KEYS : WORKFLOW_KEYS).has(key);
}

/**
 * Whether a text is the settings of another program that uses the name of the file too: none of its
 * keys is known here, and it is no list of plain values, which workflows may take from it.
 */
export function isForeignText(
  { level, isLegacy }: Pick<ConfigSource, "level" | "isLegacy">,
  text: string,
): boolean {
  const keys = keysAtMargin(text);
  if (keys.some((key) => isKnownKey(level, key))) return false;
  // What has no key says nothing about whose it is; the older tool ignored it.
  return (isLegacy || keys.length > 0) && readFlatYaml(text) === undefined;
}

/** All that is doubtful in a configuration file, one sentence each. */
export function configWarnings(
  source: ConfigSource,
  entries: readonly ConfigEntry[],
  layer: Layer,
): readonly string[] {
  return [
    ...source.isLegacy
      ? []
      : entries.flatMap((entry) => unknownKey(source, entry)),
    ...layer.flatMap((statement) => wrongStatement(statement)?.message ?? []),
    ...layer.filter((each) => !isCounted(each)).map(ignoredWarning),
  ];
}

/** Says that a statement of a repository's file does not count, and what would. */
export function ignoredWarning({ setting, origin }: Statement): string {
  const { name, inRepository = [] } = setting;
  const may = inRepository.length === 0
    ? "not be set"
    : `only be ${inRepository.map(String).join(" or ")}`;
  return `${
    originText(origin)
  }: ${name} is ignored: in a repository's file it may ${may}`;
}

/**
 * Whether a repository's file may hold a key that is no setting: sessions take it for their
 * workflow.
 */
export function isWorkflowKey(key: string): boolean {
  return /^[A-Za-z_]\w{0,63}$/.test(key);
}

/** Says what becomes of such a key. */
export function workflowKeyWarning(key: string): string {
  return `"${key}" is no setting of orc; new sessions take it as a value for {{${key}}}`;
}

/** Whether nobody has to be told about such a key. */
export function isExpectedWorkflowKey(key: string): boolean {
  return WORKFLOW_KEYS.has(key);
}

/** Names the setting that was probably meant by a key. */
export function meantSetting(key: string): string | undefined {
  return nearest(key, settingKeys());
}

function settingKeys(): readonly string[] {
  return SETTINGS.flatMap(spellingsOf).map(({ name }) => name);
}

function unknownKey(
  { level, path }: ConfigSource,
  { key, line, column }: ConfigEntry,
): readonly string[] {
  const isExpected = settingKeys().includes(key) ||
    (level === "user" ? PYTHON_KEYS : WORKFLOW_KEYS).has(key);
  if (isExpected) return [];
  const meant = meantSetting(key);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  const isForWorkflow = meant === undefined && isWorkflowKey(key) &&
    level === "repository";
  const warning = isForWorkflow
    ? workflowKeyWarning(key)
    : `Unknown setting ${quoted(key)}${hint}`;
  return [`${path}:${line}:${column}: ${warning}`];
}

/** A line with a key and a plain or quoted scalar that can mean only one thing. */
const ENTRY =
  /^([A-Za-z_]\w*): +(?:(\w[\w./@+-]*(?: [\w./@+-]+)*)|"([^"\\]*)"|'([^']*)') *(?: #.*)?$/;
const NOTHING = /^ *(?:#.*)?$/;
const PRINTABLE = /^[\n\x20-\x7e]*$/;

/**
 * Reads a text of `key: value` lines, the form in which nearly every configuration is kept;
 * undefined for anything else, which takes a parser that takes longer to load than orc.
 */
export function readFlatYaml(
  text: string,
): readonly ConfigEntry[] | undefined {
  if (!PRINTABLE.test(text)) return undefined;
  const entries = new Map<string, ConfigEntry>();
  for (const [index, line] of text.split("\n").entries()) {
    if (NOTHING.test(line)) continue;
    const entry = readLine(line, index + 1);
    if (entry === undefined || entries.has(entry.key)) return undefined;
    entries.set(entry.key, entry);
  }
  return [...entries.values()];
}

function readLine(line: string, number: number): ConfigEntry | undefined {
  const [, key, plain, double, single] = ENTRY.exec(line) ?? [];
  if (key === undefined || isNoString(key)) return undefined;
  const place = { key, line: number, column: 1 };
  if (plain === undefined) return { ...place, value: double ?? single };
  const reading = readScalar(plain);
  return "value" in reading ? { ...place, value: reading.value } : undefined;
}

/** In YAML 1.1 `on` is a boolean, also as a key. */
function isNoString(key: string): boolean {
  const reading = readScalar(key);
  return !("value" in reading) || typeof reading.value !== "string";
}
