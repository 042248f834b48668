import { JsonNumber } from "../base/json.ts";
import { CHECK_TIMEOUT_MS, LOCK_TIMEOUT_MS } from "../base/limits.ts";
import { isSecretName } from "../base/names.ts";
import { quoted, shellWord } from "../base/text.ts";
import { describeValue } from "../workflow/value.ts";

/** The names of all settings. */
export type SettingName =
  | "approvals"
  | "supervision_mode"
  | "agent_program"
  | "lock_timeout_seconds"
  | "check_timeout_seconds"
  | "feedback"
  | "notice"
  | "color"
  | "output"
  | "secrets"
  | "web_mode"
  | "state_branch"
  | "secrets_repo";

/**
 * Another name of a setting, from the Python tool or from habit. What stands under it may
 * have to be translated; undefined says that it does not say anything.
 */
export interface SettingAlias {
  readonly name: string;
  translate?(text: string): string | undefined;
}

/** One setting: all that validation, lists, documentation and the environment are made from. */
export interface Setting {
  readonly name: SettingName;
  readonly type: SettingType;
  /** Null where nothing is set unless somebody does. */
  readonly default: SettingValue | null;
  /** One line for people. */
  readonly summary: string;
  /** The version of orc that has had it first. */
  readonly since: string;
  /** The flag that says the same on the command line. */
  readonly flag?: string;
  /** Other names in files. */
  readonly aliases?: readonly SettingAlias[];
  /** Other variables, which count where the setting's own one is unset. */
  readonly variables?: readonly SettingAlias[];
  /**
   * What a repository's own files may say; all without it. An agent can write them, so they
   * may make things stricter, but neither looser nor name a program that orc runs.
   */
  readonly inRepository?: readonly SettingValue[];
  /** Levels at which files of the Python tool may say it; both without it. */
  readonly inLegacyFiles?: readonly ("user" | "repository")[];
  /** Whether it is kept for what is not built yet. */
  readonly isPlanned?: boolean;
}

const FIRST_VERSION = "0.1.0";

/** A day: whatever takes longer hangs. */
const MAX_SECONDS = 86_400;

/** For what every command asks: two more files to look for would be felt. */
const NONE: readonly never[] = [];

