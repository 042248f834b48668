import { sha256Hex } from "../base/checksum.ts";
import { asObject, type JsonObject, numberOf } from "../base/json.ts";

/** The salt of the Python tool, where `WORKFLOW_SALT` names none. */
export const DEFAULT_SALT = "workflow-orchestrator-default-salt-v1";

const HASH_LENGTH = 16;

/** Stands for a workflow without telling which: 16 hex digits. */
export async function hashOfWorkflow(
  workflowId: string,
  salt: string,
): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(salt + workflowId));
  return hex.slice(0, HASH_LENGTH);
}

const HARMLESS_KEYS = [
  "timestamp",
  "workflow_id_hash",
  "mode",
  "orchestrator_version",
  "repo_type",
  "duration_seconds",
  "phases",
  "parallel_agents_used",
  "reviews_performed",
  "errors_count",
  "items_skipped_count",
];

/** Names of phases that tell nothing about a project. */
const HARMLESS_PHASES = [
  "PLAN",
  "EXECUTE",
  "REVIEW",
  "VERIFY",
  "LEARN",
  "TDD",
  "IMPL",
];

/** Leaves only what is known to be harmless: a field somebody adds later is left out by itself. */
export function anonymised(feedback: JsonObject): JsonObject {
  const phases = asObject(feedback.get("phases")) ?? new Map();
  const measured = HARMLESS_PHASES.filter((id) =>
    numberOf(phases.get(id)) !== undefined
  );
  const harmless = only(phases, measured);
  return only(new Map([...feedback, ["phases", harmless]]), HARMLESS_KEYS);
}

/** These keys of an object, in this order. */
function only(object: JsonObject, keys: readonly string[]): JsonObject {
  return new Map(keys.flatMap((key) => {
    const value = object.get(key);
    return value === undefined ? [] : [[key, value]];
  }));
}
