import type { JsonObject, JsonValue } from "../base/json.ts";
import {
  type Choices,
  elements,
  field,
  openDocument,
  type Place,
  readChoice,
  readFlag,
  readInteger,
  readNumber,
  readObject,
  readText,
  readTextOrNull,
  readTexts,
  refuseProblems,
} from "../base/shape.ts";
import type {
  Item,
  Phase,
  PhaseType,
  Risk,
  StepType,
  Verification,
  Workflow,
} from "./types.ts";

const STEP_TYPES: Choices<StepType> = [
  "flexible",
  "documented",
  "required",
  "gate",
];
const PHASE_TYPES: Choices<PhaseType> = ["guided", "strict", "autonomous"];
const RISKS: Choices<Risk> = ["medium", "low", "high"];
const VERIFICATION_TYPES: Choices<Verification["type"]> = [
  "none",
  "manual_gate",
  "file_exists",
  "command",
];

/**
 * Decodes the workflow pinned in a session; what older ones lack has its default. Ids that occur twice stay, so that
 * the session can be shown: see {@linkcode findDuplicateId}.
 *
 * @throws {OrcError} `invalid_state`, naming every field that is wrong
 */
export function decodeDefinition(value: JsonValue): Workflow {
  const place = openDocument(value, "$.workflow_definition");
  readObject(place);
  const workflow: Workflow = {
    name: readText(field(place, "name")),
    version: readText(field(place, "version"), "1.0"),
    description: readTextOrNull(field(place, "description")),
    orc: readTextOrNull(field(place, "orc")),
    phases: elements(field(place, "phases")).map(decodePhase),
    settings: readObject(field(place, "settings"), new Map()),
    secrets: readTexts(field(place, "secrets")),
  };
  refuseProblems(place, "The workflow of this session", {
    hint: "orc session list",
  });
  return workflow;
}

function decodePhase(place: Place): Phase {
  readObject(place);
  return {
    id: readText(field(place, "id")),
    name: readText(field(place, "name")),
    description: readTextOrNull(field(place, "description")),
    items: elements(field(place, "items")).map(decodeItem),
    exitGate: readTextOrNull(field(place, "exit_gate")),
    notes: readTexts(field(place, "notes")),
    requiredReviews: readTexts(field(place, "required_reviews")),
    phaseType: readChoice(field(place, "phase_type"), PHASE_TYPES),
    intendedTools: readTexts(field(place, "intended_tools")),
    agent: readTextOrNull(field(place, "agent")),
    executor: readTextOrNull(field(place, "executor")),
  };
}

function decodeItem(place: Place): Item {
  readObject(place);
  const timeout = field(place, "timeout_seconds");
  return {
    id: readText(field(place, "id")),
    name: readText(field(place, "name")),
    description: readTextOrNull(field(place, "description")),
    required: readFlag(field(place, "required"), true),
    skippable: readFlag(field(place, "skippable"), true),
    skipConditions: readTexts(field(place, "skip_conditions")),
    verification: decodeVerification(field(place, "verification")),
    notes: readTexts(field(place, "notes")),
    stepType: readChoice(field(place, "step_type"), STEP_TYPES),
    evidenceSchema: readTextOrNull(field(place, "evidence_schema")),
    evidencePrompt: readTextOrNull(field(place, "evidence_prompt")),
    agent: readTextOrNull(field(place, "agent")),
    timeoutSeconds: timeout.value === undefined
      ? undefined
      : readNumber(timeout),
    risk: readChoice(field(place, "risk"), RISKS),
    workingDir: readTextOrNull(field(place, "working_dir")),
    secrets: readTexts(field(place, "secrets")),
  };
}

function decodeVerification(place: Place): Verification {
  readObject(place, new Map());
  const type = readChoice(field(place, "type"), VERIFICATION_TYPES);
  const description = readTextOrNull(field(place, "description"));
  const path = readTextOrNull(field(place, "path")) ?? "";
  const command = readTextOrNull(field(place, "command")) ?? "";
  const expectExitCode = readInteger(field(place, "expect_exit_code"), 0);
  switch (type) {
    case "none":
    case "manual_gate":
      return { type, description };
    case "file_exists":
      return { type, path, description };
    case "command": {
      const expectTests = readFlag(field(place, "expect_tests"), false);
      const check = { type, command, expectExitCode, description };
      return expectTests ? { ...check, expectTests } : check;
    }
  }
}

