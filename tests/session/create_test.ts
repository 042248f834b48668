import { OrcError } from "../../src/base/error.ts";
import {
  repositoryLayout,
  sessionLayout,
  STAGING_PREFIX,
} from "../../src/base/layout.ts";
import {
  createSession,
  deleteRemoved,
  findRemoved,
  publishSession,
  removeSession,
  unbindSessions,
  writeBinding,
  writeCurrent,
  writeSessionMeta,
} from "../../src/session/create.ts";
import { readBinding, readCurrent, saidOf } from "../../src/session/read.ts";
import {
  atSync,
  codeOf,
  codeWithoutTrace,
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  eventOf,
  eventsIn,
  foreignRecord,
  lockText,
  loggedIn,
  namesIn,
  NOW,
  SESSION_ID,
  startedState,
  storeContext,
  test,
  tokenOf,
  withSession,
} from "./fixtures.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";

const FILES = {
  meta: new TextEncoder().encode("{}"),
  log: "line\n",
  state: "{}",
};

const NEW = {
  id: "new",
  decision: {
    state: startedState(["a"]),
    events: [eventOf("workflow_started", null), eventOf("phase_started", null)],
  },
  localTime: "2026-03-01T11:00:00.000",
};

test("createSession() stores what it returns, and the meta data the Python tool wants", async ({ layout, context, store }) => {
  const session = await createSession(layout, context, NEW);
  assertEquals([session.id, session.serial], ["new", 1]);
  const read = await store.read("new");
  assertEquals(read.lastEvents, session.lastEvents);
  assertEquals(read.state.task, "Add login");
  assertEquals([read.serial, read.sessionId], [1, "new"]);
  const { directory, log, meta } = sessionLayout(layout.root, "new");
  const text = Deno.readTextFileSync(meta);
  assertEquals(JSON.parse(text), {
    session_id: "new",
    created_at: NEW.localTime,
    repo_root: ".",
    place: String(Deno.lstatSync(directory).ino),
  });
  assertMatch(text, /\}$/);
  assertEquals(eventsIn(log), session.lastEvents);
  assertEquals(loggedIn(log), ["workflow_started -", "phase_started -"]);
});

test("publishSession() leaves nothing but the session", ({ layout }) => {
  const names = namesIn(layout.sessions);
  publishSession(layout, "new", FILES, tokenOf(9));
  assertEquals(namesIn(layout.sessions), [...names, "new"]);
  assertEquals(readTree(`${layout.sessions}/new`), {
    "meta.json": "{}",
    "log.jsonl": "line\n",
    "state.json": "{}",
  });
});

test("publishSession() writes over no session", async ({ layout }) => {
  publishSession(layout, "new", FILES, tokenOf(9));
  const again = { ...FILES, state: "other" };
  const publish = () => publishSession(layout, "new", again, tokenOf(10));
  const code = await codeWithoutTrace(layout.root, publish);
  assertEquals(code, "conflict lock_lost");
});

test("publishSession() says that it was displaced while it staged", async ({ layout }) => {
  const staging = `${layout.sessions}/${STAGING_PREFIX}${tokenOf(9)}`;
  const files = {
    ...FILES,
    /** Read when the directory is staged: the next holder's sweep is quicker. */
    get meta(): Uint8Array {
      Deno.removeSync(staging);
      return FILES.meta;
    },
  };
  const publish = () => publishSession(layout, "new", files, tokenOf(9));
  const code = await codeWithoutTrace(layout.root, publish);
  assertEquals(code, "conflict lock_lost");
});

test("publishSession() writes over no file", ({ layout }) => {
  writeTree(layout.sessions, { new: "a file" });
  const before = readTree(layout.root);
  assertThrows(
    () => publishSession(layout, "new", FILES, tokenOf(9)),
    OrcError,
  );
  assertEquals(readTree(layout.root), before);
});

Deno.test("publishSession() makes nothing where no sessions are kept", () =>
  withTemporaryDirectory(async (root) => {
    assertEquals(
      await codeOf(() =>
        publishSession(repositoryLayout(root), "new", FILES, tokenOf(9))
      ),
      "not_found path_not_found",
    );
    assertEquals(readTree(root), {});
  }));

