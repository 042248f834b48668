import { type ConfigEdit, editConfig } from "../../src/config/edit.ts";
import { parseConfig } from "../../src/settings/files.ts";
import { readFlatYaml } from "../../src/settings/merge.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { refusalOf } from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const PATH = "/shop/.orchestrator/config.yaml";

function edited(text: string, edit: ConfigEdit): Promise<string> {
  return editConfig(text, PATH, edit);
}

/** Lines of the first text that the second lacks, and the other way round. */
function diff(before: string, after: string): readonly string[] {
  const [old, young] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !young.includes(line)).map((line) => `-${line}`),
    ...young.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

const COMMENTED = `# Settings of the shop.
# Ask Ada before you change them.

check_timeout_seconds:   600   # the slow suite

# Nobody likes colors here.
color: 'never'
output: text # for people
`;

Deno.test("editConfig() changes one line of a commented file", async () => {
  const cases: readonly [ConfigEdit, readonly string[]][] = [
    [{ key: "check_timeout_seconds", value: 900 }, [
      "-check_timeout_seconds:   600   # the slow suite",
      "+check_timeout_seconds:   900   # the slow suite",
    ]],
    [{ key: "color", value: "always" }, ["-color: 'never'", "+color: always"]],
    [{ key: "notice", value: false }, ["+notice: false"]],
    [{ key: "output" }, ["-output: text # for people"]],
    [{ key: "color", value: "never" }, ["-color: 'never'", "+color: never"]],
  ];
  for (const [edit, lines] of cases) {
    assertEquals(diff(COMMENTED, await edited(COMMENTED, edit)), lines);
  }
});

Deno.test("editConfig() writes a list in one line", async () => {
  const edit = { key: "secrets", value: ["A_KEY", "B_KEY"] };
  const cases: readonly [string, string][] = [
    ["", "secrets: [A_KEY, B_KEY]\n"],
    ["secrets: OLD # why\n", "secrets: [A_KEY, B_KEY] # why\n"],
    ["secrets: [OLD] # why\na: 1\n", "secrets: [A_KEY, B_KEY] # why\na: 1\n"],
    ["secrets:\n  - OLD\na: 1\n", "secrets:\n  [A_KEY, B_KEY]\na: 1\n"],
    ["secrets:\n- OLD\n- B\na: 1\n", "secrets: [A_KEY, B_KEY]\na: 1\n"],
  ];
  for (const [before, after] of cases) {
    assertEquals(await edited(before, edit), after);
    const list = await edited(before, { ...edit, value: [] });
    assertEquals(list, after.replace("[A_KEY, B_KEY]", "[]"));
  }
  assertEquals(
    await edited("secrets:\n  - A\na: 1\n", { key: "secrets" }),
    "a: 1\n",
  );
});

Deno.test("editConfig() keeps the forms a file can have", async () => {
  const cases: readonly [string, string][] = [
    ["", "color: auto\n"],
    ["# only words", "# only words\ncolor: auto\n"],
    ["a: 1", "a: 1\ncolor: auto\n"],
    ["a: 1\r\n", "a: 1\r\ncolor: auto\r\n"],
    ["color: never\r\nb: 2\r\n", "color: auto\r\nb: 2\r\n"],
    ["---\ncolor: never\n", "---\ncolor: auto\n"],
    ["color:\nb: 2\n", "color: auto\nb: 2\n"],
    ["color: # none\nb: 2\n", "color: auto # none\nb: 2\n"],
    ["color: |\n  never\nb: 2\n", "color: auto\nb: 2\n"],
    ["color:\n  - never\nb: 2\n", "color:\n  auto\nb: 2\n"],
    ["  a: 1\n", "  a: 1\n  color: auto\n"],
    ["\ufeffcolor: never\n", "\ufeffcolor: auto\n"],
    ['"color": never\n', '"color": auto\n'],
    ["{a: 1, color: never}\n", "{a: 1, color: auto}\n"],
  ];
  for (const [before, after] of cases) {
    const text = await edited(before, { key: "color", value: "auto" });
    assertEquals(text, after, JSON.stringify(before));
  }
});

Deno.test("editConfig() writes a mapping in braces anew", async () => {
  const text = await edited("{a: 1} # mine\n", { key: "color", value: "auto" });
  assertStringIncludes(text, "# mine");
  const entries = await parseConfig(text, PATH);
  assertEquals(entries.map(({ key, value }) => [key, value]), [
    ["a", 1],
    ["color", "auto"],
  ]);
});

Deno.test("editConfig() spells texts so that YAML reads them as texts", async () => {
  const values = [
    "yes",
    "012",
    "1:30",
    "null",
    "~",
    "a: b",
    "a #b",
    " a ",
    "- a",
    "it's",
    'say "hi"',
    "C:\\dir",
    "ünï",
    "2024-01-01",
    "{a}",
    "",
  ];
  for (const value of values) {
    const text = await edited("a: 1\n", { key: "b", value });
    const entries = await parseConfig(text, PATH);
    assertEquals(entries.at(-1)?.value, value, text);
  }
});

Deno.test("editConfig() gives up rather than to break what it does not understand", async () => {
  const text = "a: &x 1\nb: *x\n";
  const error = await refusalOf(() => edited(text, { key: "a" }));
  assertEquals([error.kind, error.code], ["config", "cannot_edit"]);
});

Deno.test("readFlatYaml() reads nothing otherwise than the parser", () => {
  const scalars = [
    "never",
    "1",
    "-1",
    "012",
    "1.50",
    "1:30",
    "yes",
    "No",
    "null",
    "~",
    "0x1f",
    "1e3",
    "1_000",
    ".5",
    "a b",
    "a/b@c",
    "2024-01-01",
    "'x y'",
    '"x: y # z"',
    "''",
    "y",
  ];
  let count = 0;
  for (const scalar of scalars) {
    const text = `# head\nkey: ${scalar} # tail\n\nlast: ${scalar}\n`;
    const flat = readFlatYaml(text);
    if (flat === undefined) continue;
    count++;
    const { value, locate } = readWorkflowText(text, PATH);
    assert(value instanceof Map);
    assertEquals(new Map(flat.map(({ key, value }) => [key, value])), value);
    for (const { key, line, column } of flat) {
      const place = locate([key]);
      assertEquals([place?.line, place?.column], [line, column]);
    }
  }
  assert(count > 15, `only ${count}`);
});
