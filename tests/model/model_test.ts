import { type Rule, RULES } from "./game.ts";
import { play, type Played, shrink } from "./play.ts";
import { randomSequence } from "./sequence.ts";
import { assertEquals } from "@std/assert";

const SEQUENCES = 2000;

/** Every refusal and every event there is, with who stands for it. */
const REFUSALS = [
  "denied approval_required",
  "not_found no_such_item",
  "not_found no_such_phase",
  "refused approval_pending",
  "refused approval_required",
  "refused blocked",
  "refused cannot_approve",
  "refused cannot_complete",
  "refused cannot_reject",
  "refused cannot_reopen",
  "refused cannot_skip",
  "refused cannot_start",
  "refused cannot_undo",
  "refused evidence_invalid",
  "refused evidence_missing",
  "refused foreign_checkpoint",
  "refused item_in_other_phase",
  "refused out_of_order",
  "refused restore_forward",
  "refused session_closed",
  "refused skip_reason",
  "refused too_early",
  "refused undo_forward",
  "usage evidence_too_large",
  "usage note_empty",
  "usage notes_too_long",
  "usage reason_missing",
];
const EVENTS = [
  "error:system",
  "evidence_validated:system",
  "gate_failed:human",
  "gate_failed:system",
  "gate_passed:system",
  "human_override:human",
  "human_override:system",
  "item_completed:human",
  "item_completed:system",
  "item_skipped:human",
  "item_skipped:system",
  "item_started:system",
  "note_added:human",
  "note_added:system",
  "phase_completed:human",
  "phase_completed:system",
  "phase_started:system",
  "skip_validated:system",
  "verification_failed:human",
  "verification_failed:system",
  "verification_passed:system",
  "workflow_abandoned:system",
  "workflow_completed:human",
  "workflow_completed:system",
];

/** Plays a sequence; where the two part, tells the shortest one that still shows it. */
function playSeed(seed: number): Played {
  const { definition, script } = randomSequence(seed);
  try {
    const played = play(definition, script);
    if (played.disagreement === undefined) return played;
  } catch (cause) {
    throw new Error(`seed ${seed}: ${cause}`, { cause });
  }
  const short = shrink(definition, script);
  throw new Error([
    `seed ${seed}, ${short.moves.length} of ${script.moves.length} moves:`,
    `  ${play(definition, short).disagreement?.what}`,
    JSON.stringify(definition, null, 1),
    ...[{ ...short, moves: [] }, ...short.moves].map((move) =>
      JSON.stringify(move)
    ),
  ].join("\n"));
}

let all: readonly Played[] | undefined;

/** All sequences; played once, whichever test asks first. */
function playAll(): readonly Played[] {
  all ??= Array.from({ length: SEQUENCES }, (_, seed) => playSeed(seed));
  return all;
}

Deno.test("decide() agrees with a naive statement of the rules, whatever is done", () => {
  assertEquals(playAll().length, SEQUENCES);
});

Deno.test("the random sequences meet every refusal, every event and every end", () => {
  const verdicts = playAll().flatMap((played) => played.verdicts);
  const refusals = verdicts.flatMap((verdict) =>
    "refusal" in verdict ? [verdict.refusal] : []
  );
  const events = verdicts.flatMap((verdict) =>
    "events" in verdict ? verdict.events : []
  );
  assertEquals([...new Set(refusals)].sort(), REFUSALS);
  assertEquals([...new Set(events)].sort(), EVENTS);
  const ends = new Set(playAll().map(({ board }) => board.status));
  assertEquals([...ends].sort(), [
    "abandoned",
    "active",
    "completed",
    "paused",
  ]);
});

/** The first sequence that tells whether a rule is kept, shortened; undefined if none does. */
function movesThatNotice(off: Rule): number | undefined {
  for (let seed = 0; seed < SEQUENCES; seed++) {
    const { definition, script } = randomSequence(seed);
    if (play(definition, script, off).disagreement === undefined) continue;
    return shrink(definition, script, off).moves.length;
  }
  return undefined;
}

for (const rule of RULES) {
  Deno.test(`the random sequences notice when this does not hold: ${rule}`, () => {
    const moves = movesThatNotice(rule);
    if (moves === undefined) throw new Error("Nobody would notice");
    // A failure that is reported in few moves can be understood.
    if (moves > 10) throw new Error(`It takes ${moves} moves to show it`);
  });
}
