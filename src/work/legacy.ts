import { conflict, OrcError } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { writeCurrent } from "../session/create.ts";
import {
  adoptLegacy,
  readAdoption,
  readLegacyState,
} from "../session/legacy.ts";
import { readCurrent } from "../session/read.ts";

/** Moves a legacy session's state to the new place; the old files stay. Safe to repeat. */
export async function adoptLegacySession(
  host: Host,
  repository: Repository,
  id: string,
): Promise<void> {
  const { layout } = repository;
  const work = async ({ token }: { token: string }): Promise<void> => {
    const legacy = await readLegacyState(layout);
    // A migration was faster: the session is in its new place.
    if (legacy === undefined && isStored(layout, id)) return;
    if (legacy?.session.id !== id) throw vanished(layout.legacyState);
    const localTime = host.localNow();
    await adoptLegacy(layout, legacy, { localTime, token });
    if (readCurrent(layout) === undefined) {
      writeCurrent(layout, legacy.session.id, token);
    }
  };
  await withPreparedRepository(host, repository, { portable: false }, work);
}

function isStored({ root }: RepositoryLayout, id: string): boolean {
  return fileKind(sessionLayout(root, id).directory) === "directory";
}

function vanished(path: string): OrcError {
  return conflict(
    "legacy_state_gone",
    `"${path}" was removed or replaced while its session was being adopted`,
    { path, hint: "orc status" },
  );
}

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
