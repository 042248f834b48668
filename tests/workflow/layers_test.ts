import { originsOf, wholeOf } from "../../src/workflow/layers.ts";
import { asObject, item, outline, phase, put } from "./layered.ts";
import { assertEquals } from "@std/assert";

const BASE = {
  name: "base.yaml",
  says: {
    name: "Base",
    version: "2.0",
    settings: { docs: "doc", test_command: "" },
    secrets: ["A_KEY"],
    risk_paths: ["db/**"],
    phases: [phase("PLAN", item("plan")), phase("VERIFY", item("tests"))],
    "x-own": 1,
  },
};

Deno.test("mergeLayers() puts a file behind what it includes, and its own word over theirs", () => {
  const whole = put({
    name: "workflow.yaml",
    says: {
      name: "Shop",
      settings: { docs: "manual", test_command: "npm test" },
      secrets: ["B_KEY", "A_KEY"],
      phases: [phase("SHIP", item("ship"))],
    },
    includes: [BASE],
  });
  assertEquals(whole.problems, []);
  assertEquals(asObject(wholeOf(whole.merged, whole.places).value), {
    name: "Shop",
    version: "2.0",
    risk_paths: ["db/**"],
    secrets: ["A_KEY", "B_KEY"],
    settings: { docs: "manual", test_command: "npm test" },
    phases: [
      phase("PLAN", item("plan")),
      phase("VERIFY", item("tests")),
      phase("SHIP", item("ship")),
    ],
  });
});

Deno.test("mergeLayers() refuses an id that two files have, and a key that only one may say", () => {
  const other = { name: "other.yaml", says: BASE.says };
  const twice = put({ name: "w", says: {}, includes: [BASE, other] });
  assertEquals(twice.problems, [
    'include[1]: duplicate_id: Duplicate phase id "PLAN", first used at base.yaml:4:1',
    'include[1]: duplicate_id: Duplicate item id "plan", first used at base.yaml:6:1',
    'include[1]: duplicate_id: Duplicate phase id "VERIFY", first used at base.yaml:4:1',
    'include[1]: duplicate_id: Duplicate item id "tests", first used at base.yaml:6:1',
    'include[1]: said_twice: "risk_paths" cannot be said here, since base.yaml:2:1 says "risk_paths"',
  ]);
  const own = put({
    name: "w",
    says: {
      size_limits: { s: { files: 1000 } },
      phases: [phase("SHIP", item("tests"))],
    },
    includes: [BASE],
  });
  assertEquals(own.problems, [
    'phases[0].items[0].id: duplicate_id: Duplicate item id "tests", first used at base.yaml:6:1',
    'size_limits: said_twice: "size_limits" cannot be said here, since base.yaml:2:1 says "risk_paths"',
  ]);
});

Deno.test("wholeOf() leaves what is wrong for the schema to tell", () => {
  const says = { name: 5, phases: "none", settings: ["x"], secrets: {} };
  const { merged, places } = put({ name: "w", says });
  assertEquals(asObject(wholeOf(merged, places).value), says);
  const odd = { phases: ["text", { id: "A", items: "x" }, { id: "B" }] };
  const second = put({ name: "w", says: odd });
  assertEquals(
    asObject(wholeOf(second.merged, second.places).value),
    odd,
  );
});

Deno.test("wholeOf() finds each entry in the file that has it", () => {
  const whole = put({
    name: "workflow.yaml",
    says: {
      name: "Shop",
      settings: { own: 1 },
      overlay: [{ before: "VERIFY.tests", insert: item("lint") }],
      phases: [phase("SHIP", item("ship"))],
    },
    includes: [BASE],
  });
  const { locate } = wholeOf(whole.merged, whole.places);
  const at = (...path: readonly (string | number)[]) => {
    const { file, path: own } = locate(path) ?? {};
    return [file ?? "workflow.yaml", own?.join(".")];
  };
  assertEquals(at("name"), ["workflow.yaml", "name"]);
  assertEquals(at("version"), ["base.yaml", "version"]);
  assertEquals(at("settings", "own"), ["workflow.yaml", "settings.own"]);
  assertEquals(at("settings", "docs"), ["base.yaml", "settings.docs"]);
  assertEquals(at("phases", 1, "name"), ["base.yaml", "phases.1.name"]);
  assertEquals(
    at("phases", 1, "items", 0, "id"),
    ["workflow.yaml", "overlay.0.insert.id"],
  );
  assertEquals(
    at("phases", 1, "items", 1, "id"),
    ["base.yaml", "phases.1.items.0.id"],
  );
  assertEquals(
    at("phases", 2, "items", 0, "name"),
    ["workflow.yaml", "phases.0.items.0.name"],
  );
  const origins = originsOf(whole.merged, whole.places)
    .map(({ phaseId, itemId, file }) => `${phaseId}.${itemId} ${file}`);
  assertEquals(origins, [
    "PLAN.plan base.yaml",
    "VERIFY.lint workflow.yaml",
    "VERIFY.tests base.yaml",
    "SHIP.ship workflow.yaml",
  ]);
});

Deno.test("mergeLayers() goes as deep as files include files", () => {
  const middle = {
    name: "middle.yaml",
    says: {
      overlay: [{ remove: "PLAN.plan" }],
      phases: [phase("MID", item("mid"))],
    },
    includes: [BASE],
  };
  const whole = put({
    name: "w",
    says: { overlay: [{ after: "MID.mid", insert: item("more") }] },
    includes: [middle],
  });
  assertEquals(whole.problems, []);
  assertEquals(outline(whole), ["PLAN:", "VERIFY: tests", "MID: mid more"]);
});
