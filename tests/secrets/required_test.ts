import { secretsOf } from "../../src/secrets/secret_use.ts";
import { itemOf, phaseOf, workflowOf } from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("secretsOf() names each secret of a workflow and its items once", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a", { secrets: ["Z_KEY", "A_KEY"] })]),
    phaseOf("DO", [itemOf("b", { secrets: ["A_KEY"] })]),
  ]);
  assertEquals(secretsOf({ ...workflow, secrets: ["M_KEY", "A_KEY"] }), [
    "A_KEY",
    "M_KEY",
    "Z_KEY",
  ]);
});

Deno.test("secretsOf() leaves out what another tool wrote and is no name", () => {
  const workflow = workflowOf([phaseOf("PLAN", [])]);
  assertEquals(secretsOf({ ...workflow, secrets: ["../x", "PATH", "OK"] }), [
    "OK",
  ]);
});
