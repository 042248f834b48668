import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import { fileStore } from "../../src/session/read.ts";
import {
  codeOf,
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  completedItems,
  SESSION_ID,
  startedState,
  storeContext,
  test,
  tokenOf,
} from "./fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

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
  const error = await assertRejects(() => store.read("other"), OrcError);
  assertEquals([error.kind, error.code], ["not_found", "no_such_session"]);
  assertEquals(error.hint, "orc session list");
});

test("fileStore().read() takes no path for an id", async ({ store }) => {
  for (const id of ["..", "../../x", "", "/etc", "a/b"]) {
    await assertRejects(() => store.read(id), Error, "No session id");
  }
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
