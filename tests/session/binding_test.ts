import { OrcError } from "../../src/base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
} from "../../src/base/layout.ts";
import { writeBinding, writeCurrent } from "../../src/session/bind.ts";
import {
  type Owner,
  readBinding,
  readCurrent,
} from "../../src/session/binding.ts";
import {
  codeOf,
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import { namesIn, NOW, tokenOf } from "./fixtures.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";

const token = tokenOf(1);
const AGENT: Owner = { kind: "agent", name: "claude-code:5f0c" };

function withRepository(
  test: (layout: RepositoryLayout) => void | Promise<void>,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    writeTree(root, { ".orchestrator/": "" });
    return test(repositoryLayout(root));
  });
}

async function bind(
  layout: RepositoryLayout,
  owner: Owner,
  session: string,
): Promise<void> {
  const binding = { session, at: NOW };
  assertEquals(await writeBinding(layout, owner, binding, token), undefined);
}

Deno.test("readBinding() finds what writeBinding() wrote last", () =>
  withRepository(async (layout) => {
    assertEquals(await readBinding(layout, AGENT), undefined);
    for (const session of ["first", "second"]) {
      await bind(layout, AGENT, session);
      assertEquals(await readBinding(layout, AGENT), session);
    }
    assertEquals(namesIn(layout.bindings).length, 1);
  }));

Deno.test("writeBinding() keeps owners apart, whatever their names hold", () =>
  withRepository(async (layout) => {
    const owners: Owner[] = [
      AGENT,
      { kind: "worktree", name: AGENT.name },
      { kind: "agent", name: "claude-code:5F0C" },
      { kind: "agent", name: "../../../etc/passwd" },
      { kind: "worktree", name: "C:\\work\\größe\0\n" },
      { kind: "agent", name: "x".repeat(5000) },
      { kind: "agent", name: "" },
    ];
    for (const [index, owner] of owners.entries()) {
      await bind(layout, owner, `session${index}`);
    }
    for (const [index, owner] of owners.entries()) {
      assertEquals(await readBinding(layout, owner), `session${index}`);
    }
    assertEquals(namesIn(layout.bindings).length, owners.length);
    assertEquals(namesIn(layout.root), [".orchestrator"]);
  }));

Deno.test("writeBinding() writes whose binding it is", () =>
  withRepository(async (layout) => {
    await bind(layout, AGENT, "first");
    const [text = ""] = Object.values(readTree(layout.bindings));
    assertEquals(JSON.parse(text), { ...AGENT, session: "first", at: NOW });
  }));

Deno.test("readBinding() refuses a binding that names no session", () =>
  withRepository(async (layout) => {
    await bind(layout, AGENT, "first");
    const [name = ""] = namesIn(layout.bindings);
    const cases = [
      ['{"session": "../x"}', "invalid_binding"],
      ['{"session": 1}', "invalid_binding"],
      ["[]", "invalid_binding"],
      ["", "invalid_json"],
      ["{", "invalid_json"],
    ];
    for (const [text = "", code] of cases) {
      writeTree(layout.bindings, { [name]: text });
      assertEquals(
        await codeOf(() => readBinding(layout, AGENT)),
        `corrupt ${code}`,
      );
      assertEquals(readTree(layout.bindings), { [name]: text });
    }
  }));

Deno.test("writeBinding() mends a binding that cannot be read", () =>
  withRepository(async (layout) => {
    await bind(layout, AGENT, "first");
    const [name = ""] = namesIn(layout.bindings);
    writeTree(layout.bindings, { [name]: "{" });
    await bind(layout, AGENT, "second");
    assertEquals(await readBinding(layout, AGENT), "second");
  }));

Deno.test("writeBinding() writes into nothing that is no directory", () =>
  withRepository(async (layout) => {
    writeTree(layout.directory, { bindings: "a file" });
    await assertRejects(() => bind(layout, AGENT, "first"));
    assertEquals(readTree(layout.directory), { bindings: "a file" });
  }));

Deno.test("readCurrent() reads what writeCurrent() wrote", () =>
  withRepository((layout) => {
    assertEquals(readCurrent(layout), undefined);
    for (const session of ["first", "second"]) {
      writeCurrent(layout, session, token);
      assertEquals(readCurrent(layout), session);
      assertEquals(readTree(layout.directory), { current: session });
    }
  }));

Deno.test("readCurrent() takes an id with blanks and line ends around it", () =>
  withRepository((layout) => {
    for (const text of ["s1\n", "s1\r\n", " s1 ", "\ufeffs1\n", "\n\ns1"]) {
      writeTree(layout.directory, { current: text });
      assertEquals(readCurrent(layout), "s1", JSON.stringify(text));
    }
    for (const text of ["", "\n", "  "]) {
      writeTree(layout.directory, { current: text });
      assertEquals(readCurrent(layout), undefined);
    }
  }));

Deno.test("readCurrent() refuses what is no id, without repeating it", () =>
  withRepository((layout) => {
    for (const text of ["../../evil", "/etc", "a b", "A", "\u001b]0;x\u0007"]) {
      writeTree(layout.directory, { current: text });
      const error = assertThrows(() => readCurrent(layout), OrcError);
      assertEquals([error.kind, error.code], ["corrupt", "invalid_current"]);
      assertEquals(error.message.includes(text), false);
      assertEquals(error.path, layout.current);
    }
  }));

Deno.test("readCurrent() refuses a directory and a file that is too large", () =>
  withRepository((layout) => {
    writeTree(layout.directory, { current: "x".repeat(70_000) });
    const tooLarge = assertThrows(() => readCurrent(layout), OrcError);
    assertEquals(tooLarge.code, "file_too_large");
    Deno.removeSync(layout.current);
    writeTree(layout.directory, { "current/": "" });
    const noFile = assertThrows(() => readCurrent(layout), OrcError);
    assertEquals(noFile.code, "not_a_regular_file");
    assertThrows(() => writeCurrent(layout, "s1", token), OrcError);
    assertEquals(readTree(layout.directory), { "current/": "" });
  }));
