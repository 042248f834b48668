/** Which commit a working tree is at, read from git's own files: no git has to run for it. */
import { isObjectId } from "../base/ids.ts";
import { gitLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { findGit } from "./git_index.ts";
import { readRegularFile } from "./read.ts";

/** References that lead to others; git follows five. */
const MAX_STEPS = 5;

/** Tens of thousands of branches and tags. */
const MAX_PACKED_BYTES = 16 * 1024 * 1024;

/** A name that leads nowhere else than into the directories of references. */
const REFERENCE = /^ref: (refs\/(?!.*(?:\.\.|\/\/))[^\0-\x20\x7f]+)$/;

/**
 * The whole id of the commit that a directory's working tree is at; undefined without git, before
 * the first commit, and where references are kept in a form that only git reads (reftable).
 */
export function readHead(directory: string): string | undefined {
  const found = findGit(directory);
  if (found === undefined) return undefined;
  const { gitDirectory, commonDirectory } = found.pointer;
  let text = firstLine(gitLayout(gitDirectory).head);
  for (let step = 0; step < MAX_STEPS; step++) {
    if (isObjectId(text)) return text;
    const name = REFERENCE.exec(text)?.[1];
    if (name === undefined) return undefined;
    // A linked worktree has a few references of its own, and shares the others.
    text = [gitDirectory, commonDirectory]
      .map((place) => firstLine(joinPath(place, name)))
      .find((line) => line !== "") ?? packed(commonDirectory, name);
  }
  return undefined;
}

function firstLine(path: string): string {
  const bytes = readRegularFile(path, MAX_SMALL_FILE_BYTES);
  return new TextDecoder().decode(bytes).split("\n")[0]?.trim() ?? "";
}

/** Where git keeps references that have not moved for a while: `ID NAME` in each line. */
function packed(commonDirectory: string, name: string): string {
  const { packedReferences } = gitLayout(commonDirectory);
  const bytes = readRegularFile(packedReferences, MAX_PACKED_BYTES);
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.find((line) => line.endsWith(` ${name}`))?.split(" ")[0] ?? "";
}
