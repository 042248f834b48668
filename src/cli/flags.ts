import { OrcError } from "../base/error.ts";
import { nearest } from "../base/suggest.ts";
import type { FlagSpec } from "../commands/command.ts";

/** A command line while it is being read. */
export interface Cursor {
  readonly argv: readonly string[];
  position: number;
  /** Whether `--` was read: from there on everything is an argument. */
  flagsEnded: boolean;
  readonly given: Given;
}

/** Values by the name of their flag or argument; a switch has one empty value. */
export type Given = Map<string, readonly string[]>;

/** One use of a flag, as it was written. */
interface FlagUse {
  readonly flag: FlagSpec;
  readonly spelling: string;
  /** The value when it stands in the same argument. */
  readonly attached: string | undefined;
}

/** Reads flags up to the next argument that is none, and returns that one; undefined at the end. */
export function nextWord(
  cursor: Cursor,
  flags: readonly FlagSpec[],
): string | undefined {
  for (;;) {
    const argument = cursor.argv[cursor.position++];
    if (argument === undefined) return undefined;
    if (cursor.flagsEnded || !/^-./s.test(argument)) return argument;
    if (argument === "--") cursor.flagsEnded = true;
    else if (argument.startsWith("--")) readLongFlag(cursor, flags, argument);
    else readShortFlags(cursor, flags, argument);
  }
}

function readLongFlag(
  cursor: Cursor,
  flags: readonly FlagSpec[],
  argument: string,
): void {
  const equals = argument.indexOf("=");
  const spelling = equals < 0 ? argument : argument.slice(0, equals);
  const attached = equals < 0 ? undefined : argument.slice(equals + 1);
  const use = { flag: findFlag(flags, spelling), spelling, attached };
  refuseFlagAsValue(cursor, flags, use);
  take(cursor, use);
}

/** Reads `-q`, several switches as in `-qy`, and values as in `-nTEXT` or `-n=TEXT`. */
function readShortFlags(
  cursor: Cursor,
  flags: readonly FlagSpec[],
  argument: string,
): void {
  const letters = Array.from(argument.slice(1));
  for (const [index, letter] of letters.entries()) {
    const spelling = `-${letter}`;
    const flag = findFlag(flags, spelling);
    const rest = letters.slice(index + 1).join("");
    if (flag.value !== undefined && rest !== "") {
      take(cursor, { flag, spelling, attached: rest.replace(/^=/, "") });
      return;
    }
    const use = { flag, spelling, attached: undefined };
    refuseFlagAsValue(cursor, flags, use);
    take(cursor, use);
  }
}

/** Who leaves a value out means the flag behind it, and must not lose it. */
function refuseFlagAsValue(
  { argv, position }: Cursor,
  flags: readonly FlagSpec[],
  { flag, spelling, attached }: FlagUse,
): void {
  const next = argv[position] ?? "";
  const takesNext = flag.value !== undefined && attached === undefined;
  if (!takesNext || !next.startsWith("--")) return;
  if (!flags.some((other) => spellingsOf(other).includes(next))) return;
  throw new OrcError(
    "usage",
    "missing_value",
    `Flag "${spelling}" needs a value: ${flag.value}`,
    { hint: `to give it that text write --${flag.name}=${next}` },
  );
}

function findFlag(flags: readonly FlagSpec[], spelling: string): FlagSpec {
  const found = flags.find((flag) => spellingsOf(flag).includes(spelling));
  if (found !== undefined) return found;
  throw new OrcError(
    "usage",
    "unknown_flag",
    `Unknown flag "${spelling}"`,
    { hint: hintFor(spelling, flags) },
  );
}

function hintFor(
  spelling: string,
  flags: readonly FlagSpec[],
): string | undefined {
  if (/[\s\d]/.test(spelling)) {
    return 'put -- before an argument that begins with "-"';
  }
  const meant = nearest(spelling, flags.flatMap(spellingsOf));
  return meant === undefined ? undefined : `use ${meant}`;
}

function spellingsOf({ name, short, aliases }: FlagSpec): readonly string[] {
  const long = [name, ...aliases ?? []].map((each) => `--${each}`);
  return short === undefined ? long : [...long, `-${short}`];
}

function take(cursor: Cursor, use: FlagUse): void {
  const { flag, spelling } = use;
  const earlier = cursor.given.get(flag.name) ?? [];
  if (earlier.length > 0 && !flag.repeatable) {
    throw new OrcError(
      "usage",
      "repeated_flag",
      `Flag "${spelling}" was given twice`,
      { hint: `give --${flag.name} once` },
    );
  }
  cursor.given.set(flag.name, [...earlier, valueOf(cursor, use)]);
}

function valueOf(cursor: Cursor, use: FlagUse): string {
  const { flag, spelling, attached } = use;
  if (flag.value === undefined) {
    if (attached === undefined) return "";
    throw new OrcError(
      "usage",
      "unexpected_value",
      `Flag "${spelling}" takes no value`,
      { hint: `use ${spelling} alone` },
    );
  }
  const value = attached ?? cursor.argv[cursor.position++];
  if (value !== undefined) return value;
  throw new OrcError(
    "usage",
    "missing_value",
    `Flag "${spelling}" needs a value: ${flag.value}`,
  );
}
