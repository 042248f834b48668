import * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import { findWrongSettings } from "./known_settings.ts";
import {
  invalidWorkflow,
  type Locate,
  mostTelling,
  placeProblem,
  type Problem,
  type ProblemDraft,
} from "./problem.ts";
import { type WorkflowFile, workflowSchema } from "./schema.ts";
import type { Item, Phase, Verification, Workflow } from "./types.ts";
import { entriesOf } from "./value.ts";
import { schemaProblems } from "./workflow_schema_problems.ts";
import { readSettings } from "./workflow_settings.ts";
import { findDuplicateIds, findUnknownKeys } from "./workflow_structure.ts";
import { findWarnings } from "./workflow_warnings.ts";

/** What {@linkcode parseWorkflow} may be told about the input. */
export interface ParseWorkflowOptions {
  /**
   * Finds entries in the file, for line and column of problems. Without it
   * problems have none.
   */
  readonly locate?: Locate;
  /** Name of the file in messages and in the path of an error. */
  readonly source?: string;
  /** Settings from elsewhere that win over the file's own. */
  readonly overrides?: JsonObject;
}

/** A workflow that can be used, and what may be wrong with it all the same. */
export interface ParsedWorkflow {
  /** What the file defines, with everything filled in that it leaves out. */
  readonly workflow: Workflow;
  /**
   * At most 20, in the order of the file; those of severity `error` make a
   * check or gate worthless.
   */
  readonly warnings: readonly Problem[];
}

/**
 * Checks what workflow.yaml holds and fills in what it leaves out.
 *
 * Mappings may be plain objects or `Map`s; only a `Map` keeps keys such as
 * `10` in their place and keys that are no strings.
 *
 * Accepts and normalises what the Python tool does, except for what is
 * certainly a mistake:
 *
 * | in the file                              | Python tool                   | here    |
 * | ---------------------------------------- | ----------------------------- | ------- |
 * | a phase id twice                         | items silently not enforced   | refused |
 * | an item id twice, in any phase           | the last one wins             | refused |
 * | `file_exists` without a path, or a blank | fails when it is checked      | refused |
 * | `command` without a command, or a blank  | reads a command from stdin    | refused |
 * | no phases                                | refused by `start` only       | refused |
 * | an item id of more than 100 characters   | accepted                      | refused |
 * | an exit code beyond 2^53                 | accepted                      | refused |
 *
 * @throws {OrcError} `invalid_workflow` (config) if it cannot be used; all
 *   problems at once, the first 20 of them in `details.problems`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseWorkflow } from "@orc/cli";
 *
 * const items = [{ id: "idea", name: "Idea", requird: false }];
 * const phases = [{ id: "PLAN", name: "Plan", items }];
 * const { workflow, warnings } = parseWorkflow({ name: "Tiny", phases });
 *
 * assertEquals(workflow.phases[0]?.items[0]?.required, true);
 * assertEquals(warnings[0]?.path, "phases[0].items[0].requird");
 * assertEquals(warnings[0]?.code, "unknown_key");
 * ```
 */
export function parseWorkflow(
  input: unknown,
  options: ParseWorkflowOptions = {},
): ParsedWorkflow {
  const { locate = () => undefined, source } = options;
  const place = (draft: ProblemDraft) => placeProblem(draft, locate);
  const unknownKeys = findUnknownKeys(input);
  const checked = v.safeParse(workflowSchema, input);
  const { settings, problems } = readSettings(settingsIn(input));
  const errors = [
    ...schemaProblems(checked.issues ?? [], locate),
    ...findDuplicateIds(input, locate),
    ...problems,
    ...findWrongSettings(settings),
    ...unknownKeys.filter(({ severity }) => severity === "error"),
  ];
  if (!checked.success || errors.length > 0) {
    const drafts = new Set([...errors, ...unknownKeys]);
    throw invalidWorkflow([...drafts].map(place), source);
  }
  const all = new Map([...settings, ...options.overrides ?? []]);
  const workflow = toWorkflow(checked.output, all);
  const warnings = [...unknownKeys, ...findWarnings(workflow)].map(place);
  return { workflow, warnings: mostTelling(warnings) };
}

function settingsIn(input: unknown): unknown {
  return new Map(entriesOf(input)).get("settings");
}

function toWorkflow(file: WorkflowFile, settings: JsonObject): Workflow {
  const { name, version, description, orc, phases, secrets } = file;
  return {
    name,
    version,
    description,
    orc,
    phases: phases.map(toPhase),
    settings,
    secrets,
  };
}

function toPhase(phase: WorkflowFile["phases"][number]): Phase {
  return {
    id: phase.id,
    name: phase.name,
    description: phase.description,
    items: phase.items.map(toItem),
    exitGate: phase.exit_gate,
    notes: phase.notes,
    requiredReviews: phase.required_reviews,
    phaseType: phase.phase_type,
    intendedTools: phase.intended_tools,
    agent: phase.agent,
    executor: phase.executor,
  };
}

type ItemFile = WorkflowFile["phases"][number]["items"][number];

function toItem(item: ItemFile): Item {
  return {
    id: item.id,
    name: item.name,
    description: item.description,
    ...enforcementOf(item),
    skipConditions: item.skip_conditions,
    verification: toVerification(item.verification),
    notes: item.notes,
    stepType: item.step_type,
    evidenceSchema: item.evidence_schema,
    evidencePrompt: item.evidence_prompt,
    agent: item.agent,
    timeoutSeconds: item.timeout_seconds,
    risk: item.risk,
    workingDir: item.working_dir,
    secrets: item.secrets,
  };
}

/** Gates and required items cannot be made optional; manual gates are skippable only on named conditions. */
function enforcementOf(item: ItemFile): Pick<Item, "required" | "skippable"> {
  if (item.step_type === "gate" || item.step_type === "required") {
    return { required: true, skippable: false };
  }
  const isBareManualGate = item.verification.type === "manual_gate" &&
    item.skip_conditions.length === 0;
  return {
    required: item.required,
    skippable: item.skippable && !isBareManualGate,
  };
}

function toVerification(file: ItemFile["verification"]): Verification {
  const { type, description } = file;
  switch (type) {
    case "file_exists":
      return { type, description, path: present(file.path) };
    case "command":
      return {
        type,
        description,
        command: present(file.command),
        expectExitCode: file.expect_exit_code,
      };
    default:
      return { type, description };
  }
}

function present(text: string | null): string {
  if (text === null) throw new Error("The schema let an empty check pass");
  return text;
}
