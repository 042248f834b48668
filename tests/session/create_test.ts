import { OrcError } from "../../src/base/error.ts";
import {
  repositoryLayout,
  sessionLayout,
  STAGING_PREFIX,
} from "../../src/base/layout.ts";
import { createSession, publishSession } from "../../src/session/create.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  eventOf,
  eventsIn,
  loggedIn,
  namesIn,
  startedState,
  storeContext,
  tokenOf,
  withSession,
} from "./fixtures.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";

const FILES = { meta: "{}", log: "line\n", state: "{}" };

const NEW = {
  id: "new",
  decision: {
    state: startedState(["a"]),
    events: [eventOf("workflow_started", null), eventOf("phase_started", null)],
  },
  localTime: "2026-03-01T11:00:00.000",
};

Deno.test("createSession() stores what it returns", () =>
  withSession(async ({ layout, context, store }) => {
    const session = await createSession(layout, context, NEW);
    assertEquals([session.id, session.serial], ["new", 1]);
    const read = await store.read("new");
    assertEquals(read.lastEvents, session.lastEvents);
    assertEquals(read.state.task, "Add login");
    assertEquals([read.serial, read.sessionId], [1, "new"]);
    const { log } = sessionLayout(layout.root, "new");
    assertEquals(eventsIn(log), session.lastEvents);
    assertEquals(loggedIn(log), ["workflow_started -", "phase_started -"]);
  }));

Deno.test("createSession() writes the meta data the Python tool wants", () =>
  withSession(async ({ layout, context }) => {
    await createSession(layout, context, NEW);
    const { meta } = sessionLayout(layout.root, "new");
    const text = Deno.readTextFileSync(meta);
    assertEquals(JSON.parse(text), {
      session_id: "new",
      created_at: NEW.localTime,
      repo_root: ".",
    });
    assertMatch(text, /\}$/);
  }));

Deno.test("publishSession() leaves nothing but the session", () =>
  withSession(({ layout }) => {
    const names = namesIn(layout.sessions);
    publishSession(layout, "new", FILES, tokenOf(9));
    assertEquals(namesIn(layout.sessions), [...names, "new"]);
    assertEquals(readTree(`${layout.sessions}/new`), {
      "meta.json": "{}",
      "log.jsonl": "line\n",
      "state.json": "{}",
    });
  }));

Deno.test("publishSession() writes over no session", () =>
  withSession(({ layout }) => {
    publishSession(layout, "new", FILES, tokenOf(9));
    const before = readTree(layout.root);
    const again = { ...FILES, state: "other" };
    const error = assertThrows(
      () => publishSession(layout, "new", again, tokenOf(10)),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["conflict", "lock_lost"]);
    assertEquals(readTree(layout.root), before);
  }));

Deno.test("publishSession() says that it was displaced while it staged", () =>
  withSession(({ layout }) => {
    const staging = `${layout.sessions}/${STAGING_PREFIX}${tokenOf(9)}`;
    const files = {
      ...FILES,
      /** Read when the directory is staged: the next holder's sweep is quicker. */
      get meta(): string {
        Deno.removeSync(staging);
        return FILES.meta;
      },
    };
    const before = readTree(layout.root);
    const error = assertThrows(
      () => publishSession(layout, "new", files, tokenOf(9)),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["conflict", "lock_lost"]);
    assertEquals(readTree(layout.root), before);
  }));

Deno.test("publishSession() writes over no file", () =>
  withSession(({ layout }) => {
    writeTree(layout.sessions, { new: "a file" });
    const before = readTree(layout.root);
    assertThrows(
      () => publishSession(layout, "new", FILES, tokenOf(9)),
      OrcError,
    );
    assertEquals(readTree(layout.root), before);
  }));

Deno.test("publishSession() makes nothing where no sessions are kept", () =>
  withTemporaryDirectory((root) => {
    const error = assertThrows(
      () => publishSession(repositoryLayout(root), "new", FILES, tokenOf(9)),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["not_found", "path_not_found"]);
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
