/** Where a migration keeps its files while it is under way. */
import { pathsIn, type PathsOf } from "../base/layout.ts";

/** What a migration keeps: while it is being made, while it is pending, and as a backup. */
const MIGRATION_FILES = {
  directory: "",
  /** What it did, or is about to do. */
  record: "record.json",
  /** What is to be put in its place, by its path in `.orchestrator/`. */
  staged: "staged",
  /** Legacy files, by their path in the root. */
  originals: "originals",
  /** What stood in the place of something new, by its path in `.orchestrator/`. */
  replaced: "replaced",
  previous: "previous.json",
  /** What was new and goes, when the migration is taken back. */
  withdrawn: "withdrawn",
  /** What was new and had changed, when the migration was taken back. */
  kept: "kept",
};

export function migrationLayoutAt(
  directory: string,
): PathsOf<typeof MIGRATION_FILES> {
  return pathsIn(directory, MIGRATION_FILES);
}
