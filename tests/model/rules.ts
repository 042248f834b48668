/** The rules for items, as the handbook tells them to people. */
import { type Card, cardOf, isDone } from "./board.ts";
import {
  isChecked,
  isGate,
  isManual,
  isOptional,
  isRequired,
  type ItemText,
  type PhaseText,
} from "./definition.ts";
import {
  type Game,
  isOn,
  lookUp,
  lookUpChecked,
  needHuman,
  objectToOrder,
  phaseNow,
  refuseIf,
} from "./game.ts";
import type { Act } from "./move.ts";
import { EVIDENCE, KNOWN_SCHEMAS, NOTES, REASONS } from "./samples.ts";

type ActOf<Type extends Act["type"]> = Extract<Act, { type: Type }>;

/** Events that an act leads to; none when nothing changes. */
type Events = readonly string[];

export function notesOf(game: Game, index: number): string | null {
  const [text, fits] = NOTES[index] ?? [null, true];
  refuseIf(game, !fits, { refusal: "usage notes_too_long" });
  return text;
}

export function startItem(
  game: Game,
  { item: id }: ActOf<"start_item">,
): Events {
  const { item, card } = lookUp(game, id);
  if (card.status === "in_progress") return [];
  const isOver = card.status === "completed" || card.status === "skipped";
  refuseIf(game, isOver, {
    rule: "done is done",
    refusal: "refused cannot_start",
  });
  objectToOrder(game, item);
  card.status = "in_progress";
  card.startedAt ??= game.now;
  return ["item_started:system"];
}

export function complete(game: Game, act: ActOf<"complete">): Events {
  const notes = notesOf(game, act.notes);
  const { item, card } = lookUpChecked(game, act.item);
  const isAgain = card.status === "completed";
  const isRenewal = act.renews && !act.skipVerify &&
    isChecked(item) && !isManual(item) && isOn(game, "a check runs again");
  if (isAgain && !isRenewal) return [];
  const isSkipped = card.status === "skipped";
  refuseIf(game, isSkipped, {
    rule: "done is done",
    refusal: "refused cannot_complete",
  });
  objectToOrder(game, item);
  if (isManual(item)) {
    const { evidence } = act;
    return completeManually(game, { item, card, notes, evidence });
  }
  objectToEvidence(game, item, { given: act.evidence, kept: card.evidence });
  if (act.skipVerify) {
    refuseIf(game, isGate(item), {
      rule: "gates need their check",
      refusal: "refused cannot_complete",
    });
    needHuman(game);
  }
  const evidenced = keepEvidence(game, { item, card }, act.evidence);
  if (act.skipVerify || !isChecked(item)) {
    return [...evidenced, end(game, card, { notes, byHuman: act.skipVerify })];
  }
  const checked = check(game, item, { card, passes: act.passes });
  if (isAgain && act.passes) {
    card.notes = notes ?? card.notes;
    return [...evidenced, ...checked];
  }
  if (isAgain) {
    card.completedAt = null;
    card.status = isGate(item) ? "pending" : "failed";
  }
  return act.passes
    ? [...evidenced, ...checked, end(game, card, { notes })]
    : [...evidenced, ...checked];
}

/** How an item is completed. */
interface Ending {
  readonly notes: string | null;
  readonly byHuman?: boolean;
}

function end(
  { now }: Game,
  card: Card,
  { notes, byHuman = false }: Ending,
): string {
  card.status = "completed";
  card.completedAt = now;
  card.notes = notes ?? card.notes;
  return `item_completed:${byHuman ? "human" : "system"}`;
}

function check(
  game: Game,
  item: ItemText,
  { card, passes }: { readonly card: Card; readonly passes: boolean },
): Events {
  const ending = passes ? "passed" : "failed";
  // Two failures of a gate's command look the same, but for the tries.
  const isTimed = !isGate(item) || item.verification?.type !== "command";
  card.result = isTimed ? `${ending} at ${game.now}` : ending;
  if (!passes && isOn(game, "failures are counted")) card.tries++;
  if (passes) card.rejected = false;
  const stays = isGate(item) && isOn(game, "a failed gate stays as it was");
  if (!passes && !stays) card.status = "failed";
  const what = isGate(item) ? "gate" : "verification";
  return [`${what}_${ending}:system`];
}

