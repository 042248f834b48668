import {
  JsonNumber,
  type JsonObject,
  jsonObject,
} from "../../src/base/json.ts";
import {
  planCommand,
  quotingAfter,
  splitCommand,
  splitWords,
} from "../../src/workflow/command.ts";
import { fillTemplate } from "../../src/workflow/template.ts";
import { assertEach } from "../base/table.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const SETTINGS: JsonObject = jsonObject({
  docs_dir: "docs",
  test_command: "npm test",
  quoted: `pytest -k "not slow"`,
  nested: "{{docs_dir}}",
  pattern: "$& $1 $$",
  empty: "",
  flag: true,
  nothing: null,
  ratio: new JsonNumber("1.0"),
  list: ["a", "b"],
  größe: 3,
});

Deno.test("planCommand() lets no setting bring in what could mean something to a shell", () => {
  for (const character of ";&|`$(){}[]<>\\!\r\n") {
    const settings = jsonObject({ good: "y", bad: `a${character}b` });
    const plan = planCommand("x {{good}} {{bad}}", settings);
    assert(plan.kind === "invalid");
    const found = `holds ${JSON.stringify(character)}, which no setting`;
    assertStringIncludes(plan.problem, found);
    assertEquals(planCommand("x {{good}}", settings).kind, "words");
  }
  const a = `npm run test:unit -- --grep='a b' "c" ~ * ? # % ^ = , .`;
  assertEquals(planCommand("{{a}}", jsonObject({ a })).kind, "words");
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
    const plan = { kind: "words", words, filled: fillTemplate(text, SETTINGS) };
    assertEquals<unknown>(planCommand(text, SETTINGS), plan, text);
  }
});

Deno.test("planCommand() uses a shell when the author's text needs one", () => {
  assertEquals(
    planCommand("{{test_command}} | tee {{docs_dir}}/log", SETTINGS),
    {
      kind: "shell",
      text: "npm test | tee docs/log",
      values: ["npm test", "docs"],
    },
  );
  assertEquals(planCommand("CI=1 {{quoted}} && echo ok", SETTINGS), {
    kind: "shell",
    text: 'CI=1 pytest -k "not slow" && echo ok',
    values: ['pytest -k "not slow"'],
  });
});

Deno.test("planCommand() gives no value the power to ask for a shell", () => {
  const a = "CI=1 npm test";
  const plan = { kind: "words", words: a.split(" "), filled: a } as const;
  assertEquals(planCommand("{{a}}", jsonObject({ a })), plan);
});

const QUOTING = 'Setting "a" changes what is quoted in the command';

Deno.test("planCommand() says what a setting may not do", () => {
  const cases = [
    [
      "{{a}}",
      "b; c",
      'Setting "a" holds ";", which no setting may bring into a command',
    ],
    ["echo '{{a}}; rm x'", "b'", QUOTING],
    ['echo "{{a}} | c" | d', 'b" "', undefined],
    ['echo "{{a}} | c" | d', 'b"', QUOTING],
    ["echo {{a}} 'c'", "b'", QUOTING],
    ["echo \\{{a}}", "b", QUOTING],
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
    const found = plan.kind === "invalid" ? plan.problem : undefined;
    assertEquals(found, problem, text);
  }
});

