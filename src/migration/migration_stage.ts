import { joinPath } from "../base/path.ts";
import {
  makeDirectory,
  syncDirectory,
  writeAll,
} from "../files/file_system.ts";
import { NO_LINKS } from "../files/lock_publish.ts";
import { keepAttributes } from "../files/move.ts";
import { codeOf } from "../files/os_code.ts";
import {
  changedMeanwhile,
  type Hash,
  hashFile,
  type NewHash,
  readPieces,
} from "../files/tree.ts";
import { divideLines, ownerOf } from "./legacy_lines.ts";
import type { LegacyFile } from "./migration_facts.ts";
import type { MigrationPlan, MigrationStep } from "./migration_plan.ts";
import type { PlacedFile } from "./record.ts";

/** What is to be put aside, and where. */
export interface StageJob {
  /** Directory the legacy files are in. */
  readonly source: string;
  /** `.orchestrator/`, where some of it may stand already. */
  readonly present: string;
  /** Directory that becomes a picture of `.orchestrator/`; it must be there. */
  readonly directory: string;
  readonly plan: Pick<MigrationPlan, "steps">;
  /** Whether a second name of a file is as good as a copy. */
  readonly canLink: boolean;
  readonly newHash: NewHash;
  readonly workflowOfHash: ReadonlyMap<string, string>;
  readonly onBytes?: (count: number) => void;
}

interface Staged {
  readonly hash: Hash;
  sizeBytes: number;
  /** The legacy file whose mode and time it keeps. */
  like: LegacyFile | undefined;
}

interface Stage extends StageJob {
  /** What was written; what is linked needs no more work. */
  readonly written: Map<string, Staged>;
  readonly linked: PlacedFile[];
  /** Directories that were made. */
  readonly directories: Set<string>;
  mayLink: boolean;
}

/** Puts everything aside, durable and verified. */
export function stageMigration(job: StageJob): readonly PlacedFile[] {
  const stage: Stage = {
    ...job,
    written: new Map(),
    linked: [],
    directories: new Set([job.directory]),
    mayLink: job.canLink,
  };
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
      return divide(stage, step);
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
    { hash: stage.newHash(), sizeBytes: 0, like: undefined };
  staged.hash.update(bytes);
  staged.sizeBytes += bytes.length;
  stage.written.set(to, staged);
  stage.onBytes?.(bytes.length);
}

function ensureParent(stage: Stage, to: string): void {
  const parts = to.split("/").slice(0, -1);
  for (let count = 1; count <= parts.length; count++) {
    const path = joinPath(stage.directory, parts.slice(0, count).join("/"));
    if (stage.directories.has(path)) continue;
    makeDirectory(path);
    stage.directories.add(path);
  }
}

function copy(stage: Stage, from: LegacyFile, to: string): void {
  const path = joinPath(stage.source, from.path);
  const hash = stage.newHash();
  append(stage, to, new Uint8Array());
  readPieces(path, Deno.lstatSync(path), (piece) => {
    hash.update(piece);
    append(stage, to, piece);
  });
  if (hash.digest("hex") !== from.sha256) throw changedMeanwhile(path);
  setLike(stage, to, from);
}

function setLike(stage: Stage, to: string, from: LegacyFile): void {
  const staged = stage.written.get(to);
  if (staged !== undefined) staged.like = from;
}

function link(stage: Stage, from: LegacyFile, to: string): void {
  if (!stage.mayLink) return copy(stage, from, to);
  ensureParent(stage, to);
  const [source, path] = [
    joinPath(stage.source, from.path),
    joinPath(stage.directory, to),
  ];
  try {
    Deno.linkSync(source, path);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error;
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
  { from, to }: MigrationStep & { readonly type: "divide" },
): void {
  const { file, role } = from;
  const path = joinPath(stage.source, file.path);
  if (hashFile(path, stage.newHash) !== file.sha256) {
    throw changedMeanwhile(path);
  }
  divideLines(path, ownerOf(role, stage.workflowOfHash), (owner, bytes) => {
    const target = to.get(owner);
    if (target !== undefined) append(stage, target, bytes);
  });
  for (const target of to.values()) setLike(stage, target, file);
}

const NEWLINE = 10;

/** Adds what stands in the new place behind what came before it, on a line of its own. */
function appendPresent(stage: Stage, to: string): void {
  const path = joinPath(stage.present, to);
  const staged = joinPath(stage.directory, to);
  if (stage.written.has(to) && !endsLine(staged)) {
    append(stage, to, new Uint8Array([NEWLINE]));
  }
  readPieces(path, Deno.lstatSync(path), (piece) => append(stage, to, piece));
}

function endsLine(path: string): boolean {
  const file = Deno.openSync(path, { read: true });
  try {
    const { size } = file.statSync();
    if (size === 0) return true;
    file.seekSync(size - 1, 0);
    const last = new Uint8Array(1);
    file.readSync(last);
    return last[0] === NEWLINE;
  } finally {
    file.close();
  }
}

const NEW_FILE_MODE = 0o644;

/** Reads back what was written, and makes it durable as it is meant to stay. */
function verified(
  stage: Stage,
  to: string,
  { hash, sizeBytes, like }: Staged,
): PlacedFile {
  const path = joinPath(stage.directory, to);
  const sha256 = hash.digest("hex");
  if (hashFile(path, stage.newHash) !== sha256) {
    throw new Error(`the copy "${path}" is not what was written`);
  }
  if (like === undefined) Deno.chmodSync(path, NEW_FILE_MODE);
  else keepAttributes(path, like);
  const file = Deno.openSync(path, { read: true });
  try {
    file.syncSync();
  } finally {
    file.close();
  }
  return { path: to, sizeBytes, sha256 };
}
