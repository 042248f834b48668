import type { Host } from "../host/host.ts";
import { rememberedMasker } from "../host/shown_masker.ts";

/** Where an answer goes. Everything is written when a call returns. */
export interface Streams {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The part of `Deno.stdout` that is used. */
export interface Writer {
  /** Writes what fits and returns how many bytes that were. */
  writeSync(bytes: Uint8Array): number;
}

/** A pipe that another program made non-blocking is asked again after this long. */
const FULL_PIPE_PAUSE_MS = 5;

/** Standard output and standard error of this process. */
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
    stdout: (text) => streams.stdout(masked(text)),
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

/** Writes a whole text, however many pieces the system takes it in. */
export function writeAll(writer: Writer, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    bytes = bytes.subarray(writeSome(writer, bytes));
  }
}

/** Whether the reader of a pipe has gone, as in `orc status | head -1`. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && error.name === "BrokenPipe";
}

function writeSome(writer: Writer, bytes: Uint8Array): number {
  try {
    return writer.writeSync(bytes);
  } catch (error) {
    if (!(error instanceof Error && error.name === "WouldBlock")) throw error;
    pause(FULL_PIPE_PAUSE_MS);
    return 0;
  }
}

function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
