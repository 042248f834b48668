import * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import { leadsOut } from "../base/path.ts";
import { assertOptions } from "../base/text.ts";
import { planCommand } from "./command.ts";
import { carriersOf, decodeDefinition } from "./definition.ts";
import { EVIDENCE_SCHEMAS } from "./evidence.ts";
import { foreignWorkflow } from "./foreign.ts";
import { WORKFLOW_KEYS } from "./keys.ts";
import {
  didYouMean,
  errorAt,
  formatPath,
  invalidWorkflow,
  type Locate,
  mostTelling,
  type Path,
  placeProblem,
  type Problem,
  type ProblemDraft,
  warningAt,
} from "./problem.ts";
import { findUnresolved, schemaProblems, workflowSchema } from "./schema.ts";
import { whyUnfailing } from "./shell_list.ts";
import { findWrongSizes, withSizes } from "./sizes.ts";
import {
  APPROVAL_TIMEOUT,
  approvalTimeoutMinutes,
  isManual,
  MAX_APPROVAL_TIMEOUT_MINUTES,
  supervisionMode,
} from "./supervision.ts";
import { fillTemplate } from "./template.ts";
import type { Item, Phase, Workflow } from "./types.ts";
import {
  describeValue,
  entriesOf,
  noStringKey,
  quote,
  readMapping,
} from "./value.ts";

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
  /** At most 20, in the order of the file; an `error` makes a check or gate worthless. */
  readonly warnings: readonly Problem[];
}

/**
 * Checks what workflow.yaml holds and fills in what it leaves out, as the Python tool does; docs/workflow.md
 * lists what only orc refuses. Of mappings only `Map`s keep keys such as `10` in place, and keys of other types.
 *
 * @throws {OrcError} `invalid_workflow` (config); all problems at once, the first 20 in `details.problems`
 * @throws {OrcError} `unknown_option` (usage), with the name that may be meant
 */
export function parseWorkflow(
  input: unknown,
  options: ParseWorkflowOptions = {},
): ParsedWorkflow {
  assertOptions(options, ["locate", "source", "overrides"]);
  const { locate = () => undefined, source } = options;
  const place = (draft: ProblemDraft) => placeProblem(draft, locate);
  const foreign = foreignWorkflow(input);
  // What it lacks to be a workflow says nothing to whoever meant another file.
  if (foreign !== undefined) throw invalidWorkflow([place(foreign)], source);
  const unknownKeys = [...findUnknownKeys(input)];
  const checked = v.safeParse(workflowSchema, input);
  const { mapping: settings, problems } = readMapping(
    new Map(entriesOf(input)).get("settings"),
    ["settings"],
  );
  const errors = [
    ...findUnresolved(input),
    ...schemaProblems(checked.issues ?? [], locate),
    ...findDuplicateIds(input, locate),
    ...problems,
    ...findWrongSettings(settings),
    ...findWrongApprovals(settings),
    ...unknownKeys.filter(({ severity }) => severity === "error"),
  ];
  if (!checked.success || errors.length > 0) {
    const drafts = new Set([...errors, ...unknownKeys]);
    throw invalidWorkflow([...drafts].map(place), source);
  }
  const all = new Map([...settings, ...options.overrides ?? []]);
  const workflow = toWorkflow(checked.output, all);
  const wrongSizes = [...findWrongSizes(workflow)];
  if (wrongSizes.length > 0) {
    throw invalidWorkflow(wrongSizes.map(place), source);
  }
  const warnings = [...unknownKeys, ...findWarnings(workflow)].map(place);
  return { workflow, warnings: mostTelling(warnings) };
}

/** What passed the schema is what a session pins, and is read like it. */
function toWorkflow(file: object, settings: JsonObject): Workflow {
  const { mapping } = readMapping({ ...file, settings }, []);
  const workflow = withSizes(decodeDefinition(mapping), mapping);
  const phases = workflow.phases
    .map((phase) => ({ ...phase, items: phase.items.map(enforced) }));
  return { ...workflow, phases };
}

/** Gates and required items cannot be made optional; manual gates are skippable only on named conditions. */
function enforced(item: Item): Item {
  const { stepType, verification, skipConditions } = item;
  if (stepType === "gate" || stepType === "required") {
    return { ...item, required: true, skippable: false };
  }
  const isBareManualGate = verification.type === "manual_gate" &&
    skipConditions.length === 0;
  return { ...item, skippable: item.skippable && !isBareManualGate };
}

/*
 * What the schema cannot see: keys it does not know, and ids that occur
 * twice. Works on files that are wrong in other places too, so that all
 * problems are found at once.
 */

