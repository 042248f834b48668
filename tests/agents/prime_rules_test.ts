import {
  type Primer,
  primeText,
  tokensOf,
} from "../../src/agents/prime_rules.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const PRIMER: Primer = {
  task: "Add login\nwith a second line",
  phaseId: "PLAN",
  phases: [
    {
      id: "PLAN",
      name: "Plan",
      status: "active",
      completed: 1,
      skipped: 1,
      total: 5,
    },
    {
      id: "BUILD",
      name: "Build",
      status: "pending",
      completed: 0,
      skipped: 0,
      total: 1,
    },
  ],
  items: [],
  phaseNotes: ["Change no code yet"],
  constraints: ["No new packages"],
  rejections: [{ itemId: "plan", reason: "Too large" }],
  allowWrite: ["docs/**"],
  next: { action: "advance", item: null, command: "orc advance", human: false },
};

Deno.test("primeText() says the next command first, then what would be missed most", () => {
  assertEquals(primeText(PRIMER, 1000), {
    text: `This work is led by orc: it says what is next, and checks it.
Task: Add login\\nwith a second line
Phases: [PLAN 2/5] > BUILD
Next: orc advance
Details: orc next
A human rejected plan: Too large
Change only these files in this phase: docs/**
Must hold: No new packages
Phase: Change no code yet`,
    left: [],
  });
});

Deno.test("primeText() keeps to its budget and says what it left out", () => {
  const constraints = Array.from({ length: 40 }, (_, at) => `Rule ${at}`);
  for (const budget of [70, 80, 100, 150, 250]) {
    const { text, left } = primeText({ ...PRIMER, constraints }, budget);
    assert(tokensOf(text) <= budget + 20, `${tokensOf(text)} of ${budget}`);
    assert(left.includes("40 constraints"));
    assertStringIncludes(text, `Left out: ${left.join(", ")}`);
    assertStringIncludes(text, "Next: orc advance");
  }
  // What is small still fits behind what is too large.
  const { text } = primeText({ ...PRIMER, constraints }, 100);
  assertStringIncludes(text, "Phase: Change no code yet");
});

Deno.test("primeText() tells a human's step as one that the agent cannot take", () => {
  const next = { ...PRIMER.next, human: true, command: "orc approve" };
  const { text } = primeText({ ...PRIMER, next } as Primer, 1000);
  assertStringIncludes(
    text,
    "Waits for a human, who runs in a terminal: orc approve",
  );
  assert(!text.includes("Next:"));
});
