import { OrcError } from "../base/error.ts";
import { asObject, type JsonObject, plainOf } from "../base/json.ts";
import { MAX_EVIDENCE_LENGTH, MAX_PROBLEMS } from "../base/limits.ts";
import {
  describeFields,
  EVIDENCE_SCHEMAS,
  type EvidenceProblem,
  validateEvidence,
} from "../workflow/evidence.ts";
import type { Event, Item } from "../workflow/types.ts";
import { subjectOf } from "./decide_item.ts";
import { type Situation, systemEvent } from "./situation.ts";
import type { OpenItem } from "./state.ts";

/** An item with its evidence, and what is to be recorded about it. */
export interface Supported {
  readonly open: OpenItem;
  readonly events: readonly Event[];
}

/** Takes the evidence that was handed in, or is content with what was before. */
export function withEvidence(
  { caller }: Situation,
  open: OpenItem,
  evidence: JsonObject | undefined,
): Supported {
  assertEvidence(open, evidence);
  if (evidence === undefined) return { open, events: [] };
  const schema = open.item.evidenceSchema;
  const isValidated = schema !== null && EVIDENCE_SCHEMAS.includes(schema);
  const text = {
    message: "Evidence validated and stored",
    details: { evidence_schema: schema },
  };
  return {
    open: { ...open, itemState: { ...open.itemState, evidence } },
    events: isValidated
      ? [systemEvent("evidence_validated", subjectOf(open), text, caller)]
      : [],
  };
}

/** Refuses an item whose schema asks for evidence that is not there or not valid. */
export function assertEvidence(
  { item, itemState }: OpenItem,
  given: JsonObject | undefined,
): void {
  if (given !== undefined) assertEvidenceFits(given);
  const schema = item.evidenceSchema;
  if (schema === null) return;
  const evidence = given ?? asObject(itemState.evidence);
  if (evidence === undefined) throw evidenceMissing(item, schema);
  const problems = validateEvidence(schema, evidence);
  if (problems.length > 0) throw evidenceInvalid(item, schema, problems);
}

function assertEvidenceFits(evidence: JsonObject): void {
  const { length } = JSON.stringify(plainOf(evidence));
  if (length <= MAX_EVIDENCE_LENGTH) return;
  throw new OrcError(
    "usage",
    "evidence_too_large",
    `The evidence has ${length} characters as JSON; at most ${MAX_EVIDENCE_LENGTH} are kept`,
    { hint: "put the bulk into a file, and name that file in the evidence" },
  );
}

function evidenceMissing(item: Item, schema: string): OrcError {
  return new OrcError(
    "refused",
    "evidence_missing",
    `Cannot complete item "${item.id}": it needs evidence (${schema})`,
    { hint: howToGive(item, schema), details: { item: item.id, schema } },
  );
}

function evidenceInvalid(
  item: Item,
  schema: string,
  problems: readonly EvidenceProblem[],
): OrcError {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const lines = shown.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`
  );
  const hidden = problems.length - shown.length;
  if (hidden > 0) lines.push(`… and ${hidden} more problems`);
  const head =
    `Cannot complete item "${item.id}": its evidence is not valid (${schema})`;
  return new OrcError(
    "refused",
    "evidence_invalid",
    [head, ...lines].join("\n  "),
    {
      hint: howToGive(item, schema),
      details: { item: item.id, schema, problems: shown },
    },
  );
}

function howToGive({ id }: Item, schema: string): string {
  return `orc complete ${id} --evidence FILE, where FILE is JSON or YAML with ${
    describeFields(schema)
  }`;
}
