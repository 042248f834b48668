import { OrcError } from "../base/error.ts";
import type { Repository } from "../repository/open.ts";
import { readAdoption } from "../session/adopt.ts";
import { readLegacyState } from "../session/legacy.ts";

/** Says so when a legacy state lies beside the new one and holds something else. */
export async function legacyConflict(
  { layout }: Repository,
): Promise<readonly string[]> {
  try {
    const legacy = await readLegacyState(layout);
    if (!legacy) return [];
    const adopted = readAdoption(layout, legacy.session.id);
    if (adopted === legacy.sha256) return [];
  } catch (error) {
    // A legacy file that cannot be read differs from anything.
    if (!(error instanceof OrcError)) throw error;
  }
  return [
    `Both "${layout.directory}" and "${layout.legacyState}" hold a session; the first one is used`,
  ];
}
