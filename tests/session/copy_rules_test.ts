import {
  compareCopies,
  type Comparison,
  isRefusal,
  refusalOfCopy,
  type SessionCopy,
  Trail,
} from "../../src/session/copy_rules.ts";
import { decodeLogLine } from "../../src/engine/event.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** The line of an event of orc: a letter names it, and the numbers of the updates may be the same elsewhere. */
function own(letter: string, serial: number): string {
  const chain = letter.charCodeAt(0).toString(16).repeat(32);
  return `{"timestamp": "", "event_type": "note_added", "workflow_id": "wf", "message": "${letter}", "id": "01${letter}", "serial": ${serial}, "chain": "${chain}"}`;
}

/** The same of an orc that knew no chain. */
function unchained(letter: string, serial: number): string {
  return own(letter, serial).replace(/, "chain": "\w+"/, "");
}

/** A line of the Python tool. */
function other(letter: string): string {
  return `{"timestamp": "", "event_type": "note_added", "workflow_id": "wf", "message": "${letter}"}`;
}

interface Side {
  readonly lines: readonly string[];
  /** Lines of events that travel in the state. */
  readonly carried?: readonly string[];
  readonly changes?: Partial<SessionCopy>;
}

function trailOf({ lines, carried = [] }: Side, sought?: Trail): Trail {
  const trail = new Trail(sought?.end);
  for (const line of lines) trail.take(line);
  trail.takeCarried(carried.flatMap((line) => decodeLogLine(line) ?? []));
  return trail;
}

function copyOf(side: Side): SessionCopy {
  const { lines, carried = [], changes } = side;
  const serials = [...lines, ...carried]
    .map((line) => decodeLogLine(line)?.serial ?? 0);
  return {
    workflowId: "wf",
    definitionSha256: "d",
    unknownVersion: undefined,
    stateSha256: [...new Set([...lines, ...carried])].join(),
    serial: Math.max(0, ...serials),
    updatedAt: "2026-03-01T10:00:00Z",
    machine: null,
    end: trailOf(side).end,
    ...changes,
  };
}

function compared(here: Side | undefined, there: Side): Comparison {
  const ancestry = {
    hereInThere: here !== undefined &&
      trailOf(there, trailOf(here)).isFound,
    thereInHere: here !== undefined &&
      trailOf(here, trailOf(there)).isFound,
  };
  return compareCopies(here && copyOf(here), copyOf(there), ancestry);
}

const [A, B, C, D] = [own("a", 1), own("b", 2), own("c", 3), own("d", 3)];

/** Two copies, what becomes of the second one here, and of the first one there. */
const TABLE: Readonly<
  Record<
    string,
    { here?: Side; there: Side; becomes: Comparison; back?: Comparison }
  >
