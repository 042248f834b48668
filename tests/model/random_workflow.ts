import { oneOf, type Pick } from "../base/random.ts";
import { chance } from "./chance.ts";
import type { Definition, ItemText, PhaseText } from "./definition.ts";
import type { Script } from "./move.ts";
import { SCHEMAS } from "./samples.ts";

const PHASE_IDS = ["PLAN", "ПЛАН", "A-B_C 1/2", "Ⅷ", "REVIEW"];
const ITEM_IDS = [
  "scope",
  "security",
  "security_review",
  "docs",
  "docs_review",
  "__proto__",
  "constructor",
  "项目",
  "é_1",
  "²",
  "٣٤",
  "½",
];
const REVIEWS = ["security", "docs", "nobody_does_it"];

/** Takes some values out of a list, in a random order. */
function draw<Value>(
  pick: Pick,
  values: readonly Value[],
  count: number,
): readonly Value[] {
  const rest = [...values];
  return Array.from({ length: count }, () => {
    const [value] = rest.splice(pick(rest.length), 1);
    if (value === undefined) throw new Error("nothing left to draw");
    return value;
  });
}

/** One of several values; undefined leaves a key out. */
function anyOf<Value>(pick: Pick, values: readonly Value[]): Value | undefined {
  return values[pick(values.length)];
}

/** A file has no undefined in it. */
function written<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

/** One to three phases with up to four items each, of every kind there is. */
export function randomWorkflow(pick: Pick): Definition {
  const ids = [...draw(pick, ITEM_IDS, ITEM_IDS.length)];
  const phases = draw(pick, PHASE_IDS, 1 + pick(3)).map((id) =>
    randomPhase(pick, id, ids.splice(0, pick(5)))
  );
  const mode = anyOf(pick, [
    "supervised",
    "zero_human",
    "hybrid",
    "hybrid",
    undefined,
  ]);
  const minutes = anyOf(pick, [0.5, 1, 1, 30, undefined]);
  return written({
    name: "Tiny",
    phases,
    settings: {
      ...(mode === undefined ? {} : { supervision_mode: mode }),
      ...(minutes === undefined ? {} : { approval_timeout_minutes: minutes }),
    },
  });
}

function randomPhase(
  pick: Pick,
  id: string,
  itemIds: readonly string[],
): PhaseText {
  return {
    id,
    name: `Phase ${id}`,
    phase_type: anyOf(
      pick,
      [undefined, "strict", "strict", "guided", "autonomous"] as const,
    ),
    exit_gate: anyOf(pick, [undefined, undefined, "human_approval", "other"]),
    required_reviews: chance(pick, 4) ? [oneOf(pick, REVIEWS)] : [],
    items: itemIds.map((itemId) => randomItem(pick, itemId)),
  };
}

function randomItem(pick: Pick, id: string): ItemText {
  const type = anyOf(
    pick,
    [
      undefined,
      "none",
      "manual_gate",
      "manual_gate",
      "file_exists",
      "command",
    ] as const,
  );
  return {
    id,
    name: `Item ${id}`,
    step_type: anyOf(
      pick,
      [undefined, "gate", "required", "documented", "flexible"] as const,
    ),
    required: anyOf(pick, [undefined, true, true, false]),
    skippable: anyOf(pick, [undefined, true, false]),
    skip_conditions: chance(pick, 2) ? ["hotfix"] : [],
    verification: type && {
      type,
      ...(type === "file_exists" ? { path: "docs/plan.md" } : {}),
      ...(type === "command"
        ? { command: "make test", expect_exit_code: 3 }
        : {}),
    },
    risk: anyOf(pick, [undefined, "low", "medium", "medium", "high"] as const),
    evidence_schema: chance(pick, 4) ? oneOf(pick, SCHEMAS) : undefined,
  };
}

/** What is odd about a session before anybody makes a move. */
export function randomOddities(
  pick: Pick,
  { phases }: Definition,
): Omit<Script, "moves"> {
  const ids = phases.flatMap(({ items }) => items.map(({ id }) => id));
  return {
    modelReviews: chance(pick, 6) ? [oneOf(pick, REVIEWS)] : [],
    removed: chance(pick, 6) ? ids.filter(() => chance(pick, 2)) : [],
    paused: chance(pick, 10),
  };
}