interface Mapping {
  readonly kind: Exclude<keyof typeof WORKFLOW_KEYS, "settings">;
  readonly path: Path;
  readonly members: ReadonlyMap<unknown, unknown>;
}

function* mappingsOf(input: unknown): Generator<Mapping> {
  const workflow = mappingAt(input, "workflow", []);
  if (workflow === undefined) return;
  yield workflow;
  const limits = workflow.members.get("size_limits");
  for (const [size, value] of entriesOf(limits) ?? []) {
    const limit = mappingAt(value, "limits", ["size_limits", `${size}`]);
    if (limit !== undefined) yield limit;
  }
  for (const phase of listed(workflow, "phases", "phase")) {
    yield phase;
    for (const item of listed(phase, "items", "item")) {
      yield item;
      const path = [...item.path, "verification"];
      const verification = item.members.get("verification");
      const mapping = mappingAt(verification, "verification", path);
      if (mapping === undefined) continue;
      yield mapping;
      const prove = mapping.members.get("prove");
      const proof = mappingAt(prove, "proof", [...path, "prove"]);
      if (proof !== undefined) yield proof;
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
function* findUnknownKeys(input: unknown): Generator<ProblemDraft> {
  for (const { kind, path, members } of mappingsOf(input)) {
    const known = Object.keys(WORKFLOW_KEYS[kind]);
    for (const key of members.keys()) {
      if (typeof key !== "string") {
        yield kind === "workflow"
          ? noStringKey(path, key)
          : unknownKey(path, key);
        continue;
      }
      // Such keys are the author's own, for anchors above all.
      if (known.includes(key) || key.startsWith("x-")) continue;
      const message = `Unknown key ${quote(key)}${didYouMean(key, known)}`;
      yield warningAt([...path, key], "unknown_key", message);
    }
  }
}

/** YAML reads more as something else than people think, such as `on` and `no`. */
function unknownKey(path: Path, key: unknown): ProblemDraft {
  const found = describeValue(key);
  const draft = warningAt(path, "unknown_key", `Unknown key, ${found}`);
  const spelled = (text: string) =>
    `Unknown key ${quote(text)}, which YAML reads as ${found}`;
  return { ...draft, wrongKey: { key, spelled } };
}

function* findDuplicateIds(
  input: unknown,
  locate: Locate,
): Generator<ProblemDraft> {
  const mappings = [...mappingsOf(input)];
  for (const kind of ["phase", "item"]) {
    const firsts = new Map<string, string>();
    for (const mapping of mappings) {
      const id = mapping.members.get("id");
      if (mapping.kind !== kind || typeof id !== "string") continue;
      const path = [...mapping.path, "id"];
      const position = locate(path);
      const place = position && `${position.line}:${position.column}`;
      const first = firsts.get(id);
      firsts.set(id, first ?? place ?? formatPath(path));
      if (first === undefined) continue;
      const message = `Duplicate ${kind} id ${quote(id)}, first used at `;
      yield errorAt(path, "duplicate_id", message + first);
    }
  }
}

/** Finds values that orc cannot take for settings it knows; all other settings are the author's. */
export function findWrongSettings(
  settings: JsonObject,
): readonly ProblemDraft[] {
  const isGiven = settings.has(APPROVAL_TIMEOUT);
  if (!isGiven || approvalTimeoutMinutes(settings) !== undefined) return [];
  const found = describeValue(settings.get(APPROVAL_TIMEOUT));
  const message =
    `Expected a number of minutes above 0, at most ${MAX_APPROVAL_TIMEOUT_MINUTES}, found ${found}`;
  return [errorAt(["settings", APPROVAL_TIMEOUT], "invalid_value", message)];
}

/** Finds signed approvals of which nobody could say whose they have to be. */
function findWrongApprovals(settings: JsonObject): readonly ProblemDraft[] {
  if (settings.get("approvals") !== "signed") return [];
  const approvers = settings.get("approvers") ?? "";
  const isFile = typeof approvers === "string" && approvers.trim() !== "" &&
    !/[\\\0:]/.test(approvers) && !leadsOut(approvers);
  if (isFile) return [];
  const message =
    "approvals: signed needs the file of the approvers, below the working tree, such as approvers: .github/approvers";
  return [errorAt(["settings", "approvers"], "invalid_value", message)];
}

/** Finds what a usable workflow says in vain: checks that cannot fail, names nothing defines. */
function* findWarnings(workflow: Workflow): Generator<ProblemDraft> {
  const { phases, settings } = workflow;
  if (phases.every(({ items }) => items.length === 0)) {
    const message = "No phase has an item, so there is nothing to enforce";
    yield errorAt(["phases"], "no_items", message);
  }
  const mode = settings.get("supervision_mode");
  if (mode !== undefined && mode !== supervisionMode(workflow)) {
    yield warningAt(
      ["settings", "supervision_mode"],
      "unknown_supervision_mode",
      "Unknown supervision mode, counts as supervised: use supervised, zero_human or hybrid",
    );
  }
  const approvals = settings.get("approvals");
  if (approvals !== undefined && approvals !== "signed") {
    yield warningAt(
      ["settings", "approvals"],
      "unknown_approvals",
      "Unknown approvals, has no effect: only signed is known in a workflow",
    );
  } else if (
    approvals === "signed" && supervisionMode(workflow) !== "supervised"
  ) {
    yield warningAt(
      ["settings", "supervision_mode"],
      "signed_unsupervised",
      "Some manual gates pass without a yes, signed or not: use supervised",
    );
  }
  const environment = settings.get("check_environment");
  if (
    environment !== undefined &&
    !["filtered", "clean", "inherit"].some((known) => known === environment)
  ) {
    yield warningAt(
      ["settings", "check_environment"],
      "unknown_check_environment",
      "Unknown environment of checks, has no effect: use filtered, clean or inherit",
    );
  }
  const ids = new Set(phases.flatMap(({ items }) => items.map(({ id }) => id)));
  for (const [phaseIndex, phase] of phases.entries()) {
    const path = ["phases", phaseIndex];
    yield* aboutPhase(phase, ids, path);
    for (const [itemIndex, item] of phase.items.entries()) {
      const site = { path: [...path, "items", itemIndex], settings };
      yield* aboutVerification(item, site);
      yield* aboutItem(item, site.path);
      yield* aboutShown(item, site);
    }
  }
}

function* aboutPhase(
  { exitGate, requiredReviews }: Phase,
  ids: ReadonlySet<string>,
  path: Path,
): Generator<ProblemDraft> {
  if (exitGate !== null && exitGate !== "human_approval") {
    const name = quote(exitGate);
    const message =
      `Exit gate ${name} has no effect: only human_approval is known`;
    yield warningAt([...path, "exit_gate"], "unknown_exit_gate", message);
  }
  // Only the Python tool can have a review made without an item, by a model.
  for (const [index, review] of requiredReviews.entries()) {
    const carriers = carriersOf(review);
    if (carriers.some((id) => ids.has(id))) continue;
    const name = quote(review);
    const wanted = carriers.map(quote).join(" or ");
    const message =
      `No item carries the required review ${name}, so nobody can finish without force: add an item with the id ${wanted}`;
    const place = [...path, "required_reviews", index];
    yield warningAt(place, "review_without_item", message);
  }
}

const VERIFIES_NOTHING =
  "A gate without verification waits for a human's word, as a manual gate does: write manual_gate, or give it a command or a file";
const VAIN_EVIDENCE =
  "Evidence for a manual gate has no effect: a human decides, and looks at what there is";
const NO_FILE =
  "The path is that of a directory, and the check asks for a file: add directory: true";
const VAIN_SECRETS =
  "Secrets of an item that runs no command have no effect: what the work needs besides goes to the secrets of the workflow";

/** A path that can name nothing but a directory. */
const IS_DIRECTORY = /(?:^|\/)\.{0,2}$/;

/** Where a text stands, and what its `{{names}}` may stand for. */
interface Site {
  readonly path: Path;
  readonly settings: JsonObject;
}

function* aboutVerification(
  { verification, stepType }: Item,
  { path, settings }: Site,
): Generator<ProblemDraft> {
  const below = (key: string) => [...path, "verification", key];
  switch (verification.type) {
    case "none":
      if (stepType !== "gate") return;
      yield warningAt(path, "gate_without_check", VERIFIES_NOTHING);
      return;
    case "file_exists": {
      const site = { path: below("path"), settings };
      yield* aboutFile(verification.path, site);
      if (!verification.directory && IS_DIRECTORY.test(verification.path)) {
        yield errorAt(site.path, "file_is_directory", NO_FILE);
      }
      return;
    }
    case "command": {
      const { command, expectExitCode } = verification;
      const site = { path: below("command"), settings };
      yield* aboutCommand(command, expectExitCode === 0, site);
      if (expectExitCode >= 0 && expectExitCode <= 255) return;
      const message = `No program ends with exit code ${expectExitCode}`;
      yield warningAt(
        below("expect_exit_code"),
        "unreachable_exit_code",
        message,
      );
    }
  }
}

function* aboutFile(file: string, site: Site): Generator<ProblemDraft> {
  yield* aboutNames(file, site);
  const filled = fillTemplate(file, site.settings);
  if (!leadsOut(filled)) return;
  const name = quote(filled);
  const message =
    `The path ${name} leads out of the working tree, where no check looks: write one that is relative to it and stays in it`;
  yield errorAt(site.path, "path_outside_tree", message);
}

/** Programs that succeed whatever the agent did. */
const ALWAYS_PASSES = /^(?:(?:\/usr)?\/bin\/)?(?:true|echo|printf|:)$/;

function* aboutCommand(
  command: string,
  hasToSucceed: boolean,
  site: Site,
): Generator<ProblemDraft> {
  yield* aboutNames(command, site);
  const plan = planCommand(command, site.settings);
  if (plan.kind === "invalid") {
    const message = `The check cannot run: ${plan.problem}`;
    yield warningAt(site.path, "invalid_command", message);
  }
  const [program = ""] = plan.kind === "words" ? plan.words : [];
  if (hasToSucceed && ALWAYS_PASSES.test(program)) {
    const message = `The check ${quote(command)} passes whatever was done`;
    yield errorAt(site.path, "check_always_passes", message);
  } else if (hasToSucceed && plan.kind !== "invalid") {
    const why = whyUnfailing(plan.kind === "shell" ? plan.text : plan.filled);
    if (why === undefined) return;
    const message = `The check ${quote(command)} cannot fail: ${why}`;
    yield warningAt(site.path, "check_cannot_fail", message);
  }
}

const NAME = /\{\{([\p{L}\p{N}_]+)\}\}/gu;
const NAME_WITH_BLANKS = /\{\{\s*([\p{L}\p{N}_]+)\s*\}\}/gu;

/** Finds `{{names}}` that will be left as they stand. */
function* aboutNames(
  text: string,
  { path, settings }: Site,
): Generator<ProblemDraft> {
  const names = Array.from(text.matchAll(NAME), ([, name = ""]) => name);
  for (const name of new Set(names)) {
    if (settings.has(name)) continue;
    const shown = quote(name);
    const message =
      `No setting is named ${shown}, so {{${name}}} stays as it is`;
    yield warningAt(path, "undefined_setting", message);
  }
  for (const [template, name] of text.matchAll(NAME_WITH_BLANKS)) {
    if (!/\s/.test(template)) continue;
    const message = `${quote(template)} stays as it is: write {{${name}}}`;
    yield warningAt(path, "undefined_setting", message);
  }
}

/** What a human is to see before they approve an item. */
function* aboutShown(
  item: Item,
  { path, settings }: Site,
): Generator<ProblemDraft> {
  const place = [...path, "shows"];
  for (const [index, file] of item.shows.entries()) {
    yield* aboutFile(file, { path: [...place, index], settings });
  }
  if (item.shows.length > 0 && !isManual(item)) {
    const message =
      "Files of an item that no human approves are shown to nobody: make it a manual_gate";
    yield warningAt(place, "shows_without_effect", message);
  }
}

function* aboutItem(
  item: Item,
  path: Path,
): Generator<ProblemDraft> {
  const { evidenceSchema: schema, secrets, env, inputs, verification } = item;
  const schemaPath = [...path, "evidence_schema"];
  if (schema !== null && isManual(item)) {
    yield warningAt(schemaPath, "evidence_without_effect", VAIN_EVIDENCE);
  } else if (schema !== null && !EVIDENCE_SCHEMAS.includes(schema)) {
    const name = quote(schema);
    const advice = didYouMean(schema, EVIDENCE_SCHEMAS) ||
      `: known are ${EVIDENCE_SCHEMAS.join(", ")}`;
    const message =
      `Unknown evidence schema ${name}, so evidence counts unless it is empty${advice}`;
    yield warningAt(schemaPath, "unknown_evidence_schema", message);
  }
  if (secrets.length > 0 && verification.type !== "command") {
    yield warningAt(
      [...path, "secrets"],
      "secrets_without_effect",
      VAIN_SECRETS,
    );
  }
  if (env.length > 0 && verification.type !== "command") {
    const message = "Variables of an item that runs no command have no effect";
    yield warningAt([...path, "env"], "env_without_effect", message);
  }
  const isVain = verification.type === "file_exists"
    ? inputs !== undefined && inputs.length > 0
    : inputs !== undefined && verification.type !== "command";
  if (isVain) {
    const message = "Inputs of an item that runs no command have no effect";
    yield warningAt([...path, "inputs"], "inputs_without_effect", message);
  }
}
