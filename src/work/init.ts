import { misconfigured, type OrcError } from "../base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  WORKFLOW_SCHEMA_REFERENCE,
} from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import type { ReadyWorkflow } from "../bundled/ready.ts";
import type { HeldLock } from "../files/lock.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { assertOrcFits, loadWorkflow } from "../repository/load.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { BUNDLED } from "../repository/overrides.ts";
import {
  activeSession,
  assertPreparable,
  withPreparedRepository,
} from "../repository/prepare.ts";
import { readOverrides } from "../repository/said.ts";
import { unlessDamaged } from "../session/entries.ts";
import { IGNORE_EVERYTHING } from "../session/repository.ts";
import { workflowJsonSchema } from "../workflow/json_schema.ts";
import { invalidWorkflow, type Problem } from "../workflow/problem.ts";
import { requireApproval } from "./change.ts";

/** How a repository is set up. */
export interface InitOptions extends RepositoryOptions {
  /** Lets git track `.orchestrator/`; takes effect the first time only. */
  readonly portable?: boolean;
  /**
   * Writes workflow.yaml anew and keeps the old one under another name: an act of a human, who
   * types `replace`.
   */
  readonly force?: boolean;
  /** Which of the workflows that come with orc is written, such as `bugfix`; `standard` without it. */
  readonly workflow?: string;
  /** Tells what would be done, asks nobody, and does nothing. */
  readonly dryRun?: boolean;
}

/** A repository that is set up. */
export interface Initialized {
  /** Where it is; no session. */
  readonly place: Place;
  /** The directory that holds `.orchestrator/`, absolute. */
  readonly root: string;
  /** Where workflow.yaml lies, absolute; not the root in a linked worktree. */
  readonly workingTree: string;
  /** Whether workflow.yaml was written, or was there and kept. */
  readonly workflow: "written" | "kept";
  /**
   * New name of the workflow.yaml that was there, such as `workflow.yaml.1.bak`; null when none was
   * replaced.
   */
  readonly kept: string | null;
  /** Id of the caller's own session that is active; null without one, or where it cannot be read. */
  readonly activeSession: string | null;
  /** Whether it was only told, and nothing done. */
  readonly dryRun: boolean;
  /** What the workflow that was written does not check, and what went wrong meanwhile. */
  readonly warnings: readonly string[];
}

/**
 * Makes `.orchestrator/` with the JSON Schema of workflow.yaml and, where there is none, a
 * workflow.yaml for the kind of project it finds. May be repeated. Nothing else needs it.
 *
 * Requires `--allow-read`, and `--allow-write` for the root.
 *
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if `force` is set and no
 *   human says yes
 * @throws {OrcError} `no_such_workflow` (not_found) if none of that name comes with orc
 * @throws {OrcError} `symbolic_link`, `not_a_directory` or `invalid_meta` (corrupt) if something
 *   else lies in the place of `.orchestrator/` or a part of it
 */
