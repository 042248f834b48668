import { external } from "../base/error.ts";
import { escapeControls } from "../base/text.ts";
import type { Command, Style, Table, Values } from "../commands/command.ts";
import { type Host, rememberedMasker } from "../host/host.ts";
import type { Presentation } from "./parse.ts";

/** What a command prints for people; what it prints for a program too is only escaped where a person sees it. */
export function resultText(
  command: Command,
  result: unknown,
  style: Style,
): string {
  const isExact = command.isValue === true && !style.isTerminal;
  const text = command.render(isExact ? result : escapeTexts(result), style);
  return text === "" ? "" : `${text}\n`;
}

/** Escapes every text in a result before it is rendered: later a style could not be told from data. */
export function escapeTexts(value: unknown): unknown {
  if (typeof value === "string") return escapeControls(value);
  // Most results are: a copy of all their objects would only be garbage.
  if (isHarmless(value)) return value;
  if (Array.isArray(value)) return value.map(escapeTexts);
  if (value instanceof Map) return new Map(escapeMembers(value));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(escapeMembers(Object.entries(value)));
}

/** Whether there is nothing to escape; false also for what is not looked into. */
function isHarmless(value: unknown): boolean {
  if (typeof value === "string") return escapeControls(value) === value;
  if (Array.isArray(value)) return value.every(isHarmless);
  if (!isPlainObject(value)) return typeof value !== "object" || value === null;
  return Object.keys(value).every((key) =>
    isHarmless(key) && isHarmless(Reflect.get(value, key))
  );
}

function escapeMembers(
  members: Iterable<[unknown, unknown]>,
): [string, unknown][] {
  return Array.from(
    members,
    ([key, member]) => [escapeControls(String(key)), escapeTexts(member)],
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Where an answer goes. Everything is written when a call returns. */
export interface Streams {
  stdout(text: string | Uint8Array): void;
  stderr(text: string): void;
}

/** The part of `Deno.stdout` that is used. */
export interface Writer {
  /** Writes what fits and returns how many bytes that were. */
  writeSync(bytes: Uint8Array): number;
}

/** A pipe that another program made non-blocking is asked again after this long. */
const FULL_PIPE_PAUSE_MS = 5;

export function systemStreams(): Streams {
  return {
    stdout: (text) => writeAll(Deno.stdout, text),
    stderr: (text) => writeAll(Deno.stderr, text),
  };
}

/** Streams that show no secret that is known by the time something is shown. */
export function maskedStreams(host: Host, streams: Streams): Streams {
  const masked = (text: string): string =>
    rememberedMasker(host)?.mask(text) ?? text;
  return {
    stdout: (out) =>
      streams.stdout(typeof out === "string" ? masked(out) : out),
    stderr: (text) => streams.stderr(masked(text)),
  };
}

/** Writes to standard error; when that is impossible too, the exit code must tell all. */
export function tell(streams: Streams, text: string): void {
  try {
    streams.stderr(text);
  } catch {
    return;
  }
}

export function writeAll(writer: Writer, out: string | Uint8Array): void {
  let bytes = typeof out === "string" ? new TextEncoder().encode(out) : out;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writer.writeSync(bytes));
    } catch (error) {
      if (!(error instanceof Error && error.name === "WouldBlock")) throw error;
      const nobody = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(nobody, 0, 0, FULL_PIPE_PAUSE_MS);
    }
  }
}

/** Whether the reader of a pipe has gone, as in `orc status | head -1`. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && error.name === "BrokenPipe";
}

/** Tells people what an answer does not say. */
export function warn(
  { streams, presentation }: Run,
  warnings: readonly string[],
): void {
  if (presentation.quiet) return;
  for (const warning of warnings) {
    tell(streams, `Warning: ${escapeControls(warning)}\n`);
  }
}

/** Prints the answer of a command that was done; false when nobody reads any more. */
export function deliver(
  { streams }: Run,
  command: string,
  out: string | Uint8Array,
): boolean {
  try {
    streams.stdout(out);
    return true;
  } catch (error) {
    if (isBrokenPipe(error)) return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw external(
      "output_failed",
      `Command "${command}" was done, but its result cannot be written: ${reason}`,
      { cause: error, hint: "orc status" },
    );
  }
}

export interface Run {
  readonly argv: readonly string[];
  readonly host: Host;
  readonly streams: Streams;
  readonly table: Table;
  /** Null when the command line named none. */
  commandName: string | null;
  /** Undecided until the command line is read. */
  presentation: Presentation;
  /** Undefined when the command line could not be read. */
  values: Values | undefined;
}
