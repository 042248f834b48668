import { OrcError } from "../../src/base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
} from "../../src/base/layout.ts";
import { writeBinding, writeCurrent } from "../../src/session/create.ts";
import {
  fileStore,
  type Owner,
  readBinding,
  readCurrent,
  shownName,
} from "../../src/session/read.ts";
import {
  codeOf,
  readTree,
  refusalOf,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  completedItems,
  namesIn,
  NOW,
  SESSION_ID,
  startedState,
  storeContext,
  test,
  tokenOf,
} from "./fixtures.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";

test("fileStore() creates, reads and updates a session", async ({ store }) => {
  const decision = { state: startedState(["x"]), events: [] };
  const localTime = "2026-03-01T11:00:00.000";
  await store.create({ id: "second", decision, localTime });
  await store.update("second", complete("x"));
  assertEquals(completedItems((await store.read("second")).state), ["x"]);
  assertEquals(completedItems((await store.read(SESSION_ID)).state), []);
});

test("fileStore().read() changes nothing and takes no lock", async ({ store, layout, paths }) => {
  writeTree(paths.directory, { lock: "held by somebody" });
  const before = readTree(layout.root);
  await store.read(SESSION_ID);
  await store.list();
  assertEquals(readTree(layout.root), before);
});

test("fileStore().read() says that there is no such session", async ({ store }) => {
  const error = await refusalOf(() => store.read("other"));
  assertEquals([error.kind, error.code], ["not_found", "no_such_session"]);
  assertEquals(error.hint, "orc session list");
});

test("fileStore().ids() lists sessions and nothing else, in order", ({ store, layout }) => {
  writeTree(layout.sessions, {
    "3f1eb0bb/": "",
    "1/": "",
    [`.new-${tokenOf(5)}/state.json`]: "{}",
    "Upper/": "",
    ".DS_Store": "",
    file: "",
    "con/": "",
  });
  assertEquals(store.ids(), [SESSION_ID, "1", "3f1eb0bb"].sort());
});

Deno.test("fileStore().ids() is empty where nothing was ever started", () =>
  withTemporaryDirectory((root) => {
    const store = fileStore(repositoryLayout(root), storeContext());
    assertEquals(store.ids(), []);
    writeTree(root, { ".orchestrator/": "" });
    assertEquals(store.ids(), []);
  }));

Deno.test("fileStore().ids() refuses a file in the place of the sessions", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    writeTree(root, { ".orchestrator/sessions": "x" });
    assertEquals(
      await codeOf(() => fileStore(layout, storeContext()).ids()),
      "corrupt not_a_directory",
    );
  }));

test("fileStore().list() names the sessions that cannot be read", async ({ store, layout }) => {
  writeTree(layout.sessions, {
    "broken/state.json": "{",
    "empty/": "",
    "foreign/state.json": Deno.readTextFileSync(
      `${layout.sessions}/${SESSION_ID}/state.json`,
    ),
  });
  const entries = await store.list();
  assertEquals(
    entries.map(({ id, state }) => [id, state?.task ?? null]),
    [
      [SESSION_ID, "Add login"],
      ["broken", null],
      ["empty", null],
      ["foreign", null],
    ],
  );
  const problems = entries.map(({ problem }) => problem);
  assertEquals(problems[0], null);
  assertEquals(problems[2], "unfinished: no state.json");
  const state = `${layout.sessions}/foreign/state.json`;
  assertEquals(problems[3], `"${state}" belongs to session "${SESSION_ID}"`);
});

test("shownName() finds the name, and warns where meta.json cannot be trusted", ({ layout, paths }) => {
  const warnings: string[] = [];
  const shown = () => shownName(layout, SESSION_ID, warnings);
  assertEquals(shown(), null);
  Deno.writeTextFileSync(paths.meta, '{"name": "Login"}');
  assertEquals(shown(), "Login");
  for (const text of ['{"name": 7}', '{"name": ""}', "{}"]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(shown(), null);
  }
  Deno.removeSync(paths.meta);
  assertEquals([shown(), warnings], [null, []]);
  for (const text of ["{", "[]", ""]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(shown(), null);
    assertMatch(warnings.pop() ?? "", /meta\.json/);
  }
});

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
  assertEquals(await writeBinding(layout, owner, binding, token), []);
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

Deno.test("readBinding() refuses a binding that names no session, and writeBinding() mends it", () =>
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
