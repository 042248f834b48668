import { JsonNumber } from "../base/json.ts";
import { quoted } from "../base/text.ts";
import { describeValue } from "../workflow/value.ts";

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
