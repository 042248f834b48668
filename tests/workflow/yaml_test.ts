import { OrcError } from "../../src/base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../../src/base/json.ts";
import { canonicalJson } from "../../src/base/json_print.ts";
import { MAX_DEPTH, MAX_WORKFLOW_BYTES } from "../../src/base/limits.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import type { Path } from "../../src/workflow/problem.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { assertEach, assertTable } from "../base/table.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const SOURCE = "workflow.yaml";

/** What the Python tool accepts although it is certainly a mistake. */
const STRICTER: ReadonlySet<string> = new Set([
  "phases empty",
  "ver cmd no command",
  "dup phase",
]);

function read(text: string): unknown {
  return readWorkflowText(text, SOURCE).value;
}

function refusal(text: string): OrcError {
  const error = assertThrows(() => read(text), OrcError);
  assertEquals([error.kind, error.code], ["config", "invalid_yaml"]);
  assertEquals(error.path, SOURCE);
  return error;
}

function verdictOn(text: string): { verdict: string; definition?: JsonObject } {
  try {
    const { value, locate } = readWorkflowText(text, SOURCE);
    const { workflow } = parseWorkflow(value, { locate, source: SOURCE });
    return { verdict: "accept", definition: encodeDefinition(workflow) };
  } catch (error) {
    assert(error instanceof OrcError);
    const isYaml = error.code === "invalid_yaml";
    return { verdict: isYaml ? "yaml_error" : "reject" };
  }
}

function vectors(): readonly JsonObject[] {
  const path = new URL(
    "../testdata/workflow_yaml_verdicts.json",
    import.meta.url,
  );
  const list = parseJson(Deno.readTextFileSync(path), "vectors");
  assert(isJsonList(list));
  return list.flatMap((entry: JsonValue) => asObject(entry) ?? []);
}

for (const vector of vectors()) {
  const name = String(vector.get("name"));
  Deno.test(`workflow.yaml is judged as by the Python tool: ${name}`, () => {
    const { verdict, definition } = verdictOn(String(vector.get("yaml")));
    if (STRICTER.has(name)) {
      assertEquals([vector.get("verdict"), verdict], ["accept", "reject"]);
      return;
    }
    assertEquals(verdict, vector.get("verdict"));
    if (definition === undefined) return;
    assertEquals(
      canonicalJson(definition),
      canonicalJson(vector.get("normalized") ?? null),
    );
  });
}

Deno.test("readWorkflowText() keeps keys in order, and keys that are no strings", () => {
  assertEquals(
    read("{b: 1, 10: x, a: [~, yes], 2: {no: 1}}"),
    new Map<unknown, unknown>([
      ["b", 1],
      [10, "x"],
      ["a", [null, true]],
      [2, new Map([[false, 1]])],
    ]),
  );
  assertEquals(read("__proto__: 1"), new Map([["__proto__", 1]]));
});

Deno.test("readWorkflowText() finds nothing in an empty text", () => {
  const texts = ["", "\n", "# only a comment\n", "---\n", "null", "~"];
  assertEach(read, null, texts);
});

Deno.test("readWorkflowText() accepts a byte order mark, every line end and YAML 1.1 directives", () => {
  assertEach<string, unknown>(read, new Map([["a", "b"], ["c", "d"]]), [
    "\ufeffa: b\nc: d\n",
    "a: b\r\nc: d\r\n",
    "a: b\rc: d",
    "a: b  \nc: d  ",
    "%YAML 1.1\n---\na: b\nc: d\n...\n",
  ]);
});

Deno.test("readWorkflowText() reads quoted scalars and blocks as strings", () => {
  assertEquals(
    read(`{a: "1", b: 'yes', c: !!str 12, d: "\\u00e9"}`),
    new Map([["a", "1"], ["b", "yes"], ["c", "12"], ["d", "é"]]),
  );
  assertEquals(read("a: |\n  1\n"), new Map([["a", "1\n"]]));
});

Deno.test("readWorkflowText() merges as PyYAML does: own keys win, then the first mapping", () => {
  const text = `
one: &one {a: 1, b: 1}
two: &two {b: 2, c: 2}
both: {d: 3, <<: [*one, *two], a: 0}
quoted: {"<<": 1}
`;
  const value = read(text);
  assert(value instanceof Map);
  const both = [["b", 1], ["c", 2], ["a", 0], ["d", 3]];
  assertEquals([...value.get("both")], both);
  assertEquals(value.get("quoted"), new Map([["<<", 1]]));
});

Deno.test("readWorkflowText() repeats what aliases name, the latest of each name", () => {
  assertEquals(read("[&a x, *a, &a y, *a]"), ["x", "x", "y", "y"]);
  const many = `x: &x {a: 1}\nlist:\n${"  - *x\n".repeat(500)}`;
  const value = read(many);
  assert(value instanceof Map);
  assertEquals(value.get("list").length, 500);
});

