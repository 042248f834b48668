import { asObject, type JsonValue } from "../base/json.ts";
import type { ItemStatus, SessionState, Workflow } from "../workflow/types.ts";
import { itemStateOf, phaseStateOf } from "./state.ts";

/** A review that is required and was not made. */
export interface MissingReview {
  readonly review: string;
  /** The first phase that requires it. */
  readonly requiredBy: string;
  /** The item that carries it, or else the phase that requires it. */
  readonly phaseId: string;
  readonly itemId: string | null;
}

/** Ids of the items that carry a review, if the workflow has them. */
export function carriersOf(review: string): readonly string[] {
  return [review, `${review}_review`];
}

/** The reviews that any phase requires and nobody made, each named once. */
export function missingReviews(
  workflow: Workflow,
  state: SessionState,
): readonly MissingReview[] {
  const seen = new Set<string>();
  return workflow.phases.flatMap(({ id: requiredBy, requiredReviews }) =>
    requiredReviews.flatMap((review): readonly MissingReview[] => {
      if (seen.has(review)) return [];
      seen.add(review);
      const carriers = carriersIn(workflow, state, review);
      const isMade = carriers.some(({ status }) => status === "completed") ||
        wasMadeByModel(state, review);
      if (isMade) return [];
      const [first] = carriers;
      return [{
        review,
        requiredBy,
        phaseId: first?.phaseId ?? requiredBy,
        itemId: first?.itemId ?? null,
      }];
    })
  );
}

/** The review that is required, not made yet, and carried by an item. */
export function missingReviewOf(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): string | undefined {
  return missingReviews(workflow, state)
    .find(({ review }) => carriersOf(review).includes(itemId))?.review;
}

interface Carrier {
  readonly phaseId: string;
  readonly itemId: string;
  readonly status: ItemStatus;
}

function carriersIn(
  workflow: Workflow,
  state: SessionState,
  review: string,
): readonly Carrier[] {
  const ids = carriersOf(review);
  return workflow.phases.flatMap((phase) =>
    phase.items.filter(({ id }) => ids.includes(id)).map(({ id }) => ({
      phaseId: phase.id,
      itemId: id,
      status: itemStateOf(phaseStateOf(state, phase), id).status,
    }))
  );
}

/** The Python tool keeps what models found in `review_models`, by phase and by model. */
function wasMadeByModel({ metadata }: SessionState, review: string): boolean {
  return valuesOf(metadata.get("review_models")).flatMap(valuesOf).some(
    (entry) => {
      const made = asObject(entry);
      return made?.get("review_type") === review &&
        made.get("success") === true;
    },
  );
}

function valuesOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.from(asObject(value)?.values() ?? []);
}
