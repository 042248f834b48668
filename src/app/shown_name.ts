import { OrcError } from "../core/error.ts";
import type { RepositoryLayout } from "../core/layout.ts";
import { readSessionName } from "../store/session_meta.ts";

/** The name of a session that was read; a damaged `meta.json` becomes a warning, and hides nothing else. */
export function shownName(
  layout: RepositoryLayout,
  id: string,
  warnings: string[],
): string | null {
  try {
    return readSessionName(layout, id);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    warnings.push(error.message);
    return null;
  }
}
