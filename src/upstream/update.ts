/** The commits that a workflow file pins what it includes to, brought up to date. */
import { misconfigured, type OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { parseAddress, withoutUser } from "../fetch/address_rules.ts";
import { isReference, resolveReference } from "../fetch/use.ts";
import { readRegularFile } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { decodeWorkflow } from "../repository/load.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { decodeText } from "../repository/said.ts";
import { errorAt, invalidWorkflow, placeProblem } from "../workflow/problem.ts";
import { memberOf } from "../workflow/value.ts";
import { readWorkflowText } from "../workflow/yaml.ts";
import { type PinnedEntry, writePins } from "./pin_rules.ts";

/** How pins are updated. */
export interface UpdateIncludesOptions extends RepositoryOptions {
  /** Tells what would be written, and writes nothing. */
  readonly dryRun?: boolean;
}

/** A file from elsewhere, and the commit that it is taken from. */
export interface IncludePin {
  /** Address of the repository, without user and password. */
  readonly git: string;
  /** Path of the file in it. */
  readonly file: string;
  /** The branch or tag that is followed; `HEAD` is the default branch. */
  readonly ref: string;
  /** The commit, or whatever stood in its place; null where nothing did. */
  readonly from: string | null;
  /** The commit that the branch or tag leads to now. */
  readonly to: string;
}

/** What was brought up to date. */
export interface UpdatedIncludes {
  /** Where it was done; no session. */
  readonly place: Place;
  /** The workflow file, absolute. */
  readonly path: string;
  /** All that are included from elsewhere, in the order of the file. */
  readonly pins: readonly IncludePin[];
  /** Whether the file has another content now, or would have it. */
  readonly changed: boolean;
  /** Whether it was only told, and nothing written. */
  readonly dryRun: boolean;
}

/**
 * Writes into workflow.yaml which commit each branch or tag leads to now that it includes files from. All else
 * in the file stays, comments too, and nothing is written unless the workflow can be used with it. Running
 * sessions keep what they were started with.
 *
 * Requires `--allow-read`, `--allow-write`, and `--allow-run` for git.
 *
 * @throws {OrcError} `fetch_failed` (external) if a branch or tag cannot be found
 * @throws {OrcError} `cannot_edit` (config) if the file is too unusual to be edited by a program
 * @throws {OrcError} `invalid_workflow` or `invalid_yaml` (config) if it cannot be used, before or after
 */
export async function updateIncludes(
  host: Host,
  options: UpdateIncludesOptions = {},
): Promise<UpdatedIncludes> {
  const repository = openRepository(host, options, { dryRun: true });
  const { dryRun = false, signal } = options;
  const { workingTree } = repository.found;
  const path = repositoryLayout(workingTree).workflow;
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  if (bytes === undefined) throw nothingToUpdate(path);
  const text = decodeText(bytes, path);
  const { value, locate } = readWorkflowText(text, path);
  const entries = memberOf(value, "include");
  const pins: (IncludePin & PinnedEntry)[] = [];
  for (
    const [index, entry] of Array.isArray(entries) ? entries.entries() : []
  ) {
    const git = memberOf(entry, "git");
    if (git === undefined) continue;
    const at = ["include", index];
    const address = parseAddress(String(git), "file");
    if ("problem" in address) {
      const problem = errorAt(at, "address_refused", address.problem);
      throw invalidWorkflow([placeProblem(problem, locate)], path);
    }
    const { ref, isNew } = referenceOf(entry);
    const how = { signal };
    const to = await resolveReference(host, address, ref, how);
    const commit = memberOf(entry, "commit");
    pins.push({
      ...{ index, commit: to, to, ref },
      newRef: isNew ? ref : undefined,
      from: typeof commit === "string" ? commit : null,
      git: withoutUser(address.url),
      file: String(memberOf(entry, "file") ?? ""),
    });
  }
  const written = writePins(text, pins, locate);
  if (written === undefined) throw tooUnusual(path);
  const changed = written !== text;
  if (changed) {
    const whole = new TextEncoder().encode(written);
    const reach = { host, tree: workingTree, mayFetch: true, signal };
    await decodeWorkflow(whole, path, { reach });
    assertSamePins(written, path, pins);
    if (!dryRun) {
      await withPreparedRepository(host, repository, {}, ({ token }) => {
        assertUnchanged(path, bytes);
        const stagingDirectory = repository.layout.directory;
        writeAtomic(path, whole, { token, stagingDirectory });
      });
    }
  }
  return {
    place: placeOf(repository, null),
    path,
    pins: pins.map(({ git, file, ref, from, to }) => ({
      ...{ git, file, ref, from, to },
    })),
    ...{ changed, dryRun },
  };
}

/** What an entry follows: what it says, else what it has in the place of a commit, else the default branch. */
function referenceOf(
  entry: unknown,
): { readonly ref: string; readonly isNew: boolean } {
  const [ref, commit] = ["ref", "commit"].map((key) => memberOf(entry, key));
  if (typeof ref === "string") return { ref, isNew: false };
  const isName = typeof commit === "string" && !isObjectId(commit) &&
    isReference(commit);
  return isName ? { ref: commit, isNew: true } : { ref: "HEAD", isNew: false };
}

/** What was written is read again: an edit of a text may miss. */
function assertSamePins(
  text: string,
  path: string,
  pins: readonly PinnedEntry[],
): void {
  const { value } = readWorkflowText(text, path);
  const entries = memberOf(value, "include");
  const isSame = pins.every(({ index, commit }) =>
    Array.isArray(entries) && memberOf(entries[index], "commit") === commit
  );
  if (!isSame) throw tooUnusual(path);
}

function assertUnchanged(path: string, bytes: Uint8Array): void {
  const now = readRegularFile(path, MAX_WORKFLOW_BYTES);
  const isSame = now?.length === bytes.length &&
    now.every((byte, index) => byte === bytes[index]);
  if (isSame) return;
  throw misconfigured("cannot_edit", `"${path}" was changed meanwhile`, {
    path,
    hint: "repeat it: orc include update",
  });
}

function tooUnusual(path: string): OrcError {
  return misconfigured(
    "cannot_edit",
    `Cannot change the commits in "${path}": the file is too unusual to be edited by a program`,
    {
      path,
      hint: "write git, commit and file of each entry in lines of their own",
    },
  );
}

function nothingToUpdate(path: string): OrcError {
  return misconfigured("no_workflow", `There is no "${path}"`, {
    path,
    hint: "write one: orc init",
  });
}
