import type { Host } from "../host/host.ts";
import { configWarnings, ignoredWarning } from "./config_warning.ts";
import {
  type ConfigFile,
  configFiles,
  type ConfigSite,
  existing,
} from "./files.ts";
import {
  type ConfigEntry,
  environmentLayer,
  fileLayer,
  ignoredStatements,
  type Layer,
  mergeConfig,
  type MergedSetting,
  mergeSetting,
  valueOf,
  wrongStatement,
} from "./merge.ts";
import { readConfigEntries } from "./read_config_file.ts";
import type { SettingValue } from "./setting_value.ts";
import { type SettingName, settingNamed } from "./settings.ts";

/** A configuration file that was read. */
export interface ReadConfigFile {
  readonly file: ConfigFile;
  readonly entries: readonly ConfigEntry[];
  readonly layer: Layer;
}

/** The whole configuration, and where it comes from. */
export interface Config {
  /** Every setting with the value that counts. */
  readonly settings: readonly MergedSetting[];
  /** Files that exist, the lowest first. */
  readonly files: readonly ReadConfigFile[];
  readonly environment: Layer;
  readonly flags: Layer;
  /** What is doubtful in the files and in the environment. */
  readonly warnings: readonly string[];
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
  const environment = environmentLayer(host.env);
  const layers = [...files.map(({ layer }) => layer), environment, flags];
  return {
    settings: mergeConfig(layers),
    files,
    environment,
    flags,
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
): Promise<MergedSetting> {
  const setting = settingNamed(name);
  const environment = environmentLayer(host.env, [setting]);
  const said = mergeSetting(setting, [environment]);
  if (said.statement !== undefined) return said;
  const files = await readConfigFiles(host, site);
  return mergeSetting(setting, files.map(({ layer }) => layer));
}

/** Reads what each file and the environment say about one setting, the lowest first. */
export async function readStatements(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<Layer> {
  const setting = settingNamed(name);
  const files = await readConfigFiles(host, site);
  const said = files.flatMap(({ layer }) => layer)
    .filter((statement) => statement.setting === setting);
  return [...said, ...environmentLayer(host.env, [setting])];
}

/** Says what a repository's files say about a setting in vain. */
export async function warningsAbout(
  host: Host,
  site: ConfigSite | undefined,
  name: SettingName,
): Promise<readonly string[]> {
  const files = await readConfigFiles(host, site);
  const layers = files.map(({ layer }) => layer);
  return ignoredStatements(settingNamed(name), layers).map(ignoredWarning);
}

async function readConfigFiles(
  host: Host,
  site: ConfigSite | undefined,
): Promise<readonly ReadConfigFile[]> {
  const read: ReadConfigFile[] = [];
  for (const file of existing(configFiles(host, site))) {
    const entries = await readConfigEntries(file);
    read.push({ file, entries, layer: fileLayer(file, entries) });
  }
  return read;
}
