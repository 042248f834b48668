import { isForeignCurrent } from "../../src/session/ownership.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
} from "../../src/base/layout.ts";
import { writeBinding, writeCurrent } from "../../src/session/create.ts";
import {
  fileStore,
  readBinding,
  readCurrent,
  saidOf,
} from "../../src/session/read.ts";
import type { Owner } from "../../src/session/store.ts";
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
  assertStringIncludes,
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

test("fileStore().ids() lists sessions and nothing else, in order", async ({ store, layout }) => {
  writeTree(layout.sessions, {
    "3f1eb0bb/": "",
    "1/": "",
    [`.new-${tokenOf(5)}/state.json`]: "{}",
    "Upper/": "",
    ".DS_Store": "",
    file: "",
    "con/": "",
  });
  assertEquals(await store.ids(), [SESSION_ID, "1", "3f1eb0bb"].sort());
});

Deno.test("fileStore().ids() is empty where nothing was ever started", () =>
  withTemporaryDirectory(async (root) => {
    const store = fileStore(repositoryLayout(root), storeContext());
    assertEquals(await store.ids(), []);
    writeTree(root, { ".orchestrator/": "" });
    assertEquals(await store.ids(), []);
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

test("saidOf() finds the name, and warns where meta.json cannot be trusted", async ({ store, paths }) => {
  const warnings: string[] = [];
  const shown = () => saidOf(store, SESSION_ID, "name", warnings);
  assertEquals(await shown(), null);
  Deno.writeTextFileSync(paths.meta, '{"name": "Login"}');
  assertEquals(await shown(), "Login");
  for (const text of ['{"name": 7}', '{"name": ""}', "{}"]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(await shown(), null);
  }
  Deno.removeSync(paths.meta);
  assertEquals([await shown(), warnings], [null, []]);
  for (const text of ["{", "[]", ""]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(await shown(), null);
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
    const made = `01kk${"0".repeat(22)}`;
    for (const session of [made, "1b2c3d4e"]) {
      Deno.mkdirSync(`${layout.sessions}/1b2c3d4e`, { recursive: true });
      writeCurrent(layout, session, { token });
      assertEquals(readCurrent(layout), session);
      assertEquals(Deno.readTextFileSync(layout.current), session);
    }
    assertEquals(namesIn(layout.directory), ["current", "sessions"]);
  }));

Deno.test("readCurrent() takes an id with blanks and line ends around it", () =>
  withRepository((layout) => {
    writeTree(layout.directory, { "sessions/s1/state.json": "" });
    for (const text of ["s1\n", "s1\r\n", " s1 ", "\ufeffs1\n", "\n\ns1"]) {
      writeTree(layout.directory, { current: text });
      assertEquals(readCurrent(layout), "s1", JSON.stringify(text));
    }
    for (const text of ["", "\n", "  "]) {
      writeTree(layout.directory, { current: text });
      assertEquals(readCurrent(layout), undefined);
    }
  }));

const NO_IDS = [
  "../../evil",
  "/etc",
  "a b",
  "A",
  "\u001b]0;x\u0007",
  "{}",
  "main",
  "deadbeef",
  "20261130",
];

Deno.test("readCurrent() passes over what another program keeps there, and writeCurrent() leaves it", () =>
  withRepository((layout) => {
    const trees: Record<string, string>[] = [
      ...NO_IDS.map((current) => ({ current })),
      { current: "x".repeat(70_000) },
      { current: "\0\u0001" },
      { "current/": "" },
    ];
    for (const tree of trees) {
      writeTree(layout.directory, tree);
      assertEquals(readCurrent(layout), undefined);
      assertEquals(isForeignCurrent(layout), true);
      const [warning] = writeCurrent(layout, "s1", { token });
      assertStringIncludes(warning ?? "", "was left as it is");
      assertEquals(readTree(layout.directory), tree);
      Deno.removeSync(layout.current);
    }
  }));

Deno.test("writeCurrent() loses nothing of another program's, for whoever asks for just that", () =>
  withRepository((layout) => {
    const asideAt = "2026-03-01T10:00:00.000Z";
    for (const [below, text] of [["", "../x"], ["/theirs", "{}"]] as const) {
      writeTree(layout.directory, { [`current${below}`]: text });
      const [warning] = writeCurrent(layout, "01kk0000000000000000000001", {
        token,
        asideAt,
      });
      assertStringIncludes(warning ?? "", "was not orc's");
      const aside = `current.corrupt-20260301T100000${below}`;
      assertEquals(readTree(layout.directory)[aside], text);
      assertEquals(readCurrent(layout), "01kk0000000000000000000001");
      for (const { name } of [...Deno.readDirSync(layout.directory)]) {
        Deno.removeSync(`${layout.directory}/${name}`, { recursive: true });
      }
    }
  }));

Deno.test("readCurrent() takes what a power cut left of it for nothing", () =>
  withRepository((layout) => {
    writeTree(layout.directory, { current: "\0".repeat(26) });
    assertEquals(isForeignCurrent(layout), false);
    assertEquals(
      writeCurrent(layout, "01kk0000000000000000000001", { token }),
      [],
    );
    assertEquals(readCurrent(layout), "01kk0000000000000000000001");
  }));