> = {
  "there is none here": { there: { lines: [A] }, becomes: "created" },
  "both are the same": {
    here: { lines: [A, B] },
    there: { lines: [A, B] },
    becomes: "same",
    back: "same",
  },
  "one went on": {
    here: { lines: [A] },
    there: { lines: [A, B, C] },
    becomes: "fast_forward",
    back: "older",
  },
  "both went on to the same number": {
    here: { lines: [A, B, C] },
    there: { lines: [A, B, D] },
    becomes: "diverged",
    back: "diverged",
  },
  "a higher number alone is no proof": {
    here: { lines: [A, B] },
    there: { lines: [A, D, own("e", 4)] },
    becomes: "diverged",
    back: "diverged",
  },
  "they share nothing": {
    here: { lines: [A] },
    there: { lines: [B] },
    becomes: "diverged",
    back: "diverged",
  },
  "the last events only travel in the states": {
    here: { lines: [A], carried: [A, B] },
    there: { lines: [A, B], carried: [B, C] },
    becomes: "fast_forward",
    back: "older",
  },
  "a state is spelled otherwise": {
    here: { lines: [A, B], changes: { stateSha256: "1" } },
    there: { lines: [A], carried: [B], changes: { stateSha256: "2" } },
    becomes: "same",
    back: "same",
  },
  "an orc without a chain went on": {
    here: { lines: [unchained("a", 1)] },
    there: { lines: [unchained("a", 1), unchained("b", 2)] },
    becomes: "fast_forward",
    back: "older",
  },
  "an id at another number is no proof": {
    here: { lines: [unchained("a", 1)] },
    there: { lines: [unchained("a", 2)] },
    becomes: "diverged",
    back: "diverged",
  },
  "the Python tool went on": {
    here: { lines: [A] },
    there: { lines: [A, other("x")] },
    becomes: "fast_forward",
    back: "older",
  },
  "the Python tool went on with both": {
    here: { lines: [A, other("x")] },
    there: { lines: [A, other("y")] },
    becomes: "diverged",
    back: "diverged",
  },
  "the Python tool went on here, orc there": {
    here: { lines: [A, other("x")] },
    there: { lines: [A, B] },
    becomes: "diverged",
    back: "diverged",
  },
  "orc went on behind the Python tool": {
    here: { lines: [A, other("x")] },
    there: { lines: [A, other("x"), B] },
    becomes: "fast_forward",
    back: "older",
  },
  "only the Python tool wrote": {
    here: { lines: [other("x")] },
    there: { lines: [other("x"), other("y")] },
    becomes: "fast_forward",
    back: "older",
  },
  "only the Python tool wrote, two things": {
    here: { lines: [other("x"), other("z")] },
    there: { lines: [other("y"), other("z"), other("x")] },
    becomes: "diverged",
    back: "diverged",
  },
  "the Python tool changed a state and said nothing": {
    here: { lines: [other("x")], changes: { stateSha256: "1" } },
    there: { lines: [other("x")], changes: { stateSha256: "2" } },
    becomes: "diverged",
    back: "diverged",
  },
  "it is another run": {
    here: { lines: [A] },
    there: { lines: [A, B], changes: { workflowId: "wf2" } },
    becomes: "other_lineage",
    back: "other_lineage",
  },
  "another workflow is pinned in it": {
    here: { lines: [A] },
    there: { lines: [A, B], changes: { definitionSha256: "e" } },
    becomes: "other_lineage",
    back: "other_lineage",
  },
  "a newer orc went on": {
    here: { lines: [A] },
    there: { lines: [A, B], changes: { unknownVersion: "format 2" } },
    becomes: "newer_format",
    back: "newer_format",
  },
  "there is none here, and a newer orc wrote it": {
    there: { lines: [A], changes: { unknownVersion: "format 2" } },
    becomes: "newer_format",
  },
};

for (const [what, { here, there, becomes, back }] of Object.entries(TABLE)) {
  Deno.test(`compareCopies() where ${what}: ${becomes}`, () => {
    assertEquals(compared(here, there), becomes);
    if (here !== undefined) assertEquals(compared(there, here), back);
  });
}

Deno.test("an event that was written again after a crash is one event", () => {
  const here = { lines: [A, B] };
  const there = { lines: [A, B, A, B, C] };
  assertEquals(compared(here, there), "fast_forward");
  assertEquals(
    compared({ lines: [A, B, A, B] }, { lines: [A, B, C] }),
    "fast_forward",
  );
});

Deno.test("refusalOfCopy() tells both numbers, times and machines", () => {
  const here = copyOf({ lines: [A, B, C] });
  const there = copyOf({ lines: [A, B, D], changes: { machine: "box" } });
  const hint = "take both";
  const { kind, code, message, details } = refusalOfCopy("diverged", "s1", {
    here,
    there,
    hint,
  });
  assertEquals([kind, code], ["conflict", "session_diverged"]);
  assertStringIncludes(
    message,
    'here at update 3 of 2026-03-01T10:00:00Z, there at update 3 of 2026-03-01T10:00:00Z on "box"',
  );
  assertEquals(details?.here, {
    serial: 3,
    updatedAt: "2026-03-01T10:00:00Z",
    machine: null,
    workflowId: "wf",
  });
  const kinds = (["other_lineage", "newer_format"] as const).map((each) => {
    const { kind, code } = refusalOfCopy(each, "s1", { here, there, hint });
    return `${kind} ${code}`;
  });
  assertEquals(kinds, ["conflict other_lineage", "corrupt newer_format"]);
  assertEquals(isRefusal("diverged"), true);
  assertEquals(isRefusal("older"), false);
});