export async function initRepository(
  host: Host,
  options: InitOptions = {},
): Promise<Initialized> {
  const repository = openRepository(host, options, {
    portable: true,
    force: true,
    workflow: true,
    dryRun: true,
  });
  const { layout } = repository;
  const { portable = false, force = false, dryRun = false } = options;
  const { workflow } = repositoryLayout(repository.found.workingTree);
  const kind = fileKind(workflow);
  const isReplaced = force && kind !== "absent";
  if (isReplaced && kind !== "file") throw notReplaceable(workflow, kind);
  if (isReplaced && !dryRun) {
    const act = { request: "replace workflow.yaml", confirmation: "replace" };
    await requireApproval(host, repository, act, "orc init --force");
  }
  const schema = JSON.stringify(await workflowJsonSchema(), null, 2);
  const { bundleFor } = await import("../repository/bundle.ts");
  const bundled = bundleFor(
    repository.found.workingTree,
    undefined,
    "written",
    options.workflow,
  );
  const work = (lock: HeldLock): Written => {
    writeSchema(layout, `${schema}\n`, lock);
    // Under the lock: another `init` may have written it meanwhile.
    const isKept = !isReplaced && fileKind(workflow) !== "absent";
    return isKept ? KEPT : writeWorkflow(repository, bundled.text, lock);
  };
  const plan = (): Written => {
    assertPreparable(host, repository);
    return kind !== "absent" && !isReplaced ? KEPT : writtenOver(workflow);
  };
  const warnings: string[] = [];
  const how = { portable, warnings };
  const written = dryRun
    ? plan()
    : await withPreparedRepository(host, repository, how, work);
  if (portable && textAt(layout.gitignore)?.startsWith(IGNORE_EVERYTHING)) {
    warnings.push(
      `--portable changes nothing any more: empty "${layout.gitignore}" to let git track what lies beside it`,
    );
  }
  if (options.workflow !== undefined && written.workflow === "kept") {
    warnings.push(
      `"${options.workflow}" is not written: there is a workflow.yaml; to replace it, a human runs: orc init --force --workflow ${options.workflow}`,
    );
  }
  // What is damaged is for doctor, and keeps nobody from setting up.
  const active = await unlessDamaged(
    () => activeSession(host, repository),
    [],
  );
  return {
    place: placeOf(repository, null),
    root: repository.found.root,
    workingTree: repository.found.workingTree,
    ...written,
    activeSession: active?.id ?? null,
    dryRun,
    warnings: written.workflow === "written"
      ? [...bundled.warnings, ...warnings]
      : warnings,
  };
}

type Written = Pick<Initialized, "workflow" | "kept">;

const KEPT: Written = { workflow: "kept", kept: null };

function notReplaceable(path: string, kind: string): OrcError {
  return misconfigured(
    "not_a_regular_file",
    `Cannot replace "${path}": it is a ${kind} and not a regular file`,
    { path, hint: "move it away, then run: orc init" },
  );
}

/** Git gets to see it: whoever clones workflow.yaml needs what its first line names. */
function writeSchema(
  { workflowSchema, gitignore }: RepositoryLayout,
  schema: string,
  { token }: HeldLock,
): void {
  const shown = `${IGNORE_EVERYTHING}!/${nameOf(workflowSchema)}\n`;
  if (textAt(workflowSchema) !== schema) {
    writeAtomic(workflowSchema, schema, { token });
  }
  // What somebody else wrote into it stays.
  if (textAt(gitignore) === IGNORE_EVERYTHING) {
    writeAtomic(gitignore, shown, { token });
  }
}

function textAt(path: string): string | undefined {
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  return bytes && new TextDecoder().decode(bytes);
}

/** Where editors with YAML support look for the schema of a file. */
const SCHEMA_LINE =
  `# yaml-language-server: $schema=${WORKFLOW_SCHEMA_REFERENCE}\n`;

/** Staged inside `.orchestrator/`, so that a crash leaves nothing beside workflow.yaml. */
function writeWorkflow(
  { found, layout }: Repository,
  bundled: string,
  { token }: HeldLock,
): Written {
  const { workflow: path } = repositoryLayout(found.workingTree);
  // In a linked worktree, the schema does not lie beside the file.
  const isBeside = found.workingTree === found.root;
  const header = isBeside ? SCHEMA_LINE : "";
  const text = `${header}${bundled}`;
  const written = writtenOver(path);
  // A second name, so that a crash never leaves the repository without a workflow.yaml.
  if (written.kept !== null) {
    Deno.linkSync(path, joinPath(parentDirectory(path) ?? "", written.kept));
  }
  writeAtomic(path, new TextEncoder().encode(text), {
    token,
    stagingDirectory: layout.directory,
  });
  return written;
}

/** What becomes of a file in the place of the one that is written. */
function writtenOver(path: string): Written {
  const kept = fileKind(path) === "absent" ? null : nameOf(freeName(path));
  return { workflow: "written", kept };
}

