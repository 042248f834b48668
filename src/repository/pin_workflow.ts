import { OrcError } from "../base/error.ts";
import { type JsonObject, type JsonValue, withFields } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { guardPath } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { SETTINGS } from "../settings/settings.ts";
import { encodeDefinition } from "../workflow/definition.ts";
import { findWrongSettings } from "../workflow/known_settings.ts";
import { readWorkflowText } from "../workflow/read_workflow_text.ts";
import { entriesOf } from "../workflow/value.ts";
import { readSettings } from "../workflow/workflow_settings.ts";
import {
  decodeWorkflowBytes,
  type LoadedWorkflow,
  loadWorkflow,
} from "./load.ts";
import type { Repository } from "./open.ts";
import { assertOrcFits } from "./orc_version.ts";
import { withSupervision } from "./supervise.ts";

type Wrong = ReturnType<typeof findWrongSettings>[number];

/** Which workflow a session follows, and with which commands. */
export interface WorkflowChoice {
  /**
   * A file other than workflow.yaml; looked for in the working directory, then
   * in the repository.
   */
  readonly file?: string;
  /** Wins over the setting `test_command` of the file. */
  readonly testCommand?: string;
  /** Wins over the setting `build_command` of the file. */
  readonly buildCommand?: string;
}

/** A workflow as a session keeps it. */
export interface PinnedWorkflow extends LoadedWorkflow {
  readonly definition: JsonValue;
  /** Where it came from, in the Python tool's keys. */
  readonly metadata: JsonObject;
}

/** Loads a workflow with its overrides, ready to be pinned into a session. Reads only. */
export async function pinWorkflow(
  host: Host,
  repository: Repository,
  { file, testCommand, buildCommand }: WorkflowChoice,
  sessionName: string,
): Promise<PinnedWorkflow> {
  const overrides = withFields(readOverrides(repository), {
    ...(testCommand ? { test_command: testCommand } : {}),
    ...(buildCommand ? { build_command: buildCommand } : {}),
  });
  const loaded = await loadWorkflow(host, repository, {
    file,
    overrides,
    sessionName,
  });
  await assertOrcFits(loaded.workflow, loaded.path);
  const workflow = await withSupervision(host, repository, {
    workflow: loaded.workflow,
    isOwnWord: loaded.path !== null || overrides.has("supervision_mode"),
  });
  return {
    ...loaded,
    workflow,
    definition: encodeDefinition(workflow),
    metadata: new Map<string, JsonValue>([
      ["workflow_yaml_path", loaded.path],
      ["workflow_yaml_checksum", loaded.sha256.slice(0, 16)],
    ]),
  };
}

/** The Python tool's flat overrides of settings, in a file beside workflow.yaml, or moved in. */
export function readOverrides({ found, layout }: Repository): JsonObject {
  const { legacyOverrides } = repositoryLayout(found.workingTree);
  guardPath(layout.root, layout.config);
  const moved = new Map(readFlatSettings(layout.config));
  // Those of orc itself are no part of a workflow.
  for (const { name } of SETTINGS) moved.delete(name);
  return new Map([...moved, ...readFlatSettings(legacyOverrides)]);
}

function readFlatSettings(path: string): JsonObject {
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
  if (bytes === undefined) return new Map();
  const text = decodeWorkflowBytes(bytes, path);
  const { value } = readWorkflowText(text, path);
  if (value === null || value === undefined) return new Map();
  const { settings, problems } = readSettings(value);
  const isMapping = entriesOf(value) !== undefined;
  if (!isMapping || problems.length > 0) throw notFlat(path);
  const [wrong] = findWrongSettings(settings);
  if (wrong !== undefined) throw wrongValue(path, wrong);
  return settings;
}

function wrongValue(path: string, { path: place, message }: Wrong): OrcError {
  return new OrcError(
    "config",
    "invalid_overrides",
    `"${path}" is not valid: ${place.at(-1)}: ${message}`,
    { path, hint: "correct the file or remove it" },
  );
}

function notFlat(path: string): OrcError {
  return new OrcError(
    "config",
    "invalid_overrides",
    `"${path}" does not hold settings, one KEY: VALUE a line`,
    { path, hint: "correct the file or remove it" },
  );
}
