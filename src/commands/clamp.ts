/** Lists that grow without bound: how many entries are given, and what is said of the others. */
import { usage } from "../base/error.ts";
import {
  type Declaration,
  flag,
  type Style,
  type Using,
  type Values,
} from "./command.ts";

/** What stands beside a list that may not be whole. */
export interface Truncation {
  /** Whether entries are left out. */
  readonly truncated: boolean;
  /** How many; null where nobody counted them. */
  readonly more: number | null;
  /** How to get them; null where none are left out. */
  readonly whole: string | null;
}

/** What a person looks through, and an agent can afford. */
const LISTED = 100;

interface Clamp {
  /** Where the lists are in the result, such as `process.errors`. */
  readonly lists: readonly string[];
  /** How many of each are given where nobody says. */
  readonly limit?: number;
  /** A flag of the command with which there is no limit. */
  readonly unless?: string;
}

export type Clamped<Result> = Result & Truncation;

/**
 * A command that gives no more of its lists than `--limit` says. A use case may have left out some
 * itself, and count them in `more`.
 */
export function clamped<Result extends object, Part = unknown>(
  { lists, limit = LISTED, unless }: Clamp,
  declaration: Declaration<Result, Part> & Using<Result>,
): Declaration<Clamped<Result>, Part> {
  const { use, render } = declaration;
  return {
    ...declaration,
    flags: [
      ...declaration.flags ?? [],
      flag(
        "--limit NUMBER",
        `At most this many, ${limit} without it; all for every one`,
        { excludes: unless === undefined ? undefined : [unless] },
      ),
    ],
    async use(host, options, values) {
      const isOpen = unless !== undefined && values.on(unless);
      const most = isOpen ? Infinity : limitOf(values, limit);
      const answer = await use(host, options, values);
      return Object(clamp(answer, lists, most));
    },
    render: (result, style) =>
      [render(Object(result), style), ...truncationLines(result, style)]
        .join("\n"),
  };
}

/**
 * How many of a list are wanted; infinite where all are.
 *
 * @throws {OrcError} `invalid_limit` (usage) if that is no such number
 */
export function limitOf(values: Values, limit = LISTED): number {
  const text = values.text("limit") ?? String(limit);
  if (text === "all") return Infinity;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(
    "invalid_limit",
    "The limit must be a whole number from 1 on, or all",
    "for everything: --limit all",
  );
}

/** The lists without what is beyond the limit, and what is left out of them. */
export function clamp(
  result: object,
  lists: readonly string[],
  limit: number,
): object {
  const before: unknown = Reflect.get(result, "more");
  let more = typeof before === "number" ? before : 0;
  let cut: object = result;
  for (const list of lists) {
    cut = replaced(cut, list.split("."), (entries) => {
      more += Math.max(0, entries.length - limit);
      return entries.slice(0, limit);
    });
  }
  return { ...cut, ...truncationOf(more) };
}

/** What is said of so many that are left out, null where some are that nobody counted. */
export function truncationOf(more: number | null): Truncation {
  const truncated = more !== 0;
  const whole = truncated ? "the same command with --limit all" : null;
  return { truncated, more, whole };
}

/** What is told of a list even where somebody asks for other fields alone; undefined where it is whole. */
export function truncationIn(result: unknown): object | undefined {
  const { truncated, more, whole } = Object(result ?? {});
  return truncated === true && typeof whole === "string"
    ? { truncated, more, whole }
    : undefined;
}

function replaced(
  value: object,
  [name = "", ...below]: readonly string[],
  change: (entries: readonly unknown[]) => readonly unknown[],
): object {
  const member: unknown = Reflect.get(value, name);
  if (typeof member !== "object" || member === null) return value;
  if (below.length > 0) {
    return { ...value, [name]: replaced(member, below, change) };
  }
  return Array.isArray(member) ? { ...value, [name]: change(member) } : value;
}

function truncationLines(
  { more, whole }: Truncation,
  style: Style,
): readonly string[] {
  return whole === null ? [] : [style.dim(`And ${more} more: ${whole}`)];
}
