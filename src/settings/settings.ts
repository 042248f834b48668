import { JsonNumber } from "../base/json.ts";
import { CHECK_TIMEOUT_MS, LOCK_TIMEOUT_MS } from "../base/limits.ts";
import { isSecretName } from "../base/names.ts";
import { quoted, shellWord } from "../base/text.ts";
import { describeValue } from "../workflow/value.ts";
import { isStoreUrl, storeModuleOf } from "./store_rules.ts";

/** What a setting can be. */
export type SettingValue = string | number | boolean | readonly string[];

export interface SettingType {
  /** The values it takes, for people: `"terminal" or "any"`. */
  readonly expected: string;
  /** The value of what YAML has; undefined when it does not fit. */
  readonly fit: (value: unknown) => SettingValue | undefined;
  /** The value that a text on a command line stands for; without it the text itself. */
  readonly typed?: (text: string) => unknown;
  /** The part of an unfit value that is shown as what was found; all of it without one. */
  readonly unfit?: (value: unknown) => unknown;
  /** A text that is wrong, without what nobody may see. */
  readonly shown?: (text: string) => string;
}

/** A value that fits its setting, or what was found in its place. */
export type SettingReading =
  | { readonly value: SettingValue }
  | { readonly found: string };

/**
 * Another name of a setting, from the Python tool or from habit. What stands under it may
 * have to be translated; undefined says that it does not say anything.
 */
export interface SettingAlias {
  readonly name: string;
  readonly translate?: (text: string) => string | undefined;
}

interface SettingRow {
  readonly name: string;
  readonly type: SettingType;
  /** Null where nothing is set unless somebody does. */
  readonly default: SettingValue | null;
  readonly summary: string;
  /** The flag that says the same on the command line. */
  readonly flag?: string;
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
  /** Whether the default counts where it is of the wrong type: how something is shown stops no command. */
  readonly isForShow?: boolean;
}

export function choice(...choices: readonly string[]): SettingType {
  const list = choices.map((each) => `"${each}"`).join(", ");
  return {
    expected: list.replace(/, (?=[^,]*$)/, " or "),
    fit: (value) => choices.find((each) => each === value),
  };
}

const YES = /^(?:true|yes|on|1)$/i;
const NO = /^(?:false|no|off|0)$/i;

export const BOOLEAN: SettingType = {
  expected: "true or false",
  fit: (value) => typeof value === "boolean" ? value : undefined,
  typed: (text) => YES.test(text) || (NO.test(text) ? false : undefined),
};

/** Yes or no, or what orc finds out by itself. */
const AUTOMATIC: SettingType = {
  expected: '"auto", true or false',
  fit: (value) => value === "auto" ? value : BOOLEAN.fit(value),
  typed: (text) => text === "auto" ? text : BOOLEAN.typed?.(text),
};

export function seconds(min: number, max: number): SettingType {
  return numberOf("seconds", min, max);
}

/** A number of something; as text without sign, exponent or blanks. */
export function numberOf(unit: string, min: number, max: number): SettingType {
  return {
    expected: `a number of ${unit} from ${min} to ${max}`,
    fit: (value) =>
      typeof value === "number" && value >= min && value <= max
        ? value
        : undefined,
    typed: (text) => /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined,
  };
}

/** What could move a cursor, or end a line of a file. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Longest text of a setting: a command line, and not a program. */
const MAX_TEXT_LENGTH = 4096;

export function oneLine(expected: string, pattern: RegExp): SettingType {
  return {
    expected,
    fit: (value) =>
      typeof value === "string" && pattern.test(value) &&
        value.length <= MAX_TEXT_LENGTH && !INVISIBLE.test(value)
        ? value
        : undefined,
  };
}

/** Names in a list, or in a text with commas between them. */
export function nameList(
  expected: string,
  isName: (text: string) => boolean,
): SettingType {
  const membersOf = (value: unknown): unknown =>
    typeof value === "string" ? namesIn(value) : value;
  const isMember = (member: unknown): member is string =>
    typeof member === "string" && isName(member);
  return {
    expected,
    fit(value) {
      const members = membersOf(value);
      const isRight = Array.isArray(members) && members.every(isMember);
      return isRight ? [...new Set(members)] : undefined;
    },
    unfit(value) {
      const members = membersOf(value);
      return Array.isArray(members)
        ? members.find((member) => !isMember(member))
        : value;
    },
  };
}