/** Every setting, in the order in which people see them. */
export const SETTINGS: readonly Setting[] = [
  {
    name: "approvals",
    type: { kind: "choice", choices: ["terminal", "any"] },
    default: "terminal",
    summary:
      "How a human says yes: at a terminal, or in any way, for tests and CI",
    since: FIRST_VERSION,
    inRepository: ["terminal"],
  },
  {
    name: "supervision_mode",
    type: { kind: "choice", choices: ["supervised", "hybrid", "zero_human"] },
    default: "supervised",
    summary: "Who passes manual gates where the workflow does not say",
    since: FIRST_VERSION,
    inRepository: ["supervised"],
    // In a repository it overrides the workflow, as it does for the Python tool.
    inLegacyFiles: ["user"],
  },
  {
    name: "agent_program",
    type: { kind: "text", expected: "a command line", pattern: /\S/ },
    default: "claude --print",
    summary: "Program that handoff --execute gives the prompt to",
    since: FIRST_VERSION,
    flag: "agent-program",
    aliases: [{ name: "claude_binary", translate: printingClaude }],
    variables: [
      { name: "ORCHESTRATOR_CLAUDE_BINARY", translate: printingClaude },
      { name: "CLAUDE_BINARY", translate: printingClaude },
    ],
    inRepository: [],
  },
  {
    name: "lock_timeout_seconds",
    type: { kind: "seconds", min: 0, max: MAX_SECONDS },
    default: LOCK_TIMEOUT_MS / 1000,
    summary: "How long to wait while another process changes the session",
    since: FIRST_VERSION,
    flag: "lock-timeout",
    variables: [{ name: "ORCHESTRATOR_LOCK_TIMEOUT" }],
  },
  {
    name: "check_timeout_seconds",
    type: { kind: "seconds", min: 0.001, max: MAX_SECONDS },
    default: CHECK_TIMEOUT_MS / 1000,
    summary: "How long a check may run where its item does not say",
    since: FIRST_VERSION,
  },
  {
    name: "feedback",
    type: { kind: "boolean" },
    default: true,
    summary: "Whether feedback capture keeps anything",
    since: FIRST_VERSION,
    variables: [{ name: "ORCHESTRATOR_SKIP_FEEDBACK", translate: optOut }],
    inRepository: [false],
  },
  {
    name: "notice",
    type: { kind: "boolean" },
    default: true,
    summary: "Whether orc tells once a day of files the Python tool left",
    since: FIRST_VERSION,
  },
  {
    name: "color",
    type: { kind: "choice", choices: ["auto", "always", "never"] },
    default: "auto",
    summary: "Whether text is colored; auto colors it on a terminal",
    since: FIRST_VERSION,
    flag: "no-color",
    variables: [{ name: "NO_COLOR", translate: () => "never" }],
    inLegacyFiles: NONE,
  },
  {
    name: "output",
    type: { kind: "choice", choices: ["text", "json"] },
    default: "text",
    summary: "What commands print where no flag says so",
    since: FIRST_VERSION,
    flag: "output",
    inLegacyFiles: NONE,
  },
  {
    name: "secrets",
    type: {
      kind: "names",
      expected: "names of secrets with commas between them, or a list of them",
      isName: isSecretName,
    },
    default: null,
    summary: "Secrets that are required besides those the workflow names",
    since: FIRST_VERSION,
    inLegacyFiles: NONE,
  },
  {
    name: "web_mode",
    type: { kind: "boolean" },
    default: false,
    summary: "Whether the machine is temporary, so that state must leave it",
    since: FIRST_VERSION,
    isPlanned: true,
  },
  {
    name: "state_branch",
    type: {
      kind: "text",
      expected: "the name of a branch",
      pattern: /^(?![-./])(?!.*(?:\.\.|\/\/|\/\.))[\w./-]+(?<![./]|\.lock)$/,
    },
    default: null,
    summary: "Branch that keeps the state of temporary machines",
    since: FIRST_VERSION,
    isPlanned: true,
  },
  {
    name: "secrets_repo",
    type: {
      kind: "text",
      expected: "OWNER/REPOSITORY",
      pattern: /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/,
    },
    default: null,
    summary: "GitHub repository that secrets are looked up in",
    since: FIRST_VERSION,
    isPlanned: true,
  },
];

/** Finds a setting by its name or another one that files may use. */
export function findSetting(name: string): Setting | undefined {
  return SETTINGS.find((setting) =>
    setting.name === name || aliasOf(setting, name) !== undefined
  );
}

/** The setting of a name that is certainly one. */
export function settingNamed(name: SettingName): Setting {
  const found = findSetting(name);
  if (found === undefined) throw new Error(`No setting "${name}"`);
  return found;
}

/** The alias of a setting with a name. */
export function aliasOf(
  { aliases = [] }: Setting,
  name: string,
): SettingAlias | undefined {
  return aliases.find((alias) => alias.name === name);
}

/** The variable of a setting: its name in capitals behind the prefix. */
export function variableOf({ name }: Pick<Setting, "name">): string {
  return `ORCHESTRATOR_${name.toUpperCase()}`;
}

/** Whether a value may stand in a file of the repository. */
export function countsInRepository(
  { inRepository }: Setting,
  value: SettingValue,
): boolean {
  return inRepository === undefined || inRepository.includes(value);
}

/** The Python tool names the file alone, and calls it in its own way. */
function printingClaude(binary: string): string {
  return `${shellWord(binary)} --print`;
}

function optOut(text: string): string | undefined {
  return text === "1" ? "false" : undefined;
}

/** A value of a setting. */
export type SettingValue = string | number | boolean | readonly string[];

/** What a setting can be. */
export type SettingType =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "seconds"; readonly min: number; readonly max: number }
  | {
    readonly kind: "text";
    readonly expected: string;
    readonly pattern: RegExp;
  }
  | {
    readonly kind: "names";
    readonly expected: string;
    isName(text: string): boolean;
  };