Deno.test("createSession() refuses an id that is none, before it writes", () =>
  withTemporaryDirectory(async (root) => {
    const layout = repositoryLayout(root);
    Deno.mkdirSync(layout.sessions, { recursive: true });
    const before = readTree(root);
    for (const id of ["..", "../x", "", "A", "a/b", ".new-x"]) {
      await assertRejects(
        () => createSession(layout, storeContext(), { ...NEW, id }),
        Error,
        "No session id",
      );
    }
    assertEquals(readTree(root), before);
  }));

const always = () => true;

test("removeSession() removes a session and leaves nothing behind", async ({ layout, context, paths }) => {
  writeTree(paths.directory, { "checkpoints/a.json": "{}", "feedback/": "" });
  const remove = () => removeSession(layout, context, SESSION_ID, always);
  assertEquals(await remove(), true);
  assertEquals(namesIn(layout.sessions), []);
  assertEquals(await remove(), false);
});

test("removeSession() leaves a session that may not go", async ({ layout, context, paths }) => {
  const before = namesIn(paths.directory);
  const seen: string[] = [];
  const gone = await removeSession(layout, context, SESSION_ID, (session) => {
    seen.push(session.state.status);
    return false;
  });
  assertEquals([gone, seen], [false, ["active"]]);
  assertEquals(namesIn(paths.directory), before);
});

test("removeSession() leaves a session that somebody else changed", async ({ layout, context, paths }) => {
  const text = Deno.readTextFileSync(paths.state)
    .replace('"active"', '"completed"');
  Deno.writeTextFileSync(paths.state, text);
  const remove = () => removeSession(layout, context, SESSION_ID, always);
  const code = await codeWithoutTrace(layout.root, remove);
  assertEquals(code, "corrupt changed_outside");
});

test("publishSession() says so where the disk does not confirm the session", async ({ layout }) => {
  const fail = () => {
    throw new Error("the disk is broken");
  };
  const publish = () => publishSession(layout, "new", FILES, tokenOf(7));
  // The last of its three files, their directory and the one above.
  const code = await codeOf(() => atSync(5, fail, publish));
  assertEquals(code, "external unconfirmed");
  assertEquals(namesIn(`${layout.sessions}/new`).length, 3);
});

test("who is displaced neither removes a session nor names it", async ({ layout, context, paths }) => {
  const lose = () => Deno.removeSync(`${paths.directory}/lock`);
  const remove = () =>
    removeSession(layout, context, SESSION_ID, () => {
      lose();
      return true;
    });
  const said = { name: "Login" };
  const naming = { id: SESSION_ID, said, startedAtLocal: NOW };
  const rename = () =>
    atSync(1, lose, () => writeSessionMeta(layout, context, naming));
  for (const act of [remove, rename]) {
    assertEquals(
      await codeWithoutTrace(layout.root, act),
      "conflict lock_lost",
    );
  }
});

test("removeSession() waits for whoever changes the session", async ({ layout, context, paths }) => {
  writeTree(paths.directory, { lock: lockText(foreignRecord()) });
  const remove = () => removeSession(layout, context, SESSION_ID, always);
  const code = await codeWithoutTrace(layout.root, remove);
  assertEquals(code, "conflict lock_held");
});

Deno.test("removeSession() lets an update that comes too late find no session", () =>
  withSession(async ({ layout, context, store, paths }) => {
    const update: Promise<unknown>[] = [];
    await removeSession(layout, context, SESSION_ID, () => {
      update.push(store.update(SESSION_ID, complete("a")));
      return true;
    });
    const error = await assertRejects(() => Promise.all(update), OrcError);
    // By when it looked: before it waited for the lock, or afterwards.
    const codes = ["no_such_session", "session_removed"];
    assertEquals(codes.includes(error.code), true, error.code);
    assertEquals(namesIn(layout.sessions), [], paths.directory);
  }, { timeoutMs: 5000 }));

test("findRemoved() finds what a removal left that was cut short", ({ layout }) => {
  const name = `.removed-${"0".repeat(32)}`;
  writeTree(layout.sessions, {
    [`${name}/state.json`]: "{}",
    ".removed-note": "a file of somebody else",
    ".removed-x/state.json": "{}",
    [`.new-${"0".repeat(32)}/state.json`]: "{}",
  });
  assertEquals(findRemoved(layout), [`${layout.sessions}/${name}`]);
  deleteRemoved(`${layout.sessions}/${name}`);
  deleteRemoved(`${layout.sessions}/${name}`);
  assertEquals(findRemoved(layout), []);
});