interface ManualGate {
  readonly item: ItemText;
  readonly card: Card;
  readonly notes: string | null;
  /** Nothing asks for it, and it is kept all the same. */
  readonly evidence: number | null;
}

/** Who has to do something before a manual gate is out of the way. */
function completeManually(game: Game, gate: ManualGate): Events {
  const { supervision_mode: mode, approval_timeout_minutes: minutes } =
    game.definition.settings;
  const risk = gate.item.risk ?? "medium";
  const sample = EVIDENCE[gate.evidence ?? -1];
  const isTooLarge = sample?.isTooLarge === true;
  refuseIf(game, isTooLarge, { refusal: "usage evidence_too_large" });
  if (!isGate(gate.item)) {
    if (mode === "zero_human") {
      return pass(game, gate, "Auto-skipped (zero_human mode)");
    }
    if (mode === "hybrid" && risk === "low" && isOn(game, "low risk passes")) {
      return pass(game, gate, "Auto-skipped (hybrid mode, low risk)");
    }
    if (mode === "hybrid" && risk === "medium" && minutes !== undefined) {
      return waitFor(game, gate, Number(minutes));
    }
  }
  refuseIf(game, true, {
    rule: "manual gates need a human",
    refusal: "refused approval_required",
  });
  return [end(game, gate.card, gate)];
}

function waitFor(game: Game, gate: ManualGate, minutes: number): Events {
  const { card } = gate;
  if (card.startedAt === null) {
    card.status = "in_progress";
    card.startedAt = game.now;
    keepGiven(game, gate);
    return ["item_started:system"];
  }
  const isEarly = game.now < card.startedAt + minutes * 60;
  refuseIf(game, isEarly, {
    rule: "the clock runs",
    refusal: "refused approval_pending",
  });
  const limit = new Map([[0.5, "30 seconds"], [1, "1 minute"]]).get(minutes) ??
    `${minutes} minutes`;
  return pass(
    game,
    gate,
    `Auto-skipped (hybrid mode, not answered within ${limit})`,
  );
}

function keepGiven(game: Game, { card, notes, evidence }: ManualGate): void {
  card.notes = notes ?? card.notes;
  if (evidence !== null && isOn(game, "evidence is kept")) {
    card.evidence = evidence;
  }
}

function pass(game: Game, gate: ManualGate, reason: string): Events {
  const { card } = gate;
  card.status = "skipped";
  card.skippedAt = game.now;
  card.skipReason = reason;
  keepGiven(game, gate);
  return ["item_skipped:system"];
}

/** An item with a schema is completed with evidence that follows it, given now or before. */
function objectToEvidence(
  game: Game,
  { evidence_schema: schema }: ItemText,
  { given, kept }: {
    readonly given: number | null;
    readonly kept: number | null;
  },
): void {
  const sample = EVIDENCE[given ?? kept ?? -1];
  const isTooLarge = given !== null && sample?.isTooLarge === true;
  refuseIf(game, isTooLarge, { refusal: "usage evidence_too_large" });
  if (schema === undefined) return;
  const isMissing = sample === undefined;
  refuseIf(game, isMissing, {
    rule: "evidence is valid",
    refusal: "refused evidence_missing",
  });
  const misfits = !isMissing && !sample.fits.includes(schema);
  refuseIf(game, misfits, {
    rule: "evidence is valid",
    refusal: "refused evidence_invalid",
  });
}

function keepEvidence(
  game: Game,
  { item, card }: { readonly item: ItemText; readonly card: Card },
  given: number | null,
): Events {
  if (given === null) return [];
  if (isOn(game, "evidence is kept")) card.evidence = given;
  return KNOWN_SCHEMAS.includes(item.evidence_schema ?? "")
    ? ["evidence_validated:system"]
    : [];
}

