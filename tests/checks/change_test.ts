import { changedSince } from "../../src/checks/change.ts";
import type { ProgramRequest } from "../../src/host/host.ts";
import { openSession } from "../../src/repository/select.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { approvingHost, git, withRepository } from "../trust/fixtures.ts";
import { differingLines, expectedWith } from "../../src/checks/tree_rules.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("differingLines() counts lines that are in one of two texts alone", () => {
  assertTable<readonly [string, string], number>(
    ([was, is]) => differingLines(was, is),
    [
      [["", ""], 0],
      [["a\n", "a"], 0],
      [["a\r\nb\r\n", "a\nb\n"], 0],
      [["a\nb\n", "b\na\n"], 0],
      [["a\n", "b\n"], 2],
      [["", "a\nb\n"], 2],
      [["a\na\n", "a\n"], 1],
      [["a\n", ""], 1],
      [["a\n\n\n", "a\n"], 2],
      [["", "x".repeat(200)], 1],
      [["", "x".repeat(201)], 2],
      [["", `${"x".repeat(1_000_000)}\na\n`], 5001],
      [["x".repeat(400), `${"x".repeat(400)}y`], 5],
    ],
  );
});

Deno.test("differingLines() takes what others did to an earlier text for done", () => {
  type Texts = readonly [
    was: string,
    is: string,
    before: string,
    others: string,
  ];
  assertTable<Texts, number>(
    ([was, is, before, others]) => differingLines(was, is, { before, others }),
    [
      // Others alone, or this side alone, or both at other places.
      [["a\n", "b\n", "a\n", "b\n"], 0],
      [["b\n", "b\n", "a\n", "a\n"], 0],
      [["x\nb\n", "x\ny\n", "a\nb\n", "a\ny\n"], 0],
      [["x\nb\n", "x\nz\n", "a\nb\n", "a\ny\n"], 2],
      // Both did the same: once or twice.
      [["b\n", "b\n", "a\n", "b\n"], 0],
      [["a\nb\n", "a\nb\nb\n", "a\n", "b\na\n"], 0],
      // A conflict, and one side of it, both or neither.
      [["b\n", "b\n", "a\n", "c\n"], 1],
      [["b\n", "b\nc\n", "a\n", "c\n"], 0],
      [["b\n", "a\n", "a\n", "c\n"], 3],
    ],
  );
});

Deno.test("expectedWith() takes each file from the side that changed it, and both from both", () => {
  const entries = (text: string) =>
    text.split(" ").filter((one) => one !== "").map((one) => {
      const [path = "", id = ""] = one.split(":");
      return { path, mode: "100644", id };
    });
  const expected = expectedWith(entries("same:1 own:2 two:2 off:1 kept:2"), {
    committed: entries("same:1 own:1 two:1 off:1 kept:2"),
    before: entries("same:1 own:1 two:1 off:1 kept:1 theirs:1"),
    others: entries("same:1 own:1 two:3 theirs:2 new:1 kept:2"),
  });
  const told = Array.from(expected, ([path, { own, came, isCommitted }]) => [
    path,
    own?.id,
    came && [came.committed, came.before, came.others].map((one) => one?.id),
    isCommitted,
  ]);
  assertEquals(told, [
    ["same", "1", undefined, undefined],
    ["own", "2", undefined, undefined],
    ["two", "2", ["1", "1", "3"], undefined],
    ["kept", "2", undefined, undefined],
    ["theirs", undefined, [undefined, "1", "2"], undefined],
    ["new", "1", undefined, true],
  ]);
});

Deno.test("git is run no more often than before where nothing was committed, and twice more at most where nothing came in", () =>
  withRepository(async ({ root }) => {
    const asked: string[] = [];
    const host = approvingHost();
    const counting = {
      ...host,
      runProgram: (request: ProgramRequest) => {
        const { command } = request;
        const words: readonly unknown[] = Array.isArray(command) ? command : [];
        const [word] = words.slice(1).filter((one) =>
          /^[a-z]+-?[a-z]+$/.test(String(one))
        );
        asked.push(String(word));
        return host.runProgram(request);
      },
    };
    const save = async (path: string) => {
      writeTree(root, { [path]: "1\n" });
      await git(root, "add", ".");
      await git(root, "commit", "-qm", "More");
    };
    const measured = async () => {
      asked.length = 0;
      const opened = await openSession(host, { root });
      const changed = await changedSince(counting, opened);
      assert(typeof changed !== "string");
      return [changed.paths, asked.toSorted()];
    };
    await git(root, "push", "-q", "origin", "main");
    await save("before");
    await startSession(host, { root, task: "Fix typo" });
    writeTree(root, { a: "1\n" });
    assertEquals(await measured(), [["a"], ["ls-files"]]);
    await git(root, "switch", "-qc", "work");
    await save("a");
    const twice = ["cat-file", "ls-files", "rev-list"];
    assertEquals(await measured(), [["a"], twice]);
    // Where the session began at what the server has, one question is enough.
    await git(root, "push", "-q", "origin", "HEAD~1:main");
    assertEquals(await measured(), [["a"], ["cat-file", "ls-files"]]);
    await git(root, "update-ref", "-d", "refs/remotes/origin/main");
    assertEquals(await measured(), [["a"], ["cat-file", "ls-files"]]);
  }, {
    ".gitignore": "/.orchestrator/\n",
    "workflow.yaml":
      "name: Sized\nsizes: [xs, m]\nphases: [{id: A, name: a, items: [{id: a, name: a}]}]\n",
  }));