/** A value that fits its setting, or what was found in its place. */
export type SettingReading =
  | { readonly value: SettingValue }
  | { readonly found: string };

const YES = /^(?:true|yes|on|1)$/i;
const NO = /^(?:false|no|off|0)$/i;

/** What could move a cursor, or end a line of a file. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Longest text of a setting: a command line, and not a program. */
const MAX_TEXT_LENGTH = 4096;

/** Reads a value as it is typed on a command line or set in the environment. */
export function readTypedSetting(
  type: SettingType,
  text: string,
): SettingReading {
  const value = typedValue(type, text);
  return value === undefined || !fits(type, value)
    ? { found: quoted(text) }
    : { value };
}

/** Reads a value as YAML has it: what has another type than its setting is wrong. */
export function readSettingValue(
  type: SettingType,
  value: unknown,
): SettingReading {
  if (type.kind === "names") return readNames(type, value);
  const plain = value instanceof JsonNumber ? Number(value.literal) : value;
  return isScalarSetting(plain) && fits(type, plain)
    ? { value: plain }
    : { found: describeValue(value) };
}

/** Spells a value as it may be typed. */
export function settingText(value: SettingValue): string {
  return isList(value) ? value.join(", ") : String(value);
}

/** Says what a setting wants: `"terminal" or "any"`. */
export function expectedOf(type: SettingType): string {
  switch (type.kind) {
    case "choice":
      return choicesText(type.choices.map((choice) => `"${choice}"`));
    case "boolean":
      return "true or false";
    case "seconds":
      return `a number of seconds from ${type.min} to ${type.max}`;
    case "text":
    case "names":
      return type.expected;
  }
}

function choicesText(choices: readonly string[]): string {
  const [last, ...rest] = choices.toReversed();
  return rest.length === 0
    ? last ?? ""
    : `${rest.toReversed().join(", ")} or ${last}`;
}

function typedValue(
  type: SettingType,
  text: string,
): SettingValue | undefined {
  switch (type.kind) {
    case "boolean":
      if (YES.test(text)) return true;
      return NO.test(text) ? false : undefined;
    case "seconds":
      return secondsOf(text);
    case "choice":
    case "text":
      return text;
    case "names":
      return namesIn(text);
  }
}

/** A number of seconds without sign, exponent or blanks. */
function secondsOf(text: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function fits(type: SettingType, value: SettingValue): boolean {
  switch (type.kind) {
    case "choice":
      return typeof value === "string" && type.choices.includes(value);
    case "boolean":
      return typeof value === "boolean";
    case "seconds":
      return typeof value === "number" && value >= type.min &&
        value <= type.max;
    case "text":
      return typeof value === "string" && type.pattern.test(value) &&
        value.length <= MAX_TEXT_LENGTH && !INVISIBLE.test(value);
    case "names":
      return isList(value) && value.every(type.isName);
  }
}

/** Whether a value can be that of a setting which is no list. */
export function isScalarSetting(
  value: unknown,
): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Names in a list, or in a text with commas between them. */
function readNames(
  { isName }: SettingType & { readonly kind: "names" },
  value: unknown,
): SettingReading {
  const members: unknown = typeof value === "string" ? namesIn(value) : value;
  if (!Array.isArray(members)) return { found: describeValue(value) };
  const names: string[] = [];
  for (const member of members) {
    if (typeof member !== "string" || !isName(member)) {
      return { found: describeValue(member) };
    }
    names.push(member);
  }
  return { value: withoutRepeats(names) };
}

function namesIn(text: string): readonly string[] {
  if (text.trim() === "") return [];
  return withoutRepeats(text.split(",").map((name) => name.trim()));
}

function withoutRepeats(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

/** Whether a value is a list, which `Array.isArray` does not tell of one that is readonly. */
export function isList(
  value: SettingValue | null,
): value is readonly string[] {
  return Array.isArray(value);
}
