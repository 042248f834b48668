import { OrcError } from "../base/error.ts";
import { maskerOf } from "../base/mask.ts";
import type { Host } from "../host/host.ts";
import { rememberedMasker, rememberMasker } from "../host/shown_masker.ts";
import { openRepository } from "../repository/open.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { MaskedPlace } from "./known_secrets.ts";
import { sessionMasker } from "./masker.ts";

/**
 * Gets to know the secrets before an error is shown, which repeats what its
 * caller said. Where there is no session, those that are kept for the
 * repository are known, and tokens by their shape.
 */
export async function maskFailure(
  host: Host,
  options: SessionOptions,
): Promise<void> {
  if (rememberedMasker(host) !== undefined) return;
  rememberMasker(host, maskerOf([]));
  try {
    const place = await failedPlace(host, options);
    await sessionMasker(host, { ...place, isLenient: true });
  } catch {
    // The error to show is the one that came first; this one may be the same.
    return;
  }
}

async function failedPlace(
  host: Host,
  options: SessionOptions,
): Promise<MaskedPlace> {
  try {
    return await openSession(host, options);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const workflow = { secrets: [], phases: [] };
    return { repository: openRepository(host, options), workflow };
  }
}