Deno.test("readWorkflowText() refuses alias bombs, cycles and dangling aliases", () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const alias = level === 0 ? "x" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(10).fill(alias)}]`;
  });
  assert(refusal(levels.join("\n")).message.includes("alias bomb"));
  const keys = Array.from({ length: 2000 }, (_, key) => `k${key}: 1`);
  const merges = Array.from({ length: 2000 }, (_, at) => `m${at}: {<<: *a}`);
  const merged = `x: &a {${keys.join(", ")}}\n${merges.join("\n")}`;
  assert(refusal(merged).message.includes("alias bomb"));
  for (const text of ["a: &a [*a]", "&a {b: *a}", "&a {<<: *a}"]) {
    assert(refusal(text).message.includes('"*a" refers to itself'), text);
  }
  assertEquals(
    refusal("a: *b").message,
    'workflow.yaml:1:4: The alias "*b" refers to nothing before it',
  );
});

Deno.test("readWorkflowText() refuses depth before it can overflow the stack", () => {
  const nested = (depth: number): string =>
    "[".repeat(depth) + "]".repeat(depth);
  read(nested(MAX_DEPTH));
  const block = Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}a:`);
  const openings = ["{a: ", "- ", "? "].map((text) => text.repeat(10_000));
  const brackets = [nested(MAX_DEPTH + 1), nested(10_000)];
  for (const text of [...brackets, ...openings, block.join("\n")]) {
    assert(refusal(text).message.endsWith(`Nested deeper than ${MAX_DEPTH}`));
  }
});

Deno.test("readWorkflowText() refuses duplicate keys and names both places", () => {
  assertEquals(
    refusal("a: 1\nb: {c: 1, d: 2, c: 3}\n'a': 2\n").message,
    'workflow.yaml:2:17: Duplicate key "c", first used at 2:5\n' +
      'workflow.yaml:3:1: Duplicate key "a", first used at 1:1',
  );
  assert(refusal("{1: a, 0x1: b}").message.includes("Duplicate key 1"));
  assertEquals(
    read("{1: a, '1': b, true: c}"),
    new Map<unknown, unknown>([[1, "a"], ["1", "b"], [true, "c"]]),
  );
});

Deno.test("readWorkflowText() refuses tags that would construct something", () => {
  const tags = [
    '!!python/object/apply:os.system ["x"]',
    "!!js/function x",
    "!local x",
    "!!omap [a: 1]",
    "!!set [a]",
    "!!int [1]",
  ];
  for (const tag of tags) {
    const { message } = refusal(`a: ${tag}`);
    assert(/The tag ".*" is not allowed here$/.test(message), message);
  }
});

Deno.test("readWorkflowText() refuses keys and merges that are none", () => {
  const { message } = refusal("? [a]\n: 1\n<<: 2\n");
  assertEquals(message.split("\n"), [
    "workflow.yaml:1:3: A key cannot be a list",
    "workflow.yaml:3:1: The key << wants a mapping or a list of mappings",
  ]);
});

Deno.test("readWorkflowText() says tab where a tab is the mistake", () => {
  assertEach(
    (text) => refusal(text).message.includes("tab"),
    true,
    ["a:\n\t- b", "a:\n  - b: 1\n\tc: 2\n", "\ta: b", "a: >\n\tb\n"],
  );
});

Deno.test("readWorkflowText() names line and column of a syntax error, and of a second document", () => {
  assertTable((text) => refusal(text).message.replace(`${SOURCE}:`, ""), [
    ["a: b\nc: d: e\n", '2:4: A value that holds ": " must be in quotes'],
    [
      "a: @b",
      "1:4: Plain value cannot start with reserved character @: put the value in quotes",
    ],
    ["a: 1\nb", "2:1: Implicit map keys need to be followed by map values"],
    ["\ufeff{a: b", "1:6: Flow map must end with a }"],
    [
      "a: 1\n---\nb: 2\n",
      "2:1: A second document begins here: a workflow file holds one",
    ],
  ]);
});

Deno.test("readWorkflowText() refuses characters YAML forbids", () => {
  for (const character of ["\0", "\x1b", "\x07", "\ud800", "\uffff"]) {
    const { message } = refusal(`a: 1\nb: "${character}"`);
    assert(message.startsWith("workflow.yaml:2:5: The character U+"), message);
  }
  assertEquals(read("a: \u{1f680}"), new Map([["a", "\u{1f680}"]]));
});

Deno.test("readWorkflowText() refuses a text that is too large", () => {
  const text = "x".repeat(MAX_WORKFLOW_BYTES);
  assertEquals(read(text), text);
  refusal("x".repeat(MAX_WORKFLOW_BYTES + 1));
  refusal("é".repeat(MAX_WORKFLOW_BYTES / 2 + 1));
});

