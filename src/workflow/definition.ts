import type { JsonValue } from "../base/json.ts";
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
  const allowed = field(place, "allow_write");
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
    ...allowed.value !== undefined && { allowWrite: readTexts(allowed) },
  };
}

function decodeItem(place: Place): Item {
  readObject(place);
  const timeout = field(place, "timeout_seconds");
  const inputs = field(place, "inputs");
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
    env: readTexts(field(place, "env")),
    inputs: inputs.value === undefined ? undefined : readTexts(inputs),
    shows: readTexts(field(place, "shows")),
    changes: readTexts(field(place, "changes")),
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
    case "file_exists": {
      const mayBeEmpty = readFlag(field(place, "may_be_empty"), false);
      const directory = readFlag(field(place, "directory"), false);
      return {
        ...{ type, path, description },
        ...mayBeEmpty && { mayBeEmpty },
        ...directory && { directory },
      };
    }
    case "command": {
      const said = field(place, "expect_tests");
      const prove = field(place, "prove");
      const base = readTextOrNull(field(prove, "base"));
      return {
        ...{ type, command, expectExitCode, description },
        ...said.value !== undefined && { expectTests: readFlag(said, false) },
        // The word "base" alone has no fields, and is as good as a mapping without any.
        ...prove.value !== undefined &&
          { prove: { base, with: readTexts(field(prove, "with")) } },
      };
    }
  }
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
