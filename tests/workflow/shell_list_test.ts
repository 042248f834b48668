import {
  mannerOf,
  readShellList,
  whyUnfailing,
} from "../../src/workflow/shell_list.ts";
import { assert, assertEquals } from "@std/assert";

const UNFAILING = [
  "true",
  ":",
  "exit 0",
  "echo done",
  "X=1 true",
  "make test || true",
  "make test || :",
  "make test || exit 0",
  "make test ||true",
  "make test; true",
  "make test;true;",
  "make test; exit 0",
  "make test; echo $?",
  "make test && true || true",
  "make test 2>&1 | tee log",
  "make test | tail -5",
  "make test|head -n 1",
  "make test | grep x | cat",
  "make test &",
  "make test || echo 'it failed'",
  'make "a || b" || true # whatever',
  "sh -c 'make test || true'",
  'bash -lc "make test; true"',
  "true # make test",
  "make test \\\n  || true",
  "exit 0; make test",
  "echo a\necho b",
  "echo '|| false'",
  "echo a && true",
];

const FAILING = [
  "",
  "make test",
  "make test && true",
  "true && make test",
  "true; make test",
  "make test # || true",
  "make 'test || true'",
  'make "test; true"',
  "make test\\;true",
  "make test\\|\\|true",
  "make test || exit 1",
  "make test || false",
  "make test | grep -v x",
  "make test | grep -q ok",
  "echo x | make test",
  "! true",
  "cat file",
  "tail log",
  "exit 1",
  "exit",
  "make test\necho done",
  "set -o pipefail; make test | tee log",
  "set -eo pipefail\nmake test | tee log",
  "bash -o pipefail -c 'make test | tee log'",
  "bash -ec 'make test; true'",
  "if make test; then true; fi",
  "(make test || true)",
  "{ make test; true; }",
  "for x in a b; do true; done",
  "make test <<EOF\ntrue\nEOF",
  "{{test_command}}",
  "make 'test",
  "make test ||",
  "truely",
  "./true",
  "make > true",
  "test -s $(cat name) && make",
];

Deno.test("whyUnfailing() names commands that end well whatever happens", () => {
  for (const text of UNFAILING) {
    assert(whyUnfailing(text) !== undefined, text);
  }
});

Deno.test("whyUnfailing() says nothing of a command that can fail, or that it cannot read", () => {
  for (const text of FAILING) assertEquals(whyUnfailing(text), undefined, text);
});

Deno.test("whyUnfailing() says what decides", () => {
  assertEquals(whyUnfailing("make; true"), '"true" always ends well');
  assertEquals(
    whyUnfailing("make || true"),
    'behind "||" stands what always ends well',
  );
  assertEquals(
    whyUnfailing("make | tee log"),
    'it ends as "tee" does, the last program of the pipe',
  );
});

Deno.test("readShellList() takes quotes off, and leaves redirections and comments out", () => {
  const wordsOf = (text: string) =>
    readShellList(text)?.steps.map(({ pipeline }) => pipeline);
  assertEquals(wordsOf(`a 'b c' "d \\"e\\"" f\\ g 2>&1 >out <in # no`), [
    [["a", "b c", 'd "e"', "f g"]],
  ]);
  assertEquals(wordsOf("a#b|c"), [[["a#b"], ["c"]]]);
  assertEquals(wordsOf("a $(b c) `d`"), [[["a", "$(b c)", "`d`"]]]);
});

Deno.test("mannerOf() has several lines end at the first that fails, and pipes fail with each program", () => {
  const manner = (stops: boolean, pipefail: boolean) => ({ stops, pipefail });
  assertEquals(mannerOf("make"), manner(false, false));
  assertEquals(mannerOf("make; true"), manner(false, false));
  assertEquals(mannerOf("make\n"), manner(false, false));
  assertEquals(mannerOf("make a\nmake b"), manner(true, false));
  assertEquals(mannerOf("if a\nthen b\nfi"), manner(true, false));
  assertEquals(mannerOf("make | tee log"), manner(false, true));
  // Who ends early makes those before it fail, although nothing is wrong.
  assertEquals(mannerOf("make | head -1"), manner(false, false));
  assertEquals(mannerOf("make | grep -q ok"), manner(false, false));
  assertEquals(mannerOf("make | grep ok"), manner(false, true));
  assertEquals(mannerOf("make '|' b"), manner(false, false));
});