export function skip(game: Game, act: ActOf<"skip">): Events {
  const { item, card } = lookUp(game, act.item);
  if (card.status === "skipped") {
    const [again] = REASONS[act.reason] ?? [""];
    const isOther = again !== "" && again !== card.skipReason;
    refuseIf(game, isOther, {
      rule: "done is done",
      refusal: "refused cannot_skip",
    });
    return [];
  }
  const isCompleted = card.status === "completed";
  refuseIf(game, isCompleted, {
    rule: "done is done",
    refusal: "refused cannot_skip",
  });
  objectToOrder(game, item);
  const isFreed = isFreedByPhase(game, item);
  objectToSkipping(game, item, { isFreed, force: act.force });
  if (act.force) needHuman(game);
  const [reason, worth] = REASONS[act.reason] ?? ["", "nothing"];
  const isLong = isGate(item) || item.step_type === "documented" ||
    (isFreed && isOn(game, "freed items need a long reason"));
  const isReason = worth === "a lot" || (worth === "a little" && !isLong);
  refuseIf(game, !isReason, {
    rule: "reasons are reasons",
    refusal: "refused skip_reason",
  });
  card.status = "skipped";
  card.skippedAt = game.now;
  card.skipReason = reason;
  const isExplained = item.step_type === "documented" || isFreed;
  const skipped = `item_skipped:${act.force ? "human" : "system"}`;
  return isExplained ? ["skip_validated:system", skipped] : [skipped];
}

/** In an autonomous phase an agent may leave out all but gates and manual gates. */
function isFreedByPhase(game: Game, item: ItemText): boolean {
  return phaseNow(game).phase_type === "autonomous" && !isOptional(item) &&
    !isGate(item) && !isManual(item) && isOn(game, "autonomous phases free");
}

function objectToSkipping(
  game: Game,
  item: ItemText,
  { isFreed, force }: { readonly isFreed: boolean; readonly force: boolean },
): void {
  if (isGate(item)) {
    refuseIf(game, !force, {
      rule: "gates are not skipped",
      refusal: "refused cannot_skip",
    });
    return;
  }
  const mustStay = !isOptional(item) && !isFreed;
  refuseIf(game, mustStay, {
    rule: "required items are not skipped",
    refusal: "refused cannot_skip",
  });
  if (force) return;
  const { supervision_mode: mode } = game.definition.settings;
  refuseIf(game, isManual(item) && item.risk === "high" && mode === "hybrid", {
    rule: "high risks need a human",
    refusal: "refused approval_required",
  });
  refuseIf(game, carriesMissingReview(game, item), {
    rule: "reviews are not skipped",
    refusal: "refused cannot_skip",
  });
}

function carriesMissingReview(game: Game, { id }: ItemText): boolean {
  return game.definition.phases.some((phase) =>
    lacksReview(game, {
      ...phase,
      required_reviews: phase.required_reviews.filter((review) =>
        id === review || id === `${review}_review`
      ),
    })
  );
}

/** A review is made by completing an item of its name, or by a model. */
export function lacksReview(
  game: Game,
  { required_reviews }: PhaseText,
): boolean {
  const { board, modelReviews } = game;
  return required_reviews.some((review) =>
    !modelReviews.includes(review) &&
    [review, `${review}_review`].every((id) =>
      board.cards.get(id)?.status !== "completed"
    )
  );
}

/** A human approves what is done, unless they say that they know that it is not. */
function objectToHaste(game: Game, item: ItemText, early: boolean): void {
  const { items } = phaseNow(game);
  const before = items.slice(0, Math.max(0, items.indexOf(item)));
  const isHasty = before.some((other) =>
    isRequired(other) && !isDone(cardOf(game.board, other.id))
  );
  refuseIf(game, isHasty && !early, {
    rule: "what is approved is done",
    refusal: "refused too_early",
  });
}

export function approveItem(game: Game, act: ActOf<"approve_item">): Events {
  const notes = notesOf(game, act.notes);
  const { item, card } = lookUp(game, act.item);
  refuseIf(game, !isManual(item), { refusal: "refused cannot_approve" });
  if (card.status === "completed") return [];
  const isSkipped = card.status === "skipped";
  refuseIf(game, isSkipped, {
    rule: "done is done",
    refusal: "refused cannot_approve",
  });
  objectToOrder(game, item);
  objectToHaste(game, item, act.early);
  needHuman(game);
  card.result = `approved at ${game.now}`;
  return [end(game, card, { notes, byHuman: true })];
}
