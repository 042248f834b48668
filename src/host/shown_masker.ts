import type { Masker } from "../base/mask.ts";
import type { Host } from "./host.ts";

/** Tiny, because every command asks here: what knows secrets is loaded only by those that use them. */
const maskers = new WeakMap<Host, Masker>();

/** Has everything masked that this machine shows from now on. */
export function rememberMasker(host: Host, masker: Masker): void {
  maskers.set(host, masker);
}

/** The masker of what this machine shows; undefined as long as no secret is known. */
export function rememberedMasker(host: Host): Masker | undefined {
  return maskers.get(host);
}