/** Encodes a workflow as the Python tool pins it; what only orc knows stands behind, where it says something. */
export function encodeDefinition(workflow: Workflow): JsonObject {
  const fields: [string, JsonValue][] = [
    ["name", workflow.name],
    ["version", workflow.version],
    ["description", workflow.description],
    ["phases", workflow.phases.map(encodePhase)],
    ["settings", workflow.settings],
  ];
  if (workflow.orc !== null) fields.push(["orc", workflow.orc]);
  if (workflow.secrets.length > 0) fields.push(["secrets", workflow.secrets]);
  return new Map(fields);
}

function encodePhase(phase: Phase): JsonObject {
  return new Map<string, JsonValue>([
    ["id", phase.id],
    ["name", phase.name],
    ["description", phase.description],
    ["agent", phase.agent],
    ["executor", phase.executor],
    ["items", phase.items.map(encodeItem)],
    ["exit_gate", phase.exitGate],
    ["notes", phase.notes],
    ["required_reviews", phase.requiredReviews],
    ["phase_type", phase.phaseType],
    ["intended_tools", phase.intendedTools],
  ]);
}

function encodeItem(item: Item): JsonObject {
  const fields: [string, JsonValue][] = [
    ["id", item.id],
    ["name", item.name],
    ["description", item.description],
    ["required", item.required],
    ["skippable", item.skippable],
    ["skip_conditions", item.skipConditions],
    ["verification", encodeVerification(item.verification)],
    ["agent", item.agent],
    ["notes", item.notes],
    ["step_type", item.stepType],
    ["evidence_schema", item.evidenceSchema],
    ["evidence_prompt", item.evidencePrompt],
  ];
  if (item.timeoutSeconds !== undefined) {
    fields.push(["timeout_seconds", item.timeoutSeconds]);
  }
  if (item.risk !== "medium") fields.push(["risk", item.risk]);
  if (item.workingDir !== null) fields.push(["working_dir", item.workingDir]);
  if (item.secrets.length > 0) fields.push(["secrets", item.secrets]);
  return new Map(fields);
}

function encodeVerification(verification: Verification): JsonObject {
  const { type, description } = verification;
  // The Python tool refuses an empty path or command, but reads null.
  const path = type === "file_exists" ? verification.path || null : null;
  const command = type === "command" ? verification.command || null : null;
  const expectExitCode = type === "command" ? verification.expectExitCode : 0;
  const fields: [string, JsonValue][] = [
    ["type", type],
    ["path", path],
    ["command", command],
    ["expect_exit_code", expectExitCode],
    ["description", description],
  ];
  if (type === "command" && verification.expectTests) {
    fields.push(["expect_tests", true]);
  }
  return new Map(fields);
}

/** An id that stands for two phases of a workflow, or for two items of one phase. */
export interface DuplicateId {
  readonly kind: "phase" | "item";
  readonly id: string;
}

/** Finds an id that makes progress ambiguous: nothing that orc pins has one, but the Python tool accepts them. */
export function findDuplicateId(
  { phases }: Pick<Workflow, "phases">,
): DuplicateId | undefined {
  const phase = firstRepeated(phases);
  if (phase !== undefined) return { kind: "phase", id: phase };
  const item = phases.map(({ items }: Phase) => firstRepeated(items))
    .find((id) => id !== undefined);
  return item === undefined ? undefined : { kind: "item", id: item };
}

function firstRepeated(
  named: readonly { readonly id: string }[],
): string | undefined {
  const seen = new Set<string>();
  for (const { id } of named) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}

/** Ids of the items that carry a review, if the workflow has them. */
export function carriersOf(review: string): readonly string[] {
  return [review, `${review}_review`];
}
