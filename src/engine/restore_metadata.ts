import { asObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import { approvalKey, isPhaseApproved } from "./blockers.ts";
import type { RestoreChange, Restored } from "./restore_change.ts";

/** Where the Python tool records reviews, by phase and model. */
const REVIEWS_KEY = "review_models";

/** Puts approvals back, and takes back reviews that were made since; the rest of the metadata stays. */
export function restoreMetadata(
  workflow: Workflow,
  now: SessionState,
  then: SessionState,
): Restored<JsonObject> {
  const metadata = new Map(now.metadata);
  const changes = workflow.phases.flatMap(
    ({ id }): readonly RestoreChange[] => {
      const isGiven = isPhaseApproved(then, id);
      if (isGiven === isPhaseApproved(now, id)) return [];
      for (const key of [approvalKey(id), `${approvalKey(id)}_at`]) {
        put(metadata, key, then.metadata.get(key));
      }
      const [from, to] = isGiven ? ["missing", "given"] : ["given", "missing"];
      return [change("approval", id, { from, to, forward: isGiven })];
    },
  );
  const reviews = keptReviews(now, then);
  if (reviews.changes.length > 0) metadata.set(REVIEWS_KEY, reviews.next);
  return { next: metadata, changes: [...changes, ...reviews.changes] };
}

/** What was not recorded in the same way back then is about work that is taken back. */
function keptReviews(
  now: SessionState,
  then: SessionState,
): Restored<JsonObject> {
  const before = asObject(then.metadata.get(REVIEWS_KEY));
  const reviews = [...asObject(now.metadata.get(REVIEWS_KEY)) ?? []];
  const isKept = ([phaseId, models]: readonly [string, JsonValue]) =>
    canonicalJson(models) === canonicalJson(before?.get(phaseId) ?? null);
  return {
    next: new Map(reviews.filter(isKept)),
    changes: reviews.filter((entry) => !isKept(entry)).map(([phaseId]) =>
      change("reviews", phaseId, {
        from: "given",
        to: "missing",
        forward: false,
      })
    ),
  };
}

function put(
  object: Map<string, JsonValue>,
  key: string,
  value: JsonValue | undefined,
): void {
  if (value === undefined) object.delete(key);
  else object.set(key, value);
}

function change(
  what: RestoreChange["what"],
  phaseId: string,
  fields: Pick<RestoreChange, "from" | "to" | "forward">,
): RestoreChange {
  return { what, phaseId, itemId: null, ...fields };
}
