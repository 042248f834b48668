import {
  JsonNumber,
  type JsonObject,
  jsonObject,
} from "../../src/base/json.ts";
import {
  fillCommand,
  fillTemplate,
  planCommand,
} from "../../src/workflow/command.ts";
import { assertEquals } from "@std/assert";

const SETTINGS: JsonObject = jsonObject({
  docs_dir: "docs",
  test_command: "npm test",
  quoted: `pytest -k "not slow"`,
  nested: "{{docs_dir}}",
  empty: "",
  flag: true,
  nothing: null,
  ratio: new JsonNumber("1.0"),
  list: ["a", "b"],
  größe: 3,
});

Deno.test("fillTemplate() fills in the names that are settings", () => {
  const filled = {
    "{{docs_dir}}/plan.md": "docs/plan.md",
    "{{docs_dir}}{{docs_dir}}": "docsdocs",
    "{{flag}} {{nothing}} {{ratio}} {{list}}": "True None 1.0 ['a', 'b']",
    "{{größe}}": "3",
    "a{{empty}}b": "ab",
    "{{{docs_dir}}}": "{docs}",
  };
  for (const [text, expected] of Object.entries(filled)) {
    assertEquals(fillTemplate(text, SETTINGS), expected, text);
  }
});

Deno.test("fillTemplate() leaves everything else as it is", () => {
  const texts = [
    "",
    "{{unknown}}",
    "{{ docs_dir }}",
    "{{docs dir}}",
    "{{docs-dir}}",
    "{docs_dir}",
    "{{}}",
    "{{docs_dir}",
  ];
  for (const text of texts) assertEquals(fillTemplate(text, SETTINGS), text);
  assertEquals(fillTemplate("{{docs_dir}}", new Map()), "{{docs_dir}}");
});

Deno.test("fillTemplate() does not expand values again", () => {
  assertEquals(fillTemplate("{{nested}}", SETTINGS), "{{docs_dir}}");
});

Deno.test("fillTemplate() does not take a value for a replacement pattern", () => {
  const settings = jsonObject({ a: "$& $1 $$" });
  assertEquals(fillTemplate("<{{a}}>", settings), "<$& $1 $$>");
});

Deno.test("fillCommand() refuses what could mean something to a shell", () => {
  for (const character of ";&|`$(){}[]<>\\!\r\n") {
    const value = `a${character}b`;
    assertEquals(
      fillCommand("x {{good}} {{bad}}", jsonObject({ good: "y", bad: value })),
      {
        filled: "x {{good}} {{bad}}",
        unsafe: { name: "bad", value },
      },
    );
  }
});

Deno.test("fillCommand() accepts other values", () => {
  const value = `npm run test:unit -- --grep='a b' "c" ~ * ? # % ^ = , .`;
  assertEquals(fillCommand("{{a}}", jsonObject({ a: value })), {
    filled: value,
    unsafe: null,
  });
});

Deno.test("fillCommand() does not judge settings the command does not use", () => {
  assertEquals(fillCommand("x", jsonObject({ bad: ";" })), {
    filled: "x",
    unsafe: null,
  });
});

const WORDS: readonly (readonly [text: string, words: readonly string[]])[] = [
  ["{{test_command}}", ["npm", "test"]],
  ["{{test_command}} --fast", ["npm", "test", "--fast"]],
  ["run-{{test_command}}", ["run-npm", "test"]],
  ['sh -c "{{test_command}}"', ["sh", "-c", "npm test"]],
  ["sh -c '{{test_command}}'", ["sh", "-c", "npm test"]],
  ["{{quoted}}", ["pytest", "-k", "not slow"]],
  ["echo '{{quoted}}'", ["echo", 'pytest -k "not slow"']],
  ["ls {{empty}} '{{empty}}'", ["ls", ""]],
  ["ls {{unknown}}", ["ls", "{{unknown}}"]],
  ["test -d {{docs_dir}}", ["test", "-d", "docs"]],
];

Deno.test("planCommand() splits values like the text around them", () => {
  for (const [text, words] of WORDS) {
    const filled = fillTemplate(text, SETTINGS);
    assertEquals(
      planCommand(text, SETTINGS),
      { kind: "words", words, filled },
      text,
    );
  }
});

Deno.test("planCommand() uses a shell when the author's text needs one", () => {
  assertEquals(
    planCommand("{{test_command}} | tee {{docs_dir}}/log", SETTINGS),
    { kind: "shell", text: "npm test | tee docs/log" },
  );
  assertEquals(planCommand("CI=1 {{quoted}} && echo ok", SETTINGS), {
    kind: "shell",
    text: 'CI=1 pytest -k "not slow" && echo ok',
  });
});

Deno.test("planCommand() gives no value the power to ask for a shell", () => {
  assertEquals(
    planCommand("{{a}}", jsonObject({ a: "CI=1 npm test" })),
    {
      kind: "words",
      words: ["CI=1", "npm", "test"],
      filled: "CI=1 npm test",
    },
  );
});

Deno.test("planCommand() says what a setting may not do", () => {
  const cases = [
    [
      "{{a}}",
      "b; c",
      'Setting "a" holds ";", which no setting may bring into a command',
    ],
    [
      "{{a}}",
      "b\nc",
      'Setting "a" holds "\\n", which no setting may bring into a command',
    ],
    [
      "echo '{{a}}; rm x'",
      "b'",
      'Setting "a" changes what is quoted in the command',
    ],
    ['echo "{{a}} | c" | d', 'b" "', undefined],
    [
      'echo "{{a}} | c" | d',
      'b"',
      'Setting "a" changes what is quoted in the command',
    ],
    [
      "echo {{a}} 'c'",
      "b'",
      'Setting "a" changes what is quoted in the command',
    ],
    ["echo \\{{a}}", "b", 'Setting "a" changes what is quoted in the command'],
    [
      "{{a}} && ./verify",
      "true #",
      'Setting "a" holds a "#", which hides the rest of the command',
    ],
    ["{{a}} && ./verify", "x#y", undefined],
    ["echo ${{a}}", "HOME", "Command needs a shell only because of a setting"],
    ["{{a}}", "", "Command names no program"],
    ["{{a}} | b", "c\0d", "Command contains a NUL character"],
    ["{{a}} | b", "c".repeat(64 * 1024), "Command is longer than 64 KiB"],
    ["{{a}} 'b", "c", "Command has an unclosed '"],
  ] as const;
  for (const [text, value, problem] of cases) {
    const plan = planCommand(text, jsonObject({ a: value }));
    assertEquals(
      plan.kind === "invalid" ? plan.problem : undefined,
      problem,
      text,
    );
  }
});
