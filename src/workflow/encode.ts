import type { JsonObject, JsonValue } from "../base/json.ts";
import { encodeRange, encodeSizing } from "./sizes.ts";
import type {
  BaseCheck,
  Item,
  Phase,
  Verification,
  Workflow,
} from "./types.ts";

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
  if (workflow.sizing) fields.push(["sizing", encodeSizing(workflow.sizing)]);
  return new Map(fields);
}

function encodePhase(phase: Phase): JsonObject {
  const { allowWrite } = phase;
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
    ...allowWrite === undefined ? [] : [["allow_write", allowWrite] as const],
    ...encodeRange(phase),
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
  if (item.env.length > 0) fields.push(["env", item.env]);
  if (item.inputs !== undefined) fields.push(["inputs", item.inputs]);
  if (item.shows.length > 0) fields.push(["shows", item.shows]);
  if (item.changes.length > 0) fields.push(["changes", item.changes]);
  return new Map([...fields, ...encodeRange(item)]);
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
  if (type === "command" && verification.expectTests !== undefined) {
    fields.push(["expect_tests", verification.expectTests]);
  }
  if (type === "command" && verification.prove) {
    fields.push(["prove", encodeBaseCheck(verification.prove)]);
  }
  if (type === "file_exists" && verification.mayBeEmpty) {
    fields.push(["may_be_empty", true]);
  }
  if (type === "file_exists" && verification.directory) {
    fields.push(["directory", true]);
  }
  return new Map(fields);
}

function encodeBaseCheck({ base, with: patterns }: BaseCheck): JsonValue {
  if (base === null && patterns.length === 0) return "base";
  return new Map<string, JsonValue>([
    ...base === null ? [] : [["base", base] as const],
    ...patterns.length === 0 ? [] : [["with", patterns] as const],
  ]);
}
