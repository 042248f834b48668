import { findDuplicateId } from "../../src/workflow/definition.ts";
import { itemOf, phaseOf } from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("findDuplicateId() finds phases, and items of one phase, that share an id", () => {
  const plan = phaseOf("PLAN", [itemOf("a"), itemOf("b")]);
  const twice = phaseOf("LEARN", [itemOf("a"), itemOf("c"), itemOf("c")]);
  const find = (...phases: Parameters<typeof findDuplicateId>[0]["phases"]) =>
    findDuplicateId({ phases });
  assertEquals(find(), undefined);
  assertEquals(find(plan, phaseOf("LEARN", [itemOf("c")])), undefined);
  assertEquals(find(plan, plan), { kind: "phase", id: "PLAN" });
  assertEquals(find(plan, twice), { kind: "item", id: "c" });
});

Deno.test("findDuplicateId() lets two phases have an item of one id, which the state keeps apart", () => {
  const phases = ["PLAN", "LEARN"].map((id) => phaseOf(id, [itemOf("a")]));
  assertEquals(findDuplicateId({ phases }), undefined);
});
