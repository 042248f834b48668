import { nearest } from "../base/suggest.ts";
import { quoted } from "../base/text.ts";
import {
  type ConfigEntry,
  type ConfigSource,
  isCounted,
  type Layer,
  originText,
  type Statement,
  wrongStatement,
} from "./merge.ts";
import { SETTINGS } from "./settings.ts";

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
  const may = allowedIn(setting.inRepository);
  return `${
    originText(origin)
  }: ${setting.name} is ignored: in a repository's file it may ${may}`;
}

/**
 * Whether a repository's file may hold a key that is no setting of orc: sessions take it for
 * one of their workflow, as the Python tool does.
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
  return SETTINGS.flatMap(({ name, aliases = [] }) => [
    name,
    ...aliases.map((alias) => alias.name),
  ]);
}

function unknownKey(
  { level, path }: ConfigSource,
  { key, line, column }: ConfigEntry,
): readonly string[] {
  const isExpected = settingKeys().includes(key) ||
    (level === "user" ? PYTHON_KEYS : WORKFLOW_KEYS).has(key);
  if (isExpected) return [];
  const place = `${path}:${line}:${column}`;
  const meant = meantSetting(key);
  if (meant !== undefined) {
    return [
      `${place}: Unknown setting ${quoted(key)}; did you mean "${meant}"?`,
    ];
  }
  return isWorkflowKey(key) && level === "repository"
    ? [`${place}: ${workflowKeyWarning(key)}`]
    : [`${place}: Unknown setting ${quoted(key)}`];
}

function allowedIn(values: readonly unknown[] = []): string {
  return values.length === 0
    ? "not be set"
    : `only be ${values.map(String).join(" or ")}`;
}
