import {
  quotingAfter,
  splitCommand,
  splitWords,
} from "../../src/workflow/command_line.ts";
import { assertEquals } from "@std/assert";

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
  ["echo 'a | b' \"c && d; (e) > f < g\"", [
    "echo",
    "a | b",
    "c && d; (e) > f < g",
  ]],
  ["echo a\\|b \\; \\$HOME", ["echo", "a|b", ";", "$HOME"]],
  ["echo '$HOME ${x} $(y) `z`'", ["echo", "$HOME ${x} $(y) `z`"]],
  ["echo * ~ {a,b} !x #y [a-z] ?", [
    "echo",
    "*",
    "~",
    "{a,b}",
    "!x",
    "#y",
    "[a-z]",
    "?",
  ]],
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
});

Deno.test("splitCommand() leaves operators and expansions to a shell", () => {
  const texts = [
    "echo hi | grep x && echo ok",
    "a|b",
    "a & b",
    "a;b",
    "a > b",
    "a 2>&1",
    "a < b",
    "(a)",
    "a\nb",
    "a \r\n b",
    "echo $HOME",
    "echo a$b",
    "echo ${x}",
    "echo $(x)",
    "echo `x`",
    'echo "$HOME"',
    'echo "a ${x}"',
    'echo "$(x)"',
    'echo "`x`"',
    'echo "\\\\$x"',
    "A=b c",
    "  A=b c",
    "_a1='b' c",
    "A=",
    // A shell judges better than orc whether these quotes are closed.
    "a | cat <<E\nit's\nE",
  ];
  for (const text of texts) {
    assertEquals(splitCommand(text), { kind: "shell" }, text);
  }
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
  assertEquals(splitCommand(text + "aa"), {
    kind: "invalid",
    problem: "Command is longer than 64 KiB",
  });
});

Deno.test("splitWords() takes an assignment for the program", () => {
  assertEquals(splitWords("A=b c"), { kind: "words", words: ["A=b", "c"] });
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
