/** What works on the files of sessions is refused where a database keeps them. */
import { refused } from "../base/error.ts";
import type { Repository } from "./open.ts";

/** The same command where sessions are files. */
export const IN_FILES = "ORCHESTRATOR_STORE=file";

/** Copies of a database are its own business. */
export const DATABASE_COPIES =
  "sessions in a database are kept and brought back with it, as by pg_dump; see: orc store status";

/**
 * @throws {OrcError} `store_without_files` (refused) where sessions are no files; the hint is the way on
 *   there
 */
export async function assertInFiles(
  { store, layout: { root } }: Pick<Repository, "store" | "layout">,
  act: string,
  hint: string,
): Promise<void> {
  if ((await store.capabilities()).files) return;
  throw refused(
    "store_without_files",
    `Cannot ${act}: the sessions of "${root}" are not kept in files`,
    { path: root, hint },
  );
}