const SPLIT: readonly (readonly [text: string, words: readonly string[]])[] = [
  ["npm test", ["npm", "test"]],
  ["  npm\t\ttest \n", ["npm", "test"]],
  ["\n npm test", ["npm", "test"]],
  ["npm test\r\n", ["npm", "test"]],
  ["echo 'a b' \"c d\"", ["echo", "a b", "c d"]],
  ["a'b'\"c\"d", ["abcd"]],
  ["echo '' \"\"", ["echo", "", ""]],
  ["echo ''a", ["echo", "a"]],
  ["echo a\\ b", ["echo", "a b"]],
  ["echo a\\ ", ["echo", "a "]],
  ["echo \\n \\\\ \\' \\\"", ["echo", "n", "\\", "'", '"']],
  ["echo 'a\\b'", ["echo", "a\\b"]],
  ['echo "a\\b \\" \\\\ \\$HOME \\`"', ["echo", 'a\\b " \\ $HOME `']],
  ['echo "a\\\\\nb"', ["echo", "a\\\nb"]],
  ["echo a\\\n  b\\\nc", ["echo", "a", "bc"]],
  ['echo "a\\\nb" "c\nd"', ["echo", "ab", "c\nd"]],
  ["echo 'a | b' \"c && d;\"", ["echo", "a | b", "c && d;"]],
  ["echo '(e)' \"> f < g\"", ["echo", "(e)", "> f < g"]],
  ["echo a\\|b \\; \\$HOME", ["echo", "a|b", ";", "$HOME"]],
  ["echo '$HOME ${x} $(y) `z`'", ["echo", "$HOME ${x} $(y) `z`"]],
  ["* ~ {a,b} !x #y [a-z] ?", ["*", "~", "{a,b}", "!x", "#y", "[a-z]", "?"]],
  ['grep -E a$ "b$" $1', ["grep", "-E", "a$", "b$", "$1"]],
  ["env A=b make B=c", ["env", "A=b", "make", "B=c"]],
  ["'A=b' c", ["A=b", "c"]],
  ["bash -c 'a && b'", ["bash", "-c", "a && b"]],
  ["ls 日本語/é", ["ls", "日本語/é"]],
  ["echo a\u00a0b", ["echo", "a\u00a0b"]],
];

Deno.test("splitCommand() splits as a POSIX shell would", () => {
  for (const [text, words] of SPLIT) {
    assertEquals(splitCommand(text), { kind: "words", words }, text);
  }
  assertEquals(splitWords("A=b c"), { kind: "words", words: ["A=b", "c"] });
});

Deno.test("splitCommand() leaves operators and expansions to a shell", () => {
  assertEach(splitCommand, { kind: "shell" }, [
    ...["echo hi | grep x && echo ok", "a|b", "a & b", "a;b", "a > b"],
    ...["a 2>&1", "a < b", "(a)", "a\nb", "a \r\n b", "echo $HOME"],
    ...["echo a$b", "echo ${x}", "echo $(x)", "echo `x`", 'echo "$HOME"'],
    ...['echo "a ${x}"', 'echo "$(x)"', 'echo "`x`"', 'echo "\\\\$x"'],
    ...["A=b c", "  A=b c", "_a1='b' c", "A="],
    // A shell judges better than orc whether these quotes are closed.
    "a | cat <<E\nit's\nE",
  ]);
});

Deno.test("splitCommand() says what is wrong with a command", () => {
  const problems = {
    "": "Command names no program",
    " \n\t ": "Command names no program",
    "''": "Command names no program",
    "'' a": "Command names no program",
    "echo 'a": "Command has an unclosed '",
    "echo \"a | 'b'": 'Command has an unclosed "',
    'echo "a\\"': 'Command has an unclosed "',
    "A=b 'c": "Command has an unclosed '",
    "echo a\\": "Command ends with a backslash",
    "echo a\0b": "Command contains a NUL character",
  };
  for (const [text, problem] of Object.entries(problems)) {
    assertEquals(splitCommand(text), { kind: "invalid", problem }, text);
  }
});

Deno.test("splitCommand() accepts 64 KiB of UTF-8 and no more", () => {
  const words = ["c", "é".repeat(32 * 1024 - 1)];
  const text = words.join(" ");
  assertEquals(splitCommand(text), { kind: "words", words });
  const problem = "Command is longer than 64 KiB";
  assertEquals(splitCommand(text + "aa"), { kind: "invalid", problem });
});

Deno.test("quotingAfter() follows quotes over parts of a command", () => {
  assertEquals(quotingAfter("a b", "none"), "none");
  assertEquals(quotingAfter("a 'b", "none"), "single");
  assertEquals(quotingAfter("\\\"b'", "single"), "none");
  assertEquals(quotingAfter('a "b', "none"), "double");
  assertEquals(quotingAfter("a\\\"b'", "double"), "double");
  assertEquals(quotingAfter('"a\\', "none"), "double escape");
  assertEquals(quotingAfter('"', "double escape"), "double");
  assertEquals(quotingAfter("a\\", "none"), "escape");
  assertEquals(quotingAfter("'", "escape"), "none");
});
