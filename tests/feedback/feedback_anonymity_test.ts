import { jsonObject, plainOf } from "../../src/base/json.ts";
import {
  anonymised,
  DEFAULT_SALT,
  hashOfWorkflow,
} from "../../src/feedback/feedback_anonymity.ts";
import { assertEquals, assertNotEquals } from "@std/assert";

Deno.test("hashOfWorkflow() hashes as the Python tool does", async () => {
  assertEquals(
    await hashOfWorkflow("unknown", DEFAULT_SALT),
    "b0aaee280a5599b2",
  );
});

Deno.test("hashOfWorkflow() depends on the salt", async () => {
  assertNotEquals(
    await hashOfWorkflow("wf_00c0ffee", "a"),
    await hashOfWorkflow("wf_00c0ffee", "b"),
  );
});

Deno.test("anonymised() keeps only keys and phases that are known to be harmless", () => {
  const feedback = jsonObject({
    task: "Secret",
    repo: "https://example.org/secret",
    workflow_id: "wf_00c0ffee",
    errors_summary: ["secret.ts"],
    errors_count: 2,
    timestamp: "2026-03-01T10:00:00+00:00",
    a_key_of_tomorrow: "secret",
    phases: jsonObject({ SECRET: 5, LEARN: 2, PLAN: 1, EXECUTE: "secret" }),
  });
  assertEquals(
    JSON.stringify(plainOf(anonymised(feedback))),
    JSON.stringify({
      timestamp: "2026-03-01T10:00:00+00:00",
      phases: { PLAN: 1, LEARN: 2 },
      errors_count: 2,
    }),
  );
});