function namesIn(text: string): readonly string[] {
  return text.trim() === "" ? [] : text.split(",").map((name) => name.trim());
}

/** Host, bucket and prefix, without anything that lets anybody in; plain only where no network is between. */
const BUCKET =
  /^(?:https:\/\/[a-z0-9.-]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]))(?::\d{1,5})?\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w-][\w.-]*)*\/?$/;

const BUCKET_URL: SettingType = {
  ...oneLine("https://HOST/BUCKET/PREFIX without credentials", BUCKET),
  shown: (text) =>
    text.replace(/\/\/[^]*@/, "//...@").replace(/[?#][^]*$/, "?..."),
};

/** A program with its arguments, or an address, plain only where no network is between, whose path may let one in. */
const RECEIVER =
  /^(?:https:\/\/[\w.-]+(?::\d{1,5})?(?:\/\S*)?|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/\S*)?|(?!https?:)\S.*)$/i;
const NOTIFY: SettingType = {
  ...oneLine("https://HOST/..., or a command line", RECEIVER),
  shown: (text) => text.replace(/^(https?:..)(.*@)?([^/]*).*$/i, "$1$3/..."),
};

const PLAIN_STORES = choice("file", "auto", "postgres");

/** Files, a database, or a module of the user's own. */
const STORE: SettingType = {
  expected:
    `${PLAIN_STORES.expected}; npm:NAME@VERSION or the path of a module`,
  fit: (value) =>
    typeof value === "string" && storeModuleOf(value)
      ? value
      : PLAIN_STORES.fit(value),
};

const STORE_URL: SettingType = {
  expected: "postgres://USER@HOST/DATABASE without a password",
  fit: (value) =>
    typeof value === "string" && isStoreUrl(value) ? value : undefined,
  shown: BUCKET_URL.shown,
};

/** A day: whatever takes longer hangs. */
const MAX_SECONDS = 86_400;

/** For what every command asks: two more files to look for would be felt. */
const NONE: readonly never[] = [];

/** A path that means the same wherever a command is run. */
const KEY_PATH = /^(?:~\/|\/|[A-Za-z]:[\\/])[^]/;

const ROWS = [
  {
    name: "approvals",
    type: choice("terminal", "any"),
    default: "terminal",
    summary:
      "How a human says yes: at a terminal, or in any way, for tests and CI",
    inRepository: ["terminal"],
  },
  {
    name: "approval_key",
    type: oneLine("an absolute path, or one that begins with ~/", KEY_PATH),
    default: null,
    summary: "Key that signs approvals; without it, one from ssh-agent",
    inRepository: [],
    inLegacyFiles: NONE,
  },
  {
    name: "supervision_mode",
    type: choice("supervised", "hybrid", "zero_human"),
    default: "supervised",
    summary: "Who passes manual gates where the workflow does not say",
    inRepository: ["supervised"],
    // In a repository it overrides the workflow, as it does for the Python tool.
    inLegacyFiles: ["user"],
  },
  {
    name: "agent_program",
    type: oneLine("a command line", /\S/),
    default: "claude --print",
    summary: "Program that handoff --execute gives the prompt to",
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
    type: seconds(0, MAX_SECONDS),
    default: LOCK_TIMEOUT_MS / 1000,
    summary: "How long to wait while another process changes the session",
    flag: "lock-timeout",
    variables: [{ name: "ORCHESTRATOR_LOCK_TIMEOUT" }],
  },
  {
    name: "check_timeout_seconds",
    type: seconds(0.001, MAX_SECONDS),
    default: CHECK_TIMEOUT_MS / 1000,
    summary: "How long a check may run where its item does not say",
  },
  {
    name: "check_environment",
    type: choice("filtered", "clean", "inherit"),
    default: "filtered",
    summary:
      "What checks get of orc's environment; never more than workflow.yaml says",
    inRepository: ["clean"],
    inLegacyFiles: NONE,
  },
  {
    name: "attestation_key",
    type: oneLine("the path of a file", /\S/),
    default: null,
    summary: "OpenSSH key that orc attest signs with",
    inRepository: [],
    inLegacyFiles: NONE,
  },
  {
    name: "feedback",
    type: BOOLEAN,
    default: true,
    summary: "Whether feedback capture keeps anything",
    variables: [{ name: "ORCHESTRATOR_SKIP_FEEDBACK", translate: optOut }],
    inRepository: [false],
  },
  {
    name: "notice",
    type: BOOLEAN,
    default: true,
    summary: "Whether orc tells once a day of files the Python tool left",
    isForShow: true,
  },
  {
    name: "notify",
    type: NOTIFY,
    default: null,
    summary: "Program or URL that is told when a human is waited for",
    // Whoever names it gets data, or runs: no repository does.
    inRepository: [],
  },
  {
    name: "notify_format",
    type: choice("json", "ntfy", "slack"),
    default: "json",
    summary: "What it is told in: JSON of orc, or what ntfy or Slack takes",
    inRepository: [],
  },
  {
    name: "color",
    type: choice("auto", "always", "never"),
    default: "auto",
    summary: "Whether text is colored; auto colors it on a terminal",
    flag: "no-color",
    isForShow: true,
    variables: [{ name: "NO_COLOR", translate: () => "never" }],
    inLegacyFiles: NONE,
  },
  {
    name: "output",
    type: choice("text", "json"),
    default: "text",
    summary: "What commands print where no flag says so",
    flag: "output",
    isForShow: true,
    inLegacyFiles: NONE,
  },
  {
    name: "secrets",
    type: nameList(
      "names of secrets with commas between them, or a list of them",
      isSecretName,
    ),
    default: null,
    summary: "Secrets that are required besides those the workflow names",
    inLegacyFiles: NONE,
  },
  {
    name: "snapshot_recipients",
    type: nameList(
      "public keys of age with commas between them, or a list of them",
      (text) => /^age1[a-z0-9]{20,2048}$/.test(text),
    ),
    default: null,
    summary: "Public keys of age that snapshots are encrypted to",
    // Who may open what leaves the machine is not for an agent to say.
    inRepository: [],
    inLegacyFiles: NONE,
  },
  {
    name: "store",
    type: STORE,
    default: "file",
    summary: "Where sessions are kept: file, auto, postgres, or your module",
    // It may demand that a team has them together, and not that one has its own apart.
    inRepository: ["postgres"],
  },
  {
    name: "store_pack_after_days",
    type: numberOf("days", 1, 36_500),
    default: 30,
    summary: "Days without a change after which auto packs a session",
    inLegacyFiles: NONE,
  },
  {
    name: "store_pack_over_mb",
    type: numberOf("megabytes", 0.1, 10_000),
    default: 5,
    summary: "Size over which auto packs a session after a day",
    inLegacyFiles: NONE,
  },
  {
    name: "store_url",
    type: STORE_URL,
    default: null,
    summary: "Where the database of store: postgres, or of a module, lies",
    // Whoever names the server gets sessions and password: no repository does.
    inRepository: [],
  },
  {
    name: "store_ca",
    type: oneLine("an absolute path, or one that begins with ~/", KEY_PATH),
    default: null,
    summary: "Certificates, in PEM, of who may sign for that server",
    inRepository: [],
  },
  {
    name: "web_mode",
    type: AUTOMATIC,
    default: "auto",
    summary: "Whether the machine vanishes, so that state must leave it",
  },
  {
    name: "state_branch",
    type: oneLine(
      "the name of a branch",
      /^(?![-./])(?!.*(?:\.\.|\/\/|\/\.))[\w./-]+(?<![./]|\.lock)$/,
    ),
    default: null,
    summary: "Branch that keeps sessions, where a host allows nothing else",
  },
  {
    name: "persist_to",
    type: nameList("git, s3 or git,s3", (text) => /^(?:git|s3)$/.test(text)),
    default: ["git"],
    summary: "Where sessions go that leave the machine",
    inRepository: [],
  },
  {
    name: "persist_s3_url",
    type: BUCKET_URL,
    default: null,
    summary: "Bucket, and prefix in it, of the object storage of persist_to",
    // Whoever names the server gets the sessions: no repository does.
    inRepository: [],
  },
  {
    name: "persist_s3_region",
    type: oneLine("the name of a region", /^[a-z0-9-]{1,40}$/),
    default: null,
    summary: "Region of that bucket; told by its host without it",
    variables: [{ name: "AWS_REGION" }, { name: "AWS_DEFAULT_REGION" }],
    inRepository: [],
  },
  {
    name: "persist_after",
    type: choice("update", "phase", "finish", "never"),
    default: "phase",
    summary: "After what a session leaves a machine that vanishes",
  },
  {
    name: "persist_interval_seconds",
    type: seconds(0, MAX_SECONDS),
    default: 60,
    summary: "How long nothing leaves again, but after a phase or the end",
  },
  {
    name: "persist_max_session_mb",
    type: numberOf("megabytes", 0.1, 100),
    default: 5,
    summary: "How large a session may be that leaves the machine",
  },
  {
    name: "persist_max_total_mb",
    type: numberOf("megabytes", 0.1, 10_000),
    default: 50,
    summary: "How large all sessions together may be that leave the machine",
  },
  {
    name: "persist_recipient",
    type: oneLine("a recipient of age, age1...", /^age1[0-9a-z]{20,2000}$/),
    default: null,
    summary: "Who can open what leaves the machine; without it all who see it",
    inRepository: [],
  },
  {
    name: "secrets_repo",
    type: oneLine(
      "OWNER/REPOSITORY",
      /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*$/,
    ),
    default: null,
    summary: "GitHub repository that secrets are looked up in",
    isPlanned: true,
  },
] as const satisfies readonly SettingRow[];

export type SettingName = typeof ROWS[number]["name"];

/** One setting: all that validation, lists, documentation and the environment are made from. */
export interface Setting extends SettingRow {
  readonly name: SettingName;
  /** The version of orc that has had it first. */
  readonly since: string;
}

/** Every setting, in the order in which people see them. */
export const SETTINGS: readonly Setting[] = ROWS.map((row: SettingRow) => ({
  since: "0.1.0",
  .../^(?:store|notify)/.test(row.name) ? { inLegacyFiles: NONE } : {},
  ...row.name.startsWith("persist_")
    ? { inLegacyFiles: NONE, aliases: [{ name: row.name.replace("_", ".") }] }
    : {},
  ...row,
  name: row.name as SettingName,
}));

/** Finds a setting by its name or another one that files may use. */
export function findSetting(name: string): Setting | undefined {
  return SETTINGS.find((setting) =>
    spellingsOf(setting).some((each) => each.name === name)
  );
}

/** The setting of a name that is certainly one. */
export function settingNamed(name: SettingName): Setting {
  const found = findSetting(name);
  if (found === undefined) throw new Error(`No setting "${name}"`);
  return found;
}

/** All names that a setting may have in files, its own first. */
export function spellingsOf(
  { name, aliases = [] }: Setting,
): readonly SettingAlias[] {
  return [{ name }, ...aliases];
}

/** What a text under a name of a setting stands for; undefined when it says nothing. */
export function meaningOf(
  { translate }: SettingAlias,
  text: string,
): string | undefined {
  return translate === undefined ? text : translate(text);
}

/** The variable of a setting: its name in capitals behind the prefix. */
export function variableOf({ name }: Pick<Setting, "name">): string {
  return `ORCHESTRATOR_${name.toUpperCase()}`;
}

export function countsInRepository(
  { inRepository }: Setting,
  value: SettingValue | null,
): boolean {
  return inRepository?.some((each) => each === value) ?? true;
}

/** The Python tool names the file alone, and calls it in its own way. */
function printingClaude(binary: string): string {
  return `${shellWord(binary)} --print`;
}

function optOut(text: string): string | undefined {
  return text === "1" ? "false" : undefined;
}

/** Reads a value as it is typed on a command line or set in the environment. */
export function readTypedSetting(
  { fit, typed, shown }: SettingType,
  text: string,
): SettingReading {
  const value = fit(typed === undefined ? text : typed(text));
  return value === undefined
    ? { found: quoted(shown?.(text) ?? text) }
    : { value };
}

/** Reads a value as YAML has it: what has another type than its setting is wrong. */
export function readSettingValue(
  { fit, unfit, shown }: SettingType,
  value: unknown,
): SettingReading {
  const seen = unfit === undefined ? value : unfit(value);
  const fitting = fit(
    value instanceof JsonNumber ? Number(value.literal) : value,
  );
  return fitting === undefined
    ? {
      found: describeValue(
        typeof value === "string" ? shown?.(value) ?? seen : seen,
      ),
    }
    : { value: fitting };
}

export function settingText(value: SettingValue): string {
  return isList(value) ? value.join(", ") : String(value);
}

/** Whether a value can be that of a setting which is no list. */
export function isScalarSetting(
  value: unknown,
): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Whether a value is a list, which `Array.isArray` does not tell of one that is readonly. */
export function isList(
  value: SettingValue | null,
): value is readonly string[] {
  return Array.isArray(value);
}
