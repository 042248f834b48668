import { denied, notFound, type OrcError, usage } from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import { quoted } from "../base/text.ts";
import type { HeldLock } from "../files/lock.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import {
  type ConfigFile,
  parseConfig,
  readConfigText,
  repositoryConfigFile,
  userConfigFile,
  withUserLock,
  writeConfig,
} from "../settings/files.ts";
import {
  isExpectedWorkflowKey,
  isWorkflowKey,
  meantSetting,
  workflowKeyWarning,
} from "../settings/merge.ts";
import {
  aliasOf,
  countsInRepository,
  expectedOf,
  findSetting,
  readTypedSetting,
  type Setting,
  settingText,
  type SettingType,
  type SettingValue,
} from "../settings/settings.ts";

/** A setting to change, and in whose file. */
export interface ConfigChange extends RepositoryOptions {
  readonly name: string;
  /** As it is typed. */
  readonly value: string;
  /** In the user's own file, and not in the repository's. */
  readonly global?: boolean;
}

/** A file with settings after a change. */
export interface ConfigChanged {
  readonly place: Place;
  readonly name: string;
  /** What the file says now; null when nothing. */
  readonly value: SettingValue | null;
  readonly path: string;
  /** Whether the file was written; not if it said so before. */
  readonly changed: boolean;
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
 * @throws {OrcError} `invalid_yaml` (config) if the file cannot be parsed; it is left as it is
 */
export async function setSetting(
  host: Host,
  change: ConfigChange,
): Promise<ConfigChanged> {
  const { setting, key } = target(change);
  const alias = setting && aliasOf(setting, change.name);
  const text = alias?.translate?.(change.value) ?? change.value;
  const type = setting?.type ?? WORKFLOW_VALUE;
  const reading = readTypedSetting(type, text);
  if ("found" in reading) throw wrongValue(key, type, reading.found);
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
export function namedSetting(name: string): Setting {
  const setting = findSetting(name);
  if (setting !== undefined) return setting;
  const meant = meantSetting(name);
  throw usage("unknown_setting", `Unknown setting ${quoted(name)}`, {
    hint: meant === undefined ? "orc config list" : `use ${meant}`,
    details: { setting: name, meant: meant ?? null },
  });
}

/** What a workflow makes of a value is up to it. */
const WORKFLOW_VALUE: SettingType = {
  kind: "text",
  expected: "a text of one line",
  pattern: /^/,
};

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

interface Wanted {
  readonly key: string;
  /** Undefined for what only a workflow knows. */
  readonly setting: Setting | undefined;
  readonly value?: SettingValue;
}

async function apply(
  host: Host,
  change: Omit<ConfigChange, "value">,
  wanted: Wanted,
): Promise<ConfigChanged> {
  const repository = openRepository(host, change);
  const { global = false } = change;
  const file = global ? userFile(host) : repositoryConfigFile(repository);
  if (!global) assertOfRepository(wanted);
  assertNotLooser(host, wanted);
  // What cannot be parsed is refused before anything is made.
  const before = readConfigText(file);
  if (before !== undefined) await parseConfig(before.text, file.path);
  // Loaded before the lock is taken: others wait for it.
  await import("./edit.ts");
  const written = await underLock(host, repository, {
    file,
    work: (lock) => edited(file, wanted, lock),
  });
  return {
    place: placeOf(repository, null),
    name: wanted.key,
    value: wanted.value ?? null,
    path: file.path,
    ...written,
    warnings: [...warningsAbout(wanted), ...written.warnings],
  };
}

type Written = Pick<ConfigChanged, "changed" | "warnings">;

interface Job {
  readonly file: ConfigFile;
  work(lock: HeldLock): Promise<Written>;
}

function underLock(
  host: Host,
  repository: Repository,
  { file, work }: Job,
): Promise<Written> {
  if (file.level === "repository") {
    return withPreparedRepository(host, repository, { portable: false }, work);
  }
  const { directory } = userLayout(file.base);
  return withUserLock(directory, repository.context, work);
}

async function edited(
  file: ConfigFile,
  { setting, key: name, value }: Wanted,
  lock: HeldLock,
): Promise<Written> {
  const { editConfig } = await import("./edit.ts");
  const { mark, text: before } = readConfigText(file) ?? { mark: "", text: "" };
  const aliases = setting?.aliases ?? [];
  const names = [name, ...aliases.map((alias) => alias.name)];
  const present = new Set(
    (await parseConfig(before, file.path)).map(({ key }) => key),
  );
  let text = before;
  // An alias that stays would come back when the setting is taken out.
  for (const key of names) {
    const isSet = key === name && value !== undefined;
    if (!isSet && !present.has(key)) continue;
    const edit = isSet ? { key, value } : { key };
    text = await editConfig(text, file.path, edit);
  }
  if (text === before) return { changed: false, warnings: [] };
  const isPrivate = file.level === "user";
  const warning = writeConfig(file.path, mark + text, {
    lock,
    isPrivate,
  });
  return { changed: true, warnings: warning === undefined ? [] : [warning] };
}

function userFile(host: Host): ConfigFile {
  const user = userConfigFile(host);
  if (user !== undefined) return user;
  throw notFound(
    "no_home",
    "Cannot find your own settings: HOME names no directory",
    "set HOME to your home directory",
  );
}

/** What a repository's file says about it would be ignored. */
function assertOfRepository({ setting, value }: Wanted): void {
  if (
    setting === undefined || value === undefined ||
    countsInRepository(setting, value)
  ) return;
  throw usage(
    "user_setting",
    `Cannot set "${setting.name}" to ${
      quoted(settingText(value))
    } for the repository: that counts only in your own file`,
    `orc config set ${setting.name} ${JSON.stringify(value)} --global`,
  );
}

/** An agent may make things stricter for itself, but not looser. */
function assertNotLooser(host: Host, { setting, value }: Wanted): void {
  if (setting === undefined) return;
  const isStricter = value !== undefined && countsInRepository(setting, value);
  if (setting.inRepository === undefined || isStricter) return;
  if (host.caller().agent === null) return;
  throw denied(
    "approval_required",
    `Cannot change "${setting.name}": only a human may, and not an agent`,
    "ask a human to change it in a terminal",
  );
}

function warningsAbout({ key, setting, value }: Wanted): readonly string[] {
  const isTold = setting !== undefined || value === undefined ||
    isExpectedWorkflowKey(key);
  return isTold ? [] : [workflowKeyWarning(key)];
}

function wrongValue(
  name: string,
  type: SettingType,
  found: string,
): OrcError {
  return usage(
    "invalid_setting",
    `Cannot set "${name}" to ${found}: expected ${expectedOf(type)}`,
    { hint: "orc config list", details: { setting: name } },
  );
}
