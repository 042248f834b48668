import { maskerOf } from "../core/mask.ts";
import type { Host } from "../host/host.ts";
import { rememberedMasker, rememberMasker } from "../host/shown_masker.ts";
import { openSession, type SessionOptions } from "./open_session.ts";
import { sessionMasker } from "./session_masker.ts";

/**
 * Gets to know the secrets before an error is shown, which repeats what its
 * caller said. Where there is no session, tokens are known by their shape.
 */
export async function maskFailure(
  host: Host,
  options: SessionOptions,
): Promise<void> {
  if (rememberedMasker(host) !== undefined) return;
  rememberMasker(host, maskerOf([]));
  try {
    await sessionMasker(host, await openSession(host, options));
  } catch {
    // The error to show is the one that came first; this one may be the same.
    return;
  }
}