Deno.test("locate() finds entries by path, through aliases and merges", () => {
  const text = `name: W
base: &base
  name: B
phases:
  - id: 010
    items: [{<<: *base, id: a}, *base]
`;
  const { locate } = readWorkflowText(text, SOURCE);
  const place = (path: Path): string => {
    const position = locate(path);
    return position === undefined ? "-" : `${position.line}:${position.column}`;
  };
  assertTable(place, [
    [[], "1:1"],
    [["name"], "1:1"],
    [["phases"], "4:1"],
    [["phases", 0], "5:5"],
    [["phases", 0, "items", 0, "id"], "6:25"],
    [["phases", 0, "items", 0, "name"], "3:3"],
    [["phases", 0, "items", 1, "name"], "3:3"],
    [["phases", 0, "name"], "-"],
    [["name", "x", 3], "-"],
  ]);
  assertEquals(locate(["phases", 0, "id"])?.text, "010");
});

Deno.test({
  name: "readWorkflowText() names the permission that is missing",
  permissions: { env: false },
  fn() {
    const error = assertThrows(() => read("a: 1"), OrcError);
    assertEquals([error.kind, error.code], ["denied", "permission_missing"]);
    assert(error.hint?.includes("--allow-env=LOG_TOKENS,LOG_STREAM"));
  },
});

/** Files of other programs that are public under the name, as far as they tell what they are. */
const FOREIGN: readonly (readonly [text: string, says: string])[] = [
  [
    "name: CI\non: [push]\njobs:\n  build: {runs-on: ubuntu-latest}\n",
    ":3:1: jobs: This looks like a GitHub Actions workflow",
  ],
  [
    "\n# Argo\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {}\n",
    ":3:1: apiVersion: This looks like a Kubernetes manifest",
  ],
  [
    "version: 2.1\njobs: {}\nworkflows: {}\n",
    ":2:1: jobs: This looks like a CircleCI configuration",
  ],
  [
    "image: node\ntest:\n  script: [npm test]\n",
    ":2:1: test: This looks like a GitLab CI configuration",
  ],
  [
    "trigger: [main]\nsteps: []\n",
    ":1:1: trigger: This looks like an Azure pipeline",
  ],
  [
    "document: {dsl: 1.0.0}\ndo: []\n",
    ":1:1: document: This looks like a Serverless Workflow",
  ],
  [
    "main:\n  steps: []\n",
    ":1:1: main: This looks like a Google Cloud workflow",
  ],
  [
    "nodes: []\nconnections: {}\n",
    ":1:1: nodes: This looks like an n8n workflow",
  ],
  [
    "services:\n  web: {image: nginx}\n",
    ":1:1: services: This looks like a Docker Compose file",
  ],
  [
    "- hosts: all\n  tasks: []\n",
    ":1:3: [0].hosts: This looks like an Ansible playbook",
  ],
];

for (const [text, says] of FOREIGN) {
  Deno.test(`parseWorkflow() names another program's file as such: ${says}`, () => {
    const { value, locate } = readWorkflowText(text, SOURCE);
    const error = assertThrows(
      () => parseWorkflow(value, { locate, source: SOURCE }),
      OrcError,
    );
    assertEquals(
      error.message,
      `${SOURCE}${says}, and not like a workflow of orc, which has phases`,
    );
    assert(error.hint?.includes("orc start -w FILE"));
  });
}

Deno.test("readWorkflowText() names each unresolved merge, and nothing that only resembles one", () => {
  const text =
    "a: 1\n<<<<<<< HEAD\nb: 1\n||||||| base\n=======\nb: 2\n>>>>>>> other\n";
  const error = assertThrows(
    () => readWorkflowText(text + text.replaceAll("b:", "c:"), SOURCE),
    OrcError,
  );
  const lines = error.message.split("\n");
  assertEquals(lines.map((line) => line.slice(0, 48)), [
    "workflow.yaml:2:1: An unresolved merge begins he",
    "workflow.yaml:9:1: An unresolved merge begins he",
  ]);
  const plain = "a: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> b\n";
  assertEquals(
    readWorkflowText(plain, SOURCE).value,
    new Map([["a", "<<<<<<< HEAD\n=======\n>>>>>>> b\n"]]),
  );
});

Deno.test("parseWorkflow() shows a key that is no string where it stands, as the file spells it", () => {
  const text = `name: Mine
on: push
phases:
  - id: DO
    name: Do
    items:
      - id: it
        name: It
        no: more
settings:
  a: 1
  010: b
`;
  const { value, locate } = readWorkflowText(text, SOURCE);
  const error = assertThrows(
    () => parseWorkflow(value, { locate, source: SOURCE }),
    OrcError,
  );
  assertEquals(error.message.split("\n"), [
    'workflow.yaml:2:1: Expected only strings as keys, found the boolean true: write "on" in quotes',
    'workflow.yaml:9:9: phases[0].items[0]: Unknown key "no", which YAML reads as the boolean false',
    'workflow.yaml:12:3: settings: Expected only strings as keys, found the number 8: write "010" in quotes',
  ]);
  const [problem] = error.details?.problems as readonly object[];
  assertEquals(Object.keys(problem ?? {}).sort(), [
    ...["code", "column", "line", "message", "path", "severity"],
  ]);
});
