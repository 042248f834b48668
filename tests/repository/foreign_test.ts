import { foreignWorkflow } from "../../src/workflow/foreign.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { readWorkflowText } from "../../src/workflow/yaml.ts";
import { OrcError } from "../../src/base/error.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

/** Files that are public under the name, as far as they tell what they are. */
const FILES: readonly (readonly [text: string, says: string])[] = [
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

for (const [text, says] of FILES) {
  Deno.test(`parseWorkflow() names another program's file as such: ${says}`, () => {
    const source = "workflow.yaml";
    const { value, locate } = readWorkflowText(text, source);
    const error = assertThrows(
      () => parseWorkflow(value, { locate, source }),
      OrcError,
    );
    assertEquals(
      error.message,
      `${source}${says}, and not like a workflow of orc, which has phases`,
    );
    assert(error.hint?.includes("orc start -w FILE"));
  });
}

Deno.test("foreignWorkflow() takes no workflow with a mistake for another program's", () => {
  const files: readonly unknown[] = [
    new Map([["name", "Mine"], ["phase", "x"]]),
    new Map<string, unknown>([["jobs", 1], ["phases", []]]),
    new Map([["name", "Mine"], ["steps", "x"]]),
    [],
    "text",
    null,
  ];
  for (const file of files) assertEquals(foreignWorkflow(file), undefined);
});

Deno.test("readWorkflowText() names each unresolved merge, and nothing that only resembles one", () => {
  const text =
    "a: 1\n<<<<<<< HEAD\nb: 1\n||||||| base\n=======\nb: 2\n>>>>>>> other\n";
  const error = assertThrows(
    () => readWorkflowText(text + text.replaceAll("b:", "c:"), "workflow.yaml"),
    OrcError,
  );
  const lines = error.message.split("\n");
  assertEquals(lines.map((line) => line.slice(0, 48)), [
    "workflow.yaml:2:1: An unresolved merge begins he",
    "workflow.yaml:9:1: An unresolved merge begins he",
  ]);
  const plain = "a: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> b\n";
  assertEquals(
    readWorkflowText(plain, "workflow.yaml").value,
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
  const { value, locate } = readWorkflowText(text, "workflow.yaml");
  const error = assertThrows(
    () => parseWorkflow(value, { locate, source: "workflow.yaml" }),
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
