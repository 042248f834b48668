import type { Host } from "../host/host.ts";
import { rememberedMasker } from "../host/shown_masker.ts";
import type { Streams } from "./streams.ts";

/** Streams that show no secret that is known by the time something is shown. */
export function maskedStreams(host: Host, streams: Streams): Streams {
  const masked = (text: string): string =>
    rememberedMasker(host)?.mask(text) ?? text;
  return {
    stdout: (text) => streams.stdout(masked(text)),
    stderr: (text) => streams.stderr(masked(text)),
  };
}