function freeName(path: string): string {
  for (let number = 1;; number++) {
    const name = `${path}.${number}.bak`;
    if (fileKind(name) === "absent") return name;
  }
}

/** The file to look at. */
export interface ValidateOptions extends RepositoryOptions {
  /** A file other than workflow.yaml; looked for in the working directory, then in the repository. */
  readonly file?: string;
}

/** A workflow that can be used, and what is doubtful in it. */
export interface Validated {
  /** Where it was looked for; no session. */
  readonly place: Place;
  /** The file, absolute; null when there is none and the bundled workflow was checked. */
  readonly path: string | null;
  /** What the workflow is called; shown to people. */
  readonly name: string;
  /** The author's own numbering, any text. */
  readonly version: string;
  /** How many phases it has. */
  readonly phases: number;
  /** How many items all its phases have. */
  readonly items: number;
  /** What is doubtful in it, in the order of the file; at most 20, none of severity `error`. */
  readonly problems: readonly Problem[];
  /** What the bundled workflow does not check in this project. */
  readonly warnings: readonly string[];
}

/**
 * Checks a workflow file as a start would, with the settings of `.orchestrator.yaml`, and whether
 * its checks and gates can verify anything. Reads only.
 *
 * Requires `--allow-read`; from the sources, or as an npm package on Deno, also
 * `--allow-env=LOG_TOKENS,LOG_STREAM` for the YAML parser.
 *
 * @throws {OrcError} `invalid_yaml` (config) if the file is not YAML
 * @throws {OrcError} `invalid_workflow` (config) if it is no workflow, or a check or gate in it can
 *   verify nothing; all problems at once, the first 20 with their positions in `details.problems`
 * @throws {OrcError} `orc_version` (config) if it asks for another version of orc,
 *   `invalid_overrides` if `.orchestrator.yaml` holds no settings
 * @throws {OrcError} `no_such_workflow` (not_found) if the file named does not exist
 */
export async function validateWorkflow(
  host: Host,
  options: ValidateOptions = {},
): Promise<Validated> {
  const repository = openRepository(host, options, { file: true });
  const loaded = await loadWorkflow(host, repository, {
    file: options.file,
    isStrict: true,
    overrides: readOverrides(repository),
  });
  await assertOrcFits(loaded.workflow, loaded.path);
  if (loaded.warnings.some(({ severity }) => severity === "error")) {
    const { path, warnings } = loaded;
    throw invalidWorkflow(warnings, path ?? undefined, path ?? BUNDLED);
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
    warnings: loaded.unchecked,
  };
}

/** Which of the workflows that come with orc is shown. */
export interface WorkflowsOptions extends RepositoryOptions {
  /** Name of one whose text is wanted; without it none is. */
  readonly name?: string;
}

/** The workflows that come with orc. */
export interface WorkflowList {
  /** Where they would be written; no session. */
  readonly place: Place;
  /** The one that was named; without a name all, first the one that a repository without its own follows. */
  readonly workflows: readonly ReadyWorkflow[];
  /** The one that was named, as YAML with the commands of this project; null without a name. */
  readonly text: string | null;
}

/**
 * Lists the workflows that come with orc, and shows one as it fits the project. Reads only.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `no_such_workflow` (not_found) if none has the name
 */
export async function listWorkflows(
  host: Host,
  options: WorkflowsOptions = {},
): Promise<WorkflowList> {
  const repository = openRepository(host, options, { name: true });
  const { bundleFor } = await import("../repository/bundle.ts");
  const { READY_WORKFLOWS } = await import("../bundled/ready.ts");
  const { workingTree } = repository.found;
  const { name } = options;
  const place = placeOf(repository, null);
  if (name === undefined) {
    return { place, workflows: READY_WORKFLOWS, text: null };
  }
  const { text } = bundleFor(workingTree, undefined, "looked at", name);
  const workflows = READY_WORKFLOWS.filter((one) => one.name === name);
  return { place, workflows, text };
}
