import {
  canonicalNumberText,
  JsonNumber,
  numberOfLiteral,
} from "../base/json.ts";
import { YamlTime } from "./value.ts";
import { isoTimeOf } from "./yaml_time.ts";

/** What a scalar means, or why it means nothing. */
export type ScalarReading =
  | { readonly value: unknown }
  | { readonly problem: string };

const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER =
  /^[-+]?(?:0b[01_]*[01][01_]*|0x[\da-fA-F_]*[\da-fA-F][\da-fA-F_]*|0[0-7_]*|[1-9][\d_]*(?::[0-5]?\d)*)$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF))$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
const TIME =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

/** YAML's own tags for scalars. */
export const SCALAR_TYPES = [
  "str",
  "null",
  "bool",
  "int",
  "float",
  "timestamp",
  "binary",
] as const;

/** Python refuses longer ones too, because reading them takes quadratic time. */
const MAX_DIGITS = 4300;

/**
 * Says what an unquoted scalar without a tag means in YAML 1.1, exactly as
 * PyYAML has it: `010` is eight, `1:30` ninety, `1e3` and `y` are strings.
 */
export function readScalar(text: string): ScalarReading {
  if (NULL.test(text)) return { value: null };
  if (TRUE.test(text)) return { value: true };
  if (FALSE.test(text)) return { value: false };
  // Only these can begin a number or a date; most scalars are words.
  if (!/^[-+.\d]/.test(text)) return { value: text };
  if (INTEGER.test(text)) return readInteger(text);
  if (FLOAT.test(text)) return readFloat(text);
  if (NOT_A_NUMBER.test(text)) return { value: NaN };
  return TIME.test(text) ? readTime(text) : { value: text };
}

/** Reads a scalar that carries one of YAML's own tags, such as `int`. */
export function readTaggedScalar(type: string, text: string): ScalarReading {
  const reading = readScalar(text);
  switch (type) {
    case "str":
      return { value: text };
    case "null":
      return { value: null };
    case "float":
      return FLOAT.test(text) || NOT_A_NUMBER.test(text)
        ? reading
        : readFloatOfInteger(text);
    case "int":
      return INTEGER.test(text) ? reading : notA("whole number", text);
    case "bool":
      return TRUE.test(text) || FALSE.test(text)
        ? reading
        : notA("boolean", text);
    case "binary":
      return readBinary(text);
    case "timestamp":
      return TIME.test(text) ? reading : notA("date", text);
    default:
      throw new Error(`No tag for scalars: ${type}`);
  }
}

function notA(kind: string, text: string): ScalarReading {
  return { problem: `Expected a ${kind}, found ${JSON.stringify(text)}` };
}

function readInteger(text: string): ScalarReading {
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
  if (digits.length > MAX_DIGITS) {
    return { problem: `A number has at most ${MAX_DIGITS} digits` };
  }
  const sign = text.startsWith("-") ? -1n : 1n;
  const integer = sign * magnitudeOf(digits);
  return { value: numberOfLiteral(integer.toString()) };
}

function magnitudeOf(digits: string): bigint {
  if (digits.includes(":")) {
    return digits.split(":").reduce(
      (sum, part) => sum * 60n + BigInt(part),
      0n,
    );
  }
  return BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

function readFloat(text: string): ScalarReading {
  const literal = text.replaceAll("_", "").toLowerCase();
  if (literal.endsWith(".inf")) {
    return { value: literal.startsWith("-") ? -Infinity : Infinity };
  }
  return {
    value: keepFloat(literal.includes(":") ? inSixties(literal) : literal),
  };
}

function inSixties(literal: string): string {
  const sum = literal.replace(/^[-+]/, "").split(":")
    .reduce((total, part) => total * 60 + Number(part), 0);
  return literal.startsWith("-") ? `-${sum}` : String(sum);
}

function readFloatOfInteger(text: string): ScalarReading {
  const literal = text.replaceAll("_", "");
  const isNumber = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(literal);
  return isNumber ? { value: keepFloat(literal) } : notA("number", text);
}

/** A float that is whole keeps its `.0`, which the Python tool would keep as well. */
function keepFloat(literal: string): number | JsonNumber {
  const number = Number(literal);
  if (!Number.isInteger(number)) return number;
  const spelled = Object.is(number, -0) ? "-0.0" : number.toExponential();
  return new JsonNumber(canonicalNumberText(new JsonNumber(spelled)));
}

function readTime(text: string): ScalarReading {
  const iso = isoTimeOf(text);
  return iso === undefined
    ? { problem: `There is no such date: ${text}` }
    : { value: new YamlTime(iso) };
}

/** Bytes are stored as the text they spell, because JSON has no bytes. */
function readBinary(text: string): ScalarReading {
  const base64 = text.replaceAll(/\s/g, "");
  const isBase64 =
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  if (!isBase64.test(base64)) return notA("text in base64", text);
  const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
  try {
    return { value: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { problem: "The bytes are not UTF-8, so JSON cannot hold them" };
  }
}
