import { readFlatYaml } from "../../src/settings/flat_yaml.ts";
import { assertEquals } from "@std/assert";

Deno.test("readFlatYaml() reads lines of keys and scalars, and where they stand", () => {
  const text = `# mine

color: never  # not on this screen
lock_timeout_seconds: 2.5
notice: off
agent_program: claude --print
state_branch: "a b"
secrets_repo: 'me/x'
`;
  assertEquals(readFlatYaml(text), [
    { key: "color", value: "never", line: 3, column: 1 },
    { key: "lock_timeout_seconds", value: 2.5, line: 4, column: 1 },
    { key: "notice", value: false, line: 5, column: 1 },
    { key: "agent_program", value: "claude --print", line: 6, column: 1 },
    { key: "state_branch", value: "a b", line: 7, column: 1 },
    { key: "secrets_repo", value: "me/x", line: 8, column: 1 },
  ]);
  assertEquals(readFlatYaml(""), []);
  assertEquals(readFlatYaml("# nothing"), []);
});

Deno.test("readFlatYaml() leaves to the parser whatever could mean more", () => {
  const texts = [
    "a: 1\na: 2\n",
    "a:\n",
    "a: [1]\n",
    "a: {b: 1}\n",
    "a: b: c\n",
    "a: |\n  b\n",
    "a: b\n  c\n",
    " a: 1\n",
    "- a\n",
    "a: &x 1\n",
    "a: !!str 1\n",
    'a: "\\n"\n',
    "a: it's\n",
    "'a': 1\n",
    "on: 1\n",
    "a: 1\r\n",
    "a: ü\n",
    "a:\t1\n",
    "--- \na: 1\n",
    "%YAML 1.1\n",
    "a: 1\n...\n",
    "a: 2024-13-45\n",
    "just text\n",
  ];
  assertEquals(texts.filter((text) => readFlatYaml(text) !== undefined), []);
});
