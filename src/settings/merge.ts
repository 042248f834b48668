import { OrcError } from "../base/error.ts";
import {
  expectedOf,
  readSettingValue,
  readTypedSetting,
  type SettingReading,
  type SettingValue,
} from "./setting_value.ts";
import {
  aliasOf,
  countsInRepository,
  type Setting,
  type SettingAlias,
  SETTINGS,
  variableOf,
} from "./settings.ts";

/** Whose a configuration file is. */
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

/** What one place says about a setting. */
export interface Statement {
  readonly setting: Setting;
  readonly origin: Origin;
  readonly reading: SettingReading;
}

/** All that one place says; of two statements about a setting the first counts. */
export type Layer = readonly Statement[];

/** A setting with the value that counts. */
export interface MergedSetting {
  readonly setting: Setting;
  readonly origin: Origin;
  /** Undefined when it is of the wrong type; null when nothing is set. */
  readonly value: SettingValue | null | undefined;
  /** The statement that counts; undefined for a default. */
  readonly statement: Statement | undefined;
}

/** An entry of a configuration file. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: unknown;
  readonly line: number;
  readonly column: number;
}

/** A configuration file, as far as its entries depend on it. */
export interface ConfigSource {
  readonly level: ConfigLevel;
  readonly path: string;
  /** The Python tool stores every value as a string. */
  readonly isLegacy: boolean;
}

/** Finds the value of each setting: the last layer that says something about it counts. */
export function mergeConfig(
  layers: readonly Layer[],
): readonly MergedSetting[] {
  return SETTINGS.map((setting) => mergeSetting(setting, layers));
}

/** Finds the value of one setting. */
export function mergeSetting(
  setting: Setting,
  layers: readonly Layer[],
): MergedSetting {
  for (const layer of layers.toReversed()) {
    const statement = layer.find((each) =>
      each.setting === setting && isCounted(each)
    );
    if (statement === undefined) continue;
    const { origin, reading } = statement;
    const value = "value" in reading ? reading.value : undefined;
    return { setting, origin, value, statement };
  }
  const origin = { type: "default" } as const;
  return { setting, origin, value: setting.default, statement: undefined };
}

/** What is said about a setting where it does not count. */
export function ignoredStatements(
  setting: Setting,
  layers: readonly Layer[],
): readonly Statement[] {
  return layers.flat().filter((each) =>
    each.setting === setting && !isCounted(each)
  );
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
  return SETTINGS.flatMap((setting) => {
    const { inLegacyFiles = [level] } = setting;
    if (isLegacy && !inLegacyFiles.includes(level)) return [];
    const names = [setting.name, ...namesOf(setting.aliases)];
    return names.flatMap((name): Layer => {
      const entry = entries.find(({ key }) => key === name);
      if (entry === undefined) return [];
      const { value, line, column } = entry;
      const alias = aliasOf(setting, name);
      const reading = readEntry(setting, value, { alias, isLegacy });
      if (reading === undefined) return [];
      return [{
        setting,
        reading,
        origin: { type: level, path, line, column },
      }];
    });
  });
}

/** What the environment says about settings. An empty variable is as good as none. */
export function environmentLayer(
  read: (variable: string) => string | undefined,
  settings: readonly Setting[] = SETTINGS,
): Layer {
  return settings.flatMap((setting) => {
    const variables = [
      { name: variableOf(setting) },
      ...setting.variables ?? [],
    ];
    return variables.flatMap((alias: SettingAlias): Layer => {
      const text = read(alias.name);
      const meant = text ? translated(alias, text) : undefined;
      if (meant === undefined) return [];
      const reading = readTypedSetting(setting.type, meant);
      const origin = { type: "environment", variable: alias.name } as const;
      return [{ setting, origin, reading }];
    });
  });
}

/** What a flag says about a setting. */
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

/** Says what is wrong with a statement; undefined when nothing is. */
export function wrongStatement(
  { setting, origin, reading }: Statement,
): OrcError | undefined {
  if ("value" in reading) return undefined;
  const expected = expectedOf(setting.type);
  const details = { setting: setting.name, origin };
  if (origin.type === "user" || origin.type === "repository") {
    const { path, line, column } = origin;
    return new OrcError(
      "config",
      "invalid_setting",
      `${path}:${line}:${column}: ${setting.name}: Expected ${expected}, found ${reading.found}`,
      {
        path,
        details,
        hint: "correct the file; orc config list shows what counts",
      },
    );
  }
  return new OrcError(
    "usage",
    "invalid_setting",
    `${originText(origin)} is ${reading.found}, not ${expected}`,
    { details, hint: "orc config list" },
  );
}

/** The value of a setting. */
export function valueOf(merged: MergedSetting): SettingValue | null {
  const { value, statement } = merged;
  if (value !== undefined) return value;
  const wrong = statement && wrongStatement(statement);
  throw wrong ?? new Error("A value without a statement is no default");
}

function namesOf(aliases: readonly SettingAlias[] = []): readonly string[] {
  return aliases.map(({ name }) => name);
}

interface EntryKind {
  readonly alias: SettingAlias | undefined;
  readonly isLegacy: boolean;
}

function readEntry(
  { type }: Setting,
  value: unknown,
  { alias, isLegacy }: EntryKind,
): SettingReading | undefined {
  if (typeof value !== "string") return readSettingValue(type, value);
  const text = alias === undefined ? value : translated(alias, value);
  if (text === undefined) return undefined;
  return isLegacy ? readTypedSetting(type, text) : readSettingValue(type, text);
}

function translated(
  { translate }: SettingAlias,
  text: string,
): string | undefined {
  return translate === undefined ? text : translate(text);
}
