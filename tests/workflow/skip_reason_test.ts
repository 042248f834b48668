import { problemOfSkipReason } from "../../src/workflow/skip_reason.ts";
import type { StepType } from "../../src/workflow/types.ts";
import { assertEquals } from "@std/assert";

const STRICT: readonly StepType[] = ["documented", "gate"];
const REPETITION = "The reason repeats itself instead of giving one";

Deno.test("problemOfSkipReason() accepts reasons in any language", () => {
  const reasons = [
    "No stored data changes its shape",
    "obsolete: the API is gone",
    "Die Schnittstelle entfällt mit diesem Umbau",
    "本次修改只涉及注释，因此无需迁移数据",
    "Данные не меняются, миграция не нужна",
    "لا توجد بيانات مخزنة تتغير",
    "a test of a test",
    "Unverwendbarkeit",
  ];
  for (const reason of reasons) {
    assertEquals(problemOfSkipReason(reason, "flexible"), undefined, reason);
  }
});

Deno.test("problemOfSkipReason() refuses an empty reason", () => {
  for (const reason of ["", " ", "\n\t"]) {
    assertEquals(
      problemOfSkipReason(reason, "flexible"),
      "The reason is empty",
    );
  }
});

Deno.test("problemOfSkipReason() refuses what has no words", () => {
  for (
    const reason of [
      "-",
      "... ... ... ...",
      "!@#$%^&*()_",
      "🚀🙈🙉🙊🐵🐒🦍🦧🐶🐕",
    ]
  ) {
    assertEquals(
      problemOfSkipReason(reason, "flexible"),
      "The reason has no words",
      reason,
    );
  }
});

Deno.test("problemOfSkipReason() refuses stock phrases however they are dressed up", () => {
  const phrases = [
    "not needed",
    "Not Needed.",
    "  not   needed!!! ",
    '"not needed"',
    "not-needed",
    "not_needed",
    "N/A",
    "n.a.",
    "skip",
    "skip..............",
    "already done",
    "not applicable",
    "none",
    "obvious",
    "unnecessary",
    "OK",
  ];
  for (const phrase of phrases) {
    assertEquals(
      problemOfSkipReason(phrase, "flexible"),
      `"${phrase.trim()}" is not a reason`,
    );
  }
});

Deno.test("problemOfSkipReason() refuses one letter or phrase again and again", () => {
  const repetitions = [
    "a".repeat(50),
    "ab".repeat(30),
    "aaaa bbbb cccc dddd aaaa bbbb cccc dddd aaaa bbbb cccc dddd",
    "skip ".repeat(12),
    "not needed. ".repeat(6),
    "not needed, not needed, not needed, not needed, not needed",
    "пропуск ".repeat(8),
    "already done and already done and already done and already done",
  ];
  for (const reason of repetitions) {
    for (const stepType of STRICT) {
      assertEquals(problemOfSkipReason(reason, stepType), REPETITION, reason);
    }
  }
});

Deno.test("problemOfSkipReason() does not take common words for repetition", () => {
  const reason =
    "The old table is read by the old report and the new table by the new " +
    "report, and the old report goes away with the old table";
  for (const stepType of STRICT) {
    assertEquals(problemOfSkipReason(reason, stepType), undefined);
  }
});

Deno.test("problemOfSkipReason() wants 10 characters of flexible items and 50 of others", () => {
  const letters =
    "Renovating the whole kitchen makes this one wholly pointless";
  const verdicts = (
    [["flexible", 10], ["documented", 50], ["gate", 50]] as const
  ).map(([stepType, minimum]) => [
    problemOfSkipReason(letters.slice(0, minimum - 1).padEnd(60), stepType),
    problemOfSkipReason(letters.slice(0, minimum), stepType),
  ]);
  assertEquals(verdicts, [
    ["The reason has 9 of at least 10 characters", undefined],
    ["The reason has 49 of at least 50 characters", undefined],
    ["The reason has 49 of at least 50 characters", undefined],
  ]);
});

Deno.test("problemOfSkipReason() counts code points", () => {
  assertEquals(
    problemOfSkipReason("alt𝔤𝔬𝔱𝔥𝔦𝔠", "flexible"),
    "The reason has 9 of at least 10 characters",
  );
});
