import { jsonObject, type JsonValue, parseJson } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import { OrcError } from "../../src/base/error.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { atSize, definitionHash, sizingIn } from "../../src/workflow/sizes.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

const SIZED = `
name: W
sizes: [xs, s, m]
size_limits: {xs: {files: 1}, m: {lines: 9}}
risk_paths: [db/**]
measured_paths: ["!docs/**"]
phases:
  - id: PLAN
    name: Plan
    from: m
    items: [{id: plan, name: Plan}]
  - id: DO
    name: Do
    items:
      - {id: do, name: Do}
      - {id: prove, name: Prove, from: s, to: s}
      - {id: test, name: Test, from: s}
  - {id: EMPTY, name: Empty}
  - id: END
    name: End
    items: [{id: accept, name: Accept, from: s}]
`;

function definitionOf(text: string): ReturnType<typeof encodeDefinition> {
  const { value, locate } = readWorkflowText(text, "w");
  return encodeDefinition(parseWorkflow(value, { locate }).workflow);
}

function idsAt(size: string): readonly string[] {
  const { phases } = decodeDefinition(atSize(definitionOf(SIZED), size));
  return phases.map(({ id, items }) =>
    [id, ...items.map((item) => item.id)].join(" ")
  );
}

Deno.test("atSize() leaves out what a size does not need, and phases of which nothing is left", () => {
  assertEquals(idsAt("xs"), ["DO do", "EMPTY"]);
  assertEquals(idsAt("s"), ["DO do prove test", "EMPTY", "END accept"]);
  assertEquals(idsAt("m"), ["PLAN plan", "DO do test", "EMPTY", "END accept"]);
});

Deno.test("atSize() goes from any size to any other, and keeps the whole beside", () => {
  const whole = definitionOf(SIZED);
  const small = atSize(whole, "xs");
  assertEquals(atSize(small, "m"), atSize(whole, "m"));
  assertEquals(atSize(atSize(small, "m"), "xs"), small);
});

Deno.test("atSize() changes nothing in a workflow without sizes", () => {
  const plain = definitionOf(
    SIZED.replace(/sizes: .*\n(?:size_.*\n)(?:risk_.*\n)(?:meas.*\n)/, "")
      .replaceAll(/,? ?(?:from|to): \w+/g, "").replace(/\n +(?=\n)/g, ""),
  );
  assertEquals(sizingIn(plain), undefined);
  assert(atSize(plain, "s") === plain);
  assert(!plain.has("sizing"));
});

Deno.test("sizingIn() reads what a session pinned, and knows no size before", () => {
  const whole = definitionOf(SIZED);
  assertEquals(sizingIn(whole), undefined);
  const sizing = sizingIn(atSize(whole, "s"));
  assertEquals(sizing, {
    size: "s",
    sizes: ["xs", "s", "m"],
    limits: new Map([["xs", { files: 1 }], ["m", { lines: 9 }]]),
    riskPaths: ["db/**"],
    measuredPaths: ["!docs/**"],
  });
});

Deno.test("definitionHash() is the same for all sizes, and another for another workflow", async () => {
  const whole = definitionOf(SIZED);
  const hash = await definitionHash(whole);
  for (const size of ["xs", "s", "m"]) {
    assertEquals(await definitionHash(atSize(whole, size)), hash);
  }
  const other = definitionOf(SIZED.replace("name: Prove", "name: Show"));
  assertNotEquals(await definitionHash(atSize(other, "xs")), hash);
  const small = atSize(whole, "xs");
  assert(small instanceof Map);
  const sizing = small.get("sizing");
  assert(sizing instanceof Map);
  const withPhases = (phases: JsonValue) =>
    new Map(small).set("sizing", new Map(sizing).set("phases", phases));
  const foreign = [jsonObject({ id: "A", name: "a" })];
  for (const phases of [printJson(foreign), foreign, "[", "7", 7, null]) {
    assertNotEquals(await definitionHash(withPhases(phases)), hash);
    atSize(withPhases(phases), "m");
  }
});

Deno.test("atSize() and definitionHash() read the whole also where it is no text, as it was at first", async () => {
  const whole = definitionOf(SIZED);
  const small = atSize(whole, "xs");
  assert(small instanceof Map);
  const sizing = small.get("sizing");
  assert(sizing instanceof Map);
  const text = sizing.get("phases");
  assert(typeof text === "string");
  const phases = parseJson(text, "phases");
  assertEquals(phases, whole.get("phases"));
  const older = new Map(small).set(
    "sizing",
    new Map(sizing).set("phases", phases),
  );
  assertEquals(await definitionHash(older), await definitionHash(whole));
  const grown = atSize(whole, "m");
  const olderGrown = atSize(older, "m");
  assert(grown instanceof Map && olderGrown instanceof Map);
  assertEquals(olderGrown.get("phases"), grown.get("phases"));
  // It stays what its session began with: else its state were not what its events lead to.
  assertEquals(atSize(olderGrown, "xs"), older);
});

Deno.test("parseWorkflow() names what keeps sizes from meaning what they say", () => {
  const problemOf = (text: string): string => {
    try {
      definitionOf(`name: W\n${text}`);
      return "";
    } catch (error) {
      return error instanceof OrcError ? error.message : String(error);
    }
  };
  const phases = "phases: [{id: A, name: a, items: [{id: a, name: a}]}]";
  const item = (more: string) =>
    `sizes: [s, m]\nphases: [{id: A, name: a, items: [{id: b, name: b}, {id: a, name: a, ${more}}]}]`;
  const has = (text: string) => (message: string) => message.includes(text);
  assertTable<string, boolean>(
    (row) => {
      const [text = "", wanted = ""] = row.split(" => ");
      return has(wanted)(problemOf(text.replaceAll("|", "\n")));
    },
    ([
      [`sizes: []|${phases}`, "at least one size"],
      [`sizes: [s, s]|${phases}`, 'Duplicate size "s"'],
      [`sizes: [auto]|${phases}`, "not auto"],
      [`sizes: ["a b"]|${phases}`, "one word"],
      [`sizes: s|${phases}`, "a list of sizes"],
      [`risk_paths: [a/**]|${phases}`, "without sizes"],
      [`sizes: [s]|size_limits: {m: {files: 1}}|${phases}`, 'Unknown size "m"'],
      [`sizes: [s]|size_limits: {s: {files: -1}}|${phases}`, "0 or more"],
      [item("from: l"), 'Unknown size "l": known are s, m'],
      [item("from: m, to: s"), "write the smaller one first"],
      [item("changes: []"), "at least one pattern"],
      [
        `phases: [{id: A, name: a, from: s, items: [{id: a, name: a}]}]`,
        "has no sizes",
      ],
      [
        `sizes: [s, m]|phases: [{id: A, name: a, from: m, items: [{id: a, name: a}]}]`,
        'No item applies to size "s"',
      ],
      [
        `sizes: [s, m]|phases: [{id: R, name: r, required_reviews: [security], items: [{id: a, name: a}, {id: security, name: c, from: m}]}]`,
        'No item of size "s" carries the required review "security"',
      ],
    ] as const).map((
      [text, wanted],
    ) => [`${text.replaceAll("\n", "|")} => ${wanted}`, true]),
  );
  assertEquals(problemOf(item("from: m").replaceAll("|", "\n")), "");
});
