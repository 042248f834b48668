/** A workflow with all that it includes, and where each item of it comes from. */
import { jsonObject } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { SESSION_NAME } from "../base/names.ts";
import type { Host } from "../host/host.ts";
import { loadWorkflow, SAMPLE_NAME } from "../repository/load.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import type { Problem } from "../workflow/problem.ts";
import { readMapping } from "../workflow/value.ts";

/** Which workflow is put together. */
export interface ResolveOptions extends RepositoryOptions {
  /** A file other than workflow.yaml; looked for in the working directory, then in the repository. */
  readonly file?: string;
}

/** An item, and where it is defined. */
export interface ItemOrigin {
  /** Id of its phase. */
  readonly phaseId: string;
  /** Id of the item. */
  readonly itemId: string;
  /** The file: a path, or the address and the commit in which it lies. */
  readonly file: string;
  /** The line in that file, from 1; null where nobody knows it. */
  readonly line: number | null;
}

/** A file that the workflow includes, itself or by way of another. */
export interface IncludedSource {
  /** The file: a path, or the address and the commit in which it lies. */
  readonly file: string;
  /** SHA-256 of what it held. */
  readonly sha256: string;
  /** Whether a commit of the repository says what it holds: not where it lies outside. */
  readonly reviewed: boolean;
}

/** A workflow that was put together. */
export interface ResolvedWorkflow {
  /** Where it was looked for; no session. */
  readonly place: Place;
  /** The file, absolute; null when there is none and it is the bundled workflow. */
  readonly path: string | null;
  /** The whole workflow as YAML, without any include. */
  readonly text: string;
  /** Its items in their order. */
  readonly items: readonly ItemOrigin[];
  /** What was included, in the order in which it was read. */
  readonly included: readonly IncludedSource[];
  /** What is doubtful in it; at most 20. */
  readonly problems: readonly Problem[];
}

/**
 * Puts a workflow together from the files that it includes, and says where each item comes from. Fetches
 * what is not kept on this machine yet; changes nothing in the repository.
 *
 * Requires `--allow-read`; `--allow-run` and `--allow-write` for the user's directory where something is
 * fetched.
 *
 * @throws {OrcError} `invalid_workflow` or `invalid_yaml` (config) with all problems at once
 * @throws {OrcError} `fetch_failed` (external) if a commit cannot be had, `fetched_refused` (config) if it
 *   holds what orc does not take
 * @throws {OrcError} `no_such_workflow` (not_found) if the file named does not exist
 */
export async function resolveWorkflow(
  host: Host,
  options: ResolveOptions = {},
): Promise<ResolvedWorkflow> {
  const repository = openRepository(host, options, { file: true });
  const loaded = await loadWorkflow(host, repository, {
    ...{ file: options.file, isStrict: true },
    ...{ mayFetch: true, signal: options.signal, isPlaced: true },
    // What stands for the name of a session goes on standing for it, and is nothing that nobody defines.
    sessionName: `{{${SESSION_NAME}}}`,
    overrides: jsonObject({ [SESSION_NAME]: SAMPLE_NAME }),
  });
  const { placed } = loaded;
  if (placed === undefined) throw new Error("The workflow has no places");
  const { stringify } = await import("yaml");
  const { mapping } = readMapping(placed.value, []);
  const text = stringify(JSON.parse(printJson(mapping)), {
    ...{ version: "1.1", lineWidth: 0 },
  });
  return {
    place: placeOf(repository, null),
    path: loaded.path,
    text,
    items: placed.origins,
    included: placed.files.map(({ source, sha256, isReviewed }) => ({
      ...{ file: source, sha256, reviewed: isReviewed },
    })),
    problems: loaded.warnings,
  };
}
