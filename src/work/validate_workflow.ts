import type { Host } from "../host/host.ts";
import { loadWorkflow } from "../repository/load.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { assertOrcFits } from "../repository/orc_version.ts";
import { readOverrides } from "../repository/pin_workflow.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { invalidWorkflow, type Problem } from "../workflow/problem.ts";

/** The file to look at. */
export interface ValidateOptions extends RepositoryOptions {
  /**
   * A file other than workflow.yaml; looked for in the working directory, then
   * in the repository.
   */
  readonly file?: string;
}

/** A workflow that can be used, and what is doubtful in it. */
export interface Validated {
  /** Where it was looked for; no session. */
  readonly place: Place;
  /**
   * The file, absolute; null when there is none and the bundled workflow was
   * checked.
   */
  readonly path: string | null;
  /** What the workflow is called; shown to people. */
  readonly name: string;
  /** The author's own numbering, any text. */
  readonly version: string;
  /** How many phases it has. */
  readonly phases: number;
  /** How many items all its phases have. */
  readonly items: number;
  /**
   * What is doubtful in it, in the order of the file; at most 20, none of
   * severity `error`.
   */
  readonly problems: readonly Problem[];
}

/**
 * Checks a workflow file as a start would, with the settings of
 * `.orchestrator.yaml`, and whether its checks and gates can verify anything.
 * Reads only.
 *
 * Requires `--allow-read` and, for the YAML parser,
 * `--allow-env=LOG_TOKENS,LOG_STREAM`.
 *
 * @throws {OrcError} `invalid_yaml` (config) if the file is not YAML
 * @throws {OrcError} `invalid_workflow` (config) if it is no workflow, or a
 *   check or gate in it can verify nothing; all problems at once, the first 20
 *   with their positions in `details.problems`
 * @throws {OrcError} `orc_version` (config) if it asks for another version of
 *   orc
 * @throws {OrcError} `invalid_overrides` (config) if `.orchestrator.yaml` holds
 *   no settings
 * @throws {OrcError} `no_such_workflow` (not_found) if the file named does not
 *   exist
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, validateWorkflow } from "@orc/cli";
 *
 * const host = denoHost();
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: idea, name: Idea }] }]`);
 * const { phases, items, problems } = await validateWorkflow(host, { root });
 * assertEquals([phases, items, problems], [1, 1, []]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function validateWorkflow(
  host: Host,
  options: ValidateOptions = {},
): Promise<Validated> {
  const repository = openRepository(host, options);
  const loaded = await loadWorkflow(host, repository, {
    file: options.file,
    overrides: readOverrides(repository),
  });
  await assertOrcFits(loaded.workflow, loaded.path);
  if (loaded.warnings.some(({ severity }) => severity === "error")) {
    throw invalidWorkflow(loaded.warnings, loaded.path ?? undefined);
  }
  const { name, version, phases } = loaded.workflow;
  return {
    place: placeOf(repository, null),
    path: loaded.path,
    name,
    version,
    phases: phases.length,
    items: phases.reduce((count, { items }) => count + items.length, 0),
    problems: loaded.warnings,
  };
}
