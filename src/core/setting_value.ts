import { JsonNumber } from "./json.ts";
import { quoted } from "./text.ts";
import { describeValue } from "./workflow_value.ts";

/** A value of a setting. */
export type SettingValue = string | number | boolean;

/** What a setting can be. */
export type SettingType =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "seconds"; readonly min: number; readonly max: number }
  | {
    readonly kind: "text";
    readonly expected: string;
    readonly pattern: RegExp;
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
  const plain = value instanceof JsonNumber ? Number(value.literal) : value;
  return isSettingValue(plain) && fits(type, plain)
    ? { value: plain }
    : { found: describeValue(value) };
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
  }
}

/** Whether a value can be that of a setting at all. */
export function isSettingValue(value: unknown): value is SettingValue {
  return ["string", "number", "boolean"].includes(typeof value);
}