test("removeSession() sets aside what readers do not see", async ({ layout, store }) => {
  writeTree(layout.sessions, {
    [`.removed-${"0".repeat(32)}/state.json`]: "{}",
  });
  assertEquals(await store.ids(), [SESSION_ID]);
});

const NAMING = {
  id: SESSION_ID,
  said: { name: "Login" },
  startedAtLocal: "2026-03-01T11:00:00.000000",
};

test("writeSessionMeta() changes the name and no other key", async ({ store, layout, context, paths }) => {
  const meta = {
    session_id: SESSION_ID,
    created_at: "2026-03-01T11:00:00.5",
    isolated: true,
    worktree_path: null,
  };
  Deno.writeTextFileSync(paths.meta, JSON.stringify(meta));
  const state = Deno.readTextFileSync(paths.state);
  for (const name of ["Login", "Größer"]) {
    await writeSessionMeta(layout, context, { ...NAMING, said: { name } });
    assertEquals(JSON.parse(Deno.readTextFileSync(paths.meta)), {
      ...meta,
      name,
    });
    assertEquals(await saidOf(store, SESSION_ID, "name"), name);
  }
  assertEquals(Deno.readTextFileSync(paths.state), state);
  assertEquals(namesIn(paths.directory).length, 3);
});

test("writeSessionMeta() makes a meta.json that the Python tool can read", async ({ layout, context, paths }) => {
  Deno.removeSync(paths.meta);
  await writeSessionMeta(layout, context, NAMING);
  assertEquals(JSON.parse(Deno.readTextFileSync(paths.meta)), {
    session_id: SESSION_ID,
    created_at: NAMING.startedAtLocal,
    repo_root: ".",
    name: "Login",
  });
});

test("writeSessionMeta() writes nothing where it may not", async ({ layout, context, paths }) => {
  const lock = `${paths.directory}/lock`;
  const refusal = (naming = NAMING) =>
    assertRejects(() => writeSessionMeta(layout, context, naming), OrcError);
  assertEquals((await refusal({ ...NAMING, id: "other" })).kind, "not_found");
  Deno.writeTextFileSync(lock, lockText(foreignRecord()));
  assertEquals((await refusal()).code, "lock_held");
  Deno.removeSync(lock);
  Deno.writeTextFileSync(paths.meta, "{");
  assertEquals((await refusal()).kind, "corrupt");
  assertEquals(Deno.readTextFileSync(paths.meta), "{");
});

const TOKEN = tokenOf(0xb1);
const ONE = { kind: "agent", name: "one" } as const;
const OTHER = { kind: "agent", name: "other" } as const;

test("unbindSessions() removes what names one of the sessions, and nothing else", async ({ layout, context }) => {
  writeCurrent(layout, SESSION_ID, { token: TOKEN });
  await writeBinding(layout, ONE, { session: SESSION_ID, at: NOW }, TOKEN);
  await writeBinding(layout, OTHER, { session: "other", at: NOW }, TOKEN);
  await unbindSessions(layout, context, new Set([SESSION_ID]));
  assertEquals(readCurrent(layout), undefined);
  assertEquals(await readBinding(layout, ONE), undefined);
  assertEquals(await readBinding(layout, OTHER), "other");
});

test("unbindSessions() locks and writes nothing where nobody is in them", async ({ layout, context }) => {
  writeCurrent(layout, SESSION_ID, { token: TOKEN });
  const before = readTree(layout.root);
  const locked = { ...context, newToken: () => tokenOf(-1) };
  await unbindSessions(layout, locked, new Set(["other"]));
  assertEquals(readTree(layout.root), before);
});

test("unbindSessions() leaves what is damaged", async ({ layout, context }) => {
  writeTree(layout.directory, {
    current: "../x",
    "bindings/0.json": "{",
    "bindings/1.json": `{"session": "${SESSION_ID}"}`,
  });
  await unbindSessions(layout, context, new Set([SESSION_ID]));
  assertEquals(readTree(layout.bindings), { "0.json": "{" });
  assertEquals(Deno.readTextFileSync(layout.current), "../x");
});
