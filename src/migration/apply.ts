import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, STAGING_PREFIX } from "../base/layout.ts";
import { migrationLayoutAt } from "../transfer/layout.ts";
import { MAX_MIGRATION_RECORD_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { asOrcError, isWithoutLinks, reasonOf } from "../files/errors.ts";
import type { HeldLock } from "../files/lock.ts";
import { guardPath, isThere, readRegularFile } from "../files/read.ts";
import {
  changedMeanwhile,
  type Hash,
  hashFile,
  isUnchanged,
  type LegacyFile,
  type NewHash,
  readPieces,
} from "../files/tree.ts";
import {
  discard,
  keepAttributes,
  makeDirectory,
  publish,
  syncDirectory,
  writeAll,
  writeAtomic,
  writeNewFile,
} from "../files/write.ts";
import {
  encodeMigrationRecord,
  type MigrationRecord,
  type PlacedFile,
} from "../transfer/record.ts";
import { finishMigration, undoMigration } from "../transfer/settle.ts";
import { divideLines, ownerOf } from "./scan_lines.ts";
import type {
  LegacyLinesFile,
  MigrationPlan,
  MigrationStep,
} from "./session_plan.ts";

interface StageJob {
  /** Directory the legacy files are in. */
  readonly source: string;
  /** `.orchestrator/`, where some of it may stand already. */
  readonly present: string;
  /** Directory that becomes a picture of `.orchestrator/`; it must be there. */
  readonly directory: string;
  readonly plan: Pick<MigrationPlan, "steps">;
  readonly canLink: boolean;
  readonly newHash: NewHash;
  readonly workflowOfHash: ReadonlyMap<string, string>;
  readonly onBytes?: (count: number) => void;
}

interface MigrationJob extends Omit<StageJob, "present" | "directory"> {
  readonly layout: RepositoryLayout;
  readonly lock: HeldLock;
  readonly plan: MigrationPlan;
  /** What is known about it before it is done. */
  readonly about: Omit<MigrationRecord, "placed">;
}

/**
 * Does all of a migration; returns what could not be moved, as sentences for people. What counts
 * and cannot be finished is left to the next command, or taken back as a whole.
 */
export function applyMigration(
  job: MigrationJob,
  autoRollback: boolean,
): readonly string[] {
  const { layout, lock, newHash } = job;
  const { record } = commitMigration(job);
  try {
    return finishMigration(layout, record, newHash);
  } catch (error) {
    const cause = asOrcError(error, "finish the migration in", layout.root);
    if (autoRollback) undoMigration({ layout, lock, record, newHash });
    if (!(cause instanceof OrcError)) throw cause;
    const { kind, path, hint } = cause;
    const why = reasonOf(cause);
    if (autoRollback) {
      const message = `The migration failed and was taken back: ${why}`;
      const more = { path, hint, cause };
      throw new OrcError(kind, "migration_rolled_back", message, more);
    }
    const message = `The migration counts, but is not finished: ${why}`;
    const more = { path, hint: "finish it: orc migrate", cause };
    throw new OrcError(kind, "migration_unfinished", message, more);
  }
}

/**
 * Puts everything new aside and makes it count with one rename, that of the record; until then
 * nothing is changed, and the rest is only moving things into their places, which can be repeated.
 * Only the holder of the repository's lock may, and of the locks of the sessions that are changed.
 *
 * @throws {OrcError} conflict `legacy_changed` if somebody else changed something since it was
 *   planned; nothing is changed then
 */
export function commitMigration(
  job: MigrationJob,
): { readonly record: MigrationRecord } {
  const { layout, lock } = job;
  const staging = joinPath(layout.directory, `${STAGING_PREFIX}${lock.token}`);
  try {
    assertAsPlanned(job);
    const record = stage(job, staging);
    assertAsPlanned(job);
    lock.assertHeld();
    publish(staging, layout.migrationPending);
    syncDirectory(layout.directory);
    writeRecord(job, record);
    return { record };
  } catch (error) {
    discard(staging);
    throw asOrcError(error, "migrate the files in", job.source);
  }
}

/** From this rename on the migration counts. */
function writeRecord(
  { layout, lock }: MigrationJob,
  record: MigrationRecord,
): void {
  try {
    writeAtomic(layout.migrationRecord, encodeMigrationRecord(record), {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
  } catch (error) {
    discard(layout.migrationPending);
    throw error;
  }
}

function stage(job: MigrationJob, staging: string): MigrationRecord {
  const { layout, about } = job;
  const paths = migrationLayoutAt(staging);
  makeDirectory(staging);
  for (const path of [paths.staged, paths.originals, paths.replaced]) {
    makeDirectory(path);
  }
  const placed = stageMigration({
    ...job,
    present: layout.directory,
    directory: paths.staged,
  });
  const record = { ...about, placed };
  const previous = readRegularFile(
    layout.migrationRecord,
    MAX_MIGRATION_RECORD_BYTES,
  );
  if (previous !== undefined) writeNewFile(paths.previous, previous);
  writeNewFile(paths.record, encodeMigrationRecord(record));
  syncDirectory(staging);
  return record;
}

/** What was planned holds for these files only. */
function assertAsPlanned({ layout, source, plan }: MigrationJob): void {
  const changed = plan.files.find((file) => !isUnchanged(source, file));
  if (changed !== undefined) {
    throw changedMeanwhile(joinPath(source, changed.path));
  }
  for (const { path, replaces } of plan.units) {
    const target = joinPath(layout.directory, path);
    guardPath(layout.root, target);
    if (isThere(target) !== replaces) throw changedMeanwhile(target);
  }
}

/** A file that was written, and is still to be read back. */
interface Staged {
  readonly hash: Hash;
  sizeBytes: number;
  endsLine: boolean;
}

function newStage(job: StageJob) {
  return {
    ...job,
    mayLink: job.canLink,
    /** What is linked needs no more work. */
    written: new Map<string, Staged>(),
    linked: new Array<PlacedFile>(),
    /** The legacy files whose mode and time a new one keeps. */
    likes: new Map<string, LegacyFile>(),
    /** Directories that were made. */
    directories: new Set([job.directory]),
  };
}

type Stage = ReturnType<typeof newStage>;

/** Puts everything aside, durable and verified. */
export function stageMigration(job: StageJob): readonly PlacedFile[] {
  const stage = newStage(job);
  for (const step of job.plan.steps) perform(stage, step);
  const written = Array.from(
    stage.written,
    ([path, staged]) => verified(stage, path, staged),
  );
  // The innermost first; each once, however many files lie in it.
  for (const directory of [...stage.directories].reverse()) {
    syncDirectory(directory);
  }
  return [...written, ...stage.linked];
}

function perform(stage: Stage, step: MigrationStep): void {
  switch (step.type) {
    case "text":
      return append(stage, step.to, new TextEncoder().encode(step.text));
    case "copy":
      return copy(stage, step.from, step.to);
    case "link":
      return link(stage, step.from, step.to);
    case "divide":
      return divide(stage, step.from, step.to);
    case "append":
      return appendPresent(stage, step.to);
  }
}

function append(stage: Stage, to: string, bytes: Uint8Array): void {
  const path = joinPath(stage.directory, to);
  const known = stage.written.get(to);
  if (known === undefined) ensureParent(stage, to);
  const file = Deno.openSync(
    path,
    known === undefined
      ? { createNew: true, write: true, mode: 0o600 }
      : { append: true },
  );
  try {
    writeAll(file, bytes);
  } finally {
    file.close();
  }
  const staged = known ??
    { hash: stage.newHash(), sizeBytes: 0, endsLine: true };
  staged.hash.update(bytes);
  staged.sizeBytes += bytes.length;
  if (bytes.length > 0) staged.endsLine = bytes.at(-1) === NEWLINE;
  stage.written.set(to, staged);
  stage.onBytes?.(bytes.length);
}

function ensureParent({ directory, directories }: Stage, to: string): void {
  const parts = to.split("/").slice(0, -1);
  for (let count = 1; count <= parts.length; count++) {
    const path = joinPath(directory, parts.slice(0, count).join("/"));
    if (directories.has(path)) continue;
    makeDirectory(path);
    directories.add(path);
  }
}

function appendFrom(stage: Stage, to: string, path: string): string {
  const hash = stage.newHash();
  readPieces(path, Deno.lstatSync(path), (piece) => {
    hash.update(piece);
    append(stage, to, piece);
  });
  return hash.digest("hex");
}

function copy(stage: Stage, from: LegacyFile, to: string): void {
  const path = joinPath(stage.source, from.path);
  append(stage, to, new Uint8Array());
  if (appendFrom(stage, to, path) !== from.sha256) throw changedMeanwhile(path);
  stage.likes.set(to, from);
}

function link(stage: Stage, from: LegacyFile, to: string): void {
  if (!stage.mayLink) return copy(stage, from, to);
  ensureParent(stage, to);
  const source = joinPath(stage.source, from.path);
  const path = joinPath(stage.directory, to);
  try {
    Deno.linkSync(source, path);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
    stage.mayLink = false;
    return copy(stage, from, to);
  }
  // It is the file itself: as long as it was when it was hashed, it is the same.
  const { size, mtime } = Deno.lstatSync(path);
  if (size !== from.sizeBytes || mtime?.getTime() !== from.mtimeMs) {
    throw changedMeanwhile(source);
  }
  const sha256 = from.sha256 ?? "";
  stage.linked.push({ path: to, sizeBytes: size, sha256 });
  stage.onBytes?.(size);
}

function divide(
  stage: Stage,
  { file, role }: LegacyLinesFile,
  to: ReadonlyMap<string, string>,
): void {
  const path = joinPath(stage.source, file.path);
  if (hashFile(path, stage.newHash) !== file.sha256) {
    throw changedMeanwhile(path);
  }
  divideLines(path, ownerOf(role, stage.workflowOfHash), (owner, bytes) => {
    const target = to.get(owner);
    if (target !== undefined) append(stage, target, bytes);
  });
  for (const target of to.values()) stage.likes.set(target, file);
}

const NEWLINE = 10;

/** Adds what stands in the new place behind what came before it, on a line of its own. */
function appendPresent(stage: Stage, to: string): void {
  if (stage.written.get(to)?.endsLine === false) {
    append(stage, to, new Uint8Array([NEWLINE]));
  }
  appendFrom(stage, to, joinPath(stage.present, to));
}

const NEW_FILE_MODE = 0o644;

/** Reads back what was written, and makes it durable as it is meant to stay. */
function verified(
  stage: Stage,
  to: string,
  { hash, sizeBytes }: Staged,
): PlacedFile {
  const path = joinPath(stage.directory, to);
  const sha256 = hash.digest("hex");
  if (hashFile(path, stage.newHash) !== sha256) {
    throw new Error(`the copy "${path}" is not what was written`);
  }
  const like = stage.likes.get(to);
  // Windows syncs only what was opened to be written, which its mode may forbid from here on.
  const file = Deno.openSync(path, { append: true });
  try {
    if (like === undefined) Deno.chmodSync(path, NEW_FILE_MODE);
    else keepAttributes(path, like);
    file.syncSync();
  } finally {
    file.close();
  }
  return { path: to, sizeBytes, sha256 };
}
