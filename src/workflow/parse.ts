import * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import { leadsOut } from "../base/path.ts";
import { nearest } from "../base/text.ts";
import { type CommandPlan, fillTemplate, planCommand } from "./command.ts";
import { carriersOf } from "./definition.ts";
import { EVIDENCE_SCHEMAS } from "./evidence.ts";
import {
  formatPath,
  invalidWorkflow,
  type Locate,
  mostTelling,
  type Path,
  placeProblem,
  type Problem,
  type ProblemDraft,
} from "./problem.ts";
import {
  KNOWN_KEYS,
  schemaProblems,
  type WorkflowFile,
  workflowSchema,
} from "./schema.ts";
import { findWrongSettings, noStringKey, readSettings } from "./settings.ts";
import type { Item, Phase, Verification, Workflow } from "./types.ts";
import { describeValue, entriesOf, quote } from "./value.ts";

/** What {@linkcode parseWorkflow} may be told about the input. */
export interface ParseWorkflowOptions {
  /** Finds entries in the file, for line and column of problems. Without it problems have none. */
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

/*
 * What the schema cannot see: keys it does not know, and ids that occur
 * twice. Works on files that are wrong in other places too, so that all
 * problems are found at once.
 */

/** A mapping somewhere in a workflow file. */
interface Mapping {
  readonly kind: keyof typeof KNOWN_KEYS;
  readonly path: Path;
  readonly members: ReadonlyMap<unknown, unknown>;
}

function* mappingsOf(input: unknown): Generator<Mapping> {
  const workflow = mappingAt(input, "workflow", []);
  if (workflow === undefined) return;
  yield workflow;
  for (const phase of listed(workflow, "phases", "phase")) {
    yield phase;
    for (const item of listed(phase, "items", "item")) {
      yield item;
      const path = [...item.path, "verification"];
      const verification = item.members.get("verification");
      const mapping = mappingAt(verification, "verification", path);
      if (mapping !== undefined) yield mapping;
    }
  }
}

function mappingAt(
  value: unknown,
  kind: Mapping["kind"],
  path: Path,
): Mapping | undefined {
  const entries = entriesOf(value);
  return entries && { kind, path, members: new Map(entries) };
}

function listed(
  parent: Mapping,
  key: string,
  kind: Mapping["kind"],
): readonly Mapping[] {
  const list = parent.members.get(key);
  if (!Array.isArray(list)) return [];
  return list.flatMap((member: unknown, index) =>
    mappingAt(member, kind, [...parent.path, key, index]) ?? []
  );
}

/** Finds keys that mean nothing to orc, and keys that are no strings. */
function findUnknownKeys(input: unknown): readonly ProblemDraft[] {
  return [...mappingsOf(input)].flatMap((mapping) =>
    [...mapping.members.keys()].flatMap((key) => unknownKey(mapping, key))
  );
}

function unknownKey(
  { kind, path }: Mapping,
  key: unknown,
): readonly ProblemDraft[] {
  if (typeof key !== "string") {
    return kind === "workflow" ? [noStringKey(path, key)] : [{
      ...UNKNOWN_KEY,
      path,
      message: `Unknown key, ${describeValue(key)}`,
    }];
  }
  // Such keys are the author's own, for anchors above all.
  if (KNOWN_KEYS[kind].includes(key) || key.startsWith("x-")) return [];
  const meant = nearest(key, KNOWN_KEYS[kind]);
  const advice = meant === undefined ? "" : `: did you mean "${meant}"?`;
  const message = `Unknown key ${quote(key)}${advice}`;
  return [{ ...UNKNOWN_KEY, path: [...path, key], message }];
}

const UNKNOWN_KEY = { code: "unknown_key", severity: "warning" } as const;

/** Finds phase and item ids that occur more than once, anywhere in the workflow. */
function findDuplicateIds(
  input: unknown,
  locate: Locate,
): readonly ProblemDraft[] {
  const mappings = [...mappingsOf(input)];
  return (["phase", "item"] as const).flatMap((kind) =>
    duplicatesAmong(mappings.filter((mapping) => mapping.kind === kind), locate)
  );
}

function duplicatesAmong(
  mappings: readonly Mapping[],
  locate: Locate,
): readonly ProblemDraft[] {
  const firstPaths = new Map<string, Path>();
  const duplicates: ProblemDraft[] = [];
  for (const mapping of mappings) {
    const id = mapping.members.get("id");
    if (typeof id !== "string") continue;
    const path = [...mapping.path, "id"];
    const firstPath = firstPaths.get(id);
    if (firstPath === undefined) {
      firstPaths.set(id, path);
      continue;
    }
    duplicates.push({
      code: "duplicate_id",
      severity: "error",
      path,
      message: `Duplicate ${mapping.kind} id ${quote(id)}, first used at ${
        placeText(firstPath, locate)
      }`,
    });
  }
  return duplicates;
}

function placeText(path: Path, locate: Locate): string {
  const position = locate(path);
  return position === undefined
    ? formatPath(path)
    : `${position.line}:${position.column}`;
}

const NAME = /\{\{([\p{L}\p{N}_]+)\}\}/gu;
const NAME_WITH_BLANKS = /\{\{\s*([\p{L}\p{N}_]+)\s*\}\}/gu;

/** Where a text stands, and what its `{{names}}` may stand for. */
interface Site {
  readonly path: Path;
  readonly settings: JsonObject;
}

/** Finds `{{names}}` that will be left as they stand. */
function templateWarnings(text: string, site: Site): ProblemDraft[] {
  const messages = [...undefinedNames(text, site), ...namesWithBlanks(text)];
  return messages.map((message) => ({
    code: "undefined_setting",
    severity: "warning",
    path: site.path,
    message,
  }));
}

function undefinedNames(text: string, { settings }: Site): readonly string[] {
  const names = Array.from(text.matchAll(NAME), ([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !settings.has(name)).map(
    (name) =>
      `No setting is named ${quote(name)}, so {{${name}}} stays as it is`,
  );
}

function namesWithBlanks(text: string): readonly string[] {
  const templates = Array.from(text.matchAll(NAME_WITH_BLANKS));
  return templates.filter(([template]) => /\s/.test(template)).map(
    ([template, name]) =>
      `${quote(template)} stays as it is: write {{${name}}}`,
  );
}

const SUPERVISION_MODES: readonly unknown[] = [
  undefined,
  "supervised",
  "zero_human",
  "hybrid",
];

/** Programs that succeed whatever the agent did. */
const ALWAYS_PASSES = /^(?:(?:\/usr)?\/bin\/)?(?:true|echo|printf|:)$/;

/** Finds what a usable workflow says in vain: checks that cannot fail, names nothing defines. */
function findWarnings(workflow: Workflow): readonly ProblemDraft[] {
  return [
    ...aboutWorkflow(workflow),
    ...workflow.phases.flatMap((phase, phaseIndex) => [
      ...aboutPhase(phase, ["phases", phaseIndex]),
      ...aboutReviews(workflow, phase, ["phases", phaseIndex]),
      ...phase.items.flatMap((item, itemIndex) => {
        const path = ["phases", phaseIndex, "items", itemIndex];
        return [
          ...aboutItem(item, { path, settings: workflow.settings }),
          ...aboutEvidence(item, path),
          ...aboutSecrets(item, path),
        ];
      }),
    ]),
  ];
}

function aboutWorkflow({ phases, settings }: Workflow): ProblemDraft[] {
  const found: ProblemDraft[] = [];
  if (phases.every(({ items }) => items.length === 0)) {
    found.push({
      code: "no_items",
      severity: "error",
      path: ["phases"],
      message: "No phase has an item, so there is nothing to enforce",
    });
  }
  const mode = settings.get("supervision_mode");
  if (!SUPERVISION_MODES.includes(mode)) {
    found.push({
      code: "unknown_supervision_mode",
      severity: "warning",
      path: ["settings", "supervision_mode"],
      message:
        "Unknown supervision mode, counts as supervised: use supervised, zero_human or hybrid",
    });
  }
  return found;
}

function aboutPhase({ exitGate }: Phase, path: Path): ProblemDraft[] {
  if (exitGate === null || exitGate === "human_approval") return [];
  return [{
    code: "unknown_exit_gate",
    severity: "warning",
    path: [...path, "exit_gate"],
    message: `Exit gate ${
      quote(exitGate)
    } has no effect: only human_approval is known`,
  }];
}

/** Only the Python tool can have such a review made, by a model. */
function aboutReviews(
  { phases }: Workflow,
  { requiredReviews }: Phase,
  path: Path,
): ProblemDraft[] {
  const ids = new Set(phases.flatMap(({ items }) => items.map(({ id }) => id)));
  return requiredReviews.flatMap((review, index): ProblemDraft[] => {
    const carriers = carriersOf(review);
    if (carriers.some((id) => ids.has(id))) return [];
    return [{
      code: "review_without_item",
      severity: "warning",
      path: [...path, "required_reviews", index],
      message: `No item carries the required review ${
        quote(review)
      }, so nobody can finish without force: add an item with the id ${
        carriers.map(quote).join(" or ")
      }`,
    }];
  });
}

function aboutItem(item: Item, site: Site): ProblemDraft[] {
  const { verification } = item;
  const path = [...site.path, "verification"];
  switch (verification.type) {
    case "none":
      return item.stepType === "gate" ? [gateWithoutCheck(site.path)] : [];
    case "manual_gate":
      return [];
    case "file_exists":
      return aboutFile(verification, { ...site, path: [...path, "path"] });
    case "command":
      return aboutCommand(verification, { ...site, path });
  }
}

function aboutFile(
  { path: file }: Verification & { readonly type: "file_exists" },
  site: Site,
): ProblemDraft[] {
  const found = templateWarnings(file, site);
  const filled = fillTemplate(file, site.settings);
  if (leadsOut(filled)) {
    found.push({
      code: "path_outside_tree",
      severity: "error",
      path: site.path,
      message: `The path ${
        quote(filled)
      } leads out of the working tree, where no check looks: write one that is relative to it and stays in it`,
    });
  }
  return found;
}

function aboutSecrets(
  { secrets, verification }: Item,
  path: Path,
): ProblemDraft[] {
  if (secrets.length === 0 || verification.type === "command") return [];
  return [{
    code: "secrets_without_effect",
    severity: "warning",
    path: [...path, "secrets"],
    message:
      "Secrets of an item that runs no command have no effect: what the work needs besides goes to the secrets of the workflow",
  }];
}

function aboutEvidence(
  { evidenceSchema: schema, verification }: Item,
  path: Path,
): ProblemDraft[] {
  if (schema === null) return [];
  const place = {
    severity: "warning",
    path: [...path, "evidence_schema"],
  } as const;
  if (verification.type === "manual_gate") {
    const message =
      "Evidence for a manual gate has no effect: a human decides, and looks at what there is";
    return [{ ...place, code: "evidence_without_effect", message }];
  }
  if (EVIDENCE_SCHEMAS.includes(schema)) return [];
  const meant = nearest(schema, EVIDENCE_SCHEMAS);
  const advice = meant === undefined
    ? `known are ${EVIDENCE_SCHEMAS.join(", ")}`
    : `did you mean "${meant}"?`;
  const message = `Unknown evidence schema ${
    quote(schema)
  }, so evidence counts unless it is empty: ${advice}`;
  return [{ ...place, code: "unknown_evidence_schema", message }];
}

function gateWithoutCheck(path: Path): ProblemDraft {
  return {
    code: "gate_without_check",
    severity: "error",
    path,
    message:
      "A gate without verification can verify nothing: give it a command, a file or a manual gate",
  };
}

function aboutCommand(
  { command, expectExitCode }: Verification & { readonly type: "command" },
  { path, settings }: Site,
): ProblemDraft[] {
  const commandPath = [...path, "command"];
  const found = templateWarnings(command, { path: commandPath, settings });
  const plan = planCommand(command, settings);
  if (plan.kind === "invalid") {
    found.push({
      code: "invalid_command",
      severity: "warning",
      path: commandPath,
      message: `The check cannot run: ${plan.problem}`,
    });
  }
  if (expectExitCode === 0 && alwaysPasses(plan)) {
    found.push({
      code: "check_always_passes",
      severity: "error",
      path: commandPath,
      message: `The check ${quote(command)} passes whatever was done`,
    });
  }
  if (expectExitCode < 0 || expectExitCode > 255) {
    found.push({
      code: "unreachable_exit_code",
      severity: "warning",
      path: [...path, "expect_exit_code"],
      message: `No program ends with exit code ${expectExitCode}`,
    });
  }
  return found;
}

function alwaysPasses(plan: CommandPlan): boolean {
  return plan.kind === "words" && ALWAYS_PASSES.test(plan.words[0] ?? "");
}
