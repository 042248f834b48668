/** What a crash can leave of a repository, and the next command that finds it. */
import { OrcError } from "../../src/base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
} from "../../src/base/layout.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import { adoptLegacy, readLegacyState } from "../../src/session/legacy.ts";
import { fileStore } from "../../src/session/read.ts";
import { switchSession } from "../../src/sessions/manage.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  foreignRecord,
  lockText,
  loggedIn,
  namesIn,
  storeContext,
  tokenOf,
} from "../session/fixtures.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const DEAD = foreignRecord();
const MADE = [".gitignore", "current", "meta.json", "sessions"];

const WORKFLOW = `
name: Test
phases:
  - id: PLAN
    name: Planning
    items:
      - { id: a, name: A }
`;

/** A session of the Python tool, used here as its scattered state. */
const LEGACY =
  "tests/testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/state.json";

interface Fixture {
  readonly host: Host;
  readonly layout: RepositoryLayout;
}

/** Runs a test in a repository where everybody else is dead. */
function withRepository(
  test: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    writeTree(root, { "workflow.yaml": WORKFLOW });
    const host: Host = {
      ...denoHost(),
      workingDirectory: root,
      env: (name) => name === "ORCHESTRATOR_ROOT" ? root : undefined,
      homeDirectory: () => undefined,
      livenessOf: () => "dead",
      caller: () => ({ agent: null, approval: null }),
    };
    return test({ host, layout: repositoryLayout(root) });
  });
}

async function start({ host }: Fixture, task: string): Promise<string> {
  const { place } = await startSession(host, { task });
  assert(place.session);
  return place.session;
}

function tasksIn(layout: RepositoryLayout): Promise<readonly string[]> {
  return fileStore(layout, storeContext()).list().then((entries) =>
    entries.map(({ state }) => state?.task ?? "unreadable")
  );
}

/** What a `start` leaves that is killed, from its first step on. */
const HALF_MADE: readonly Readonly<Record<string, string>>[] = [
  {},
  { [`lock.${DEAD.token}.tmp`]: "" },
  { lock: lockText(DEAD) },
  { [`.gitignore.${DEAD.token}.tmp`]: "", lock: lockText(DEAD) },
  { ".gitignore": "*\n", lock: lockText(DEAD) },
  { ".gitignore": "*\n", "sessions/": "", lock: lockText(DEAD) },
  {
    ".gitignore": "*\n",
    "sessions/": "",
    [`meta.json.${DEAD.token}.tmp`]: "{",
    lock: lockText(DEAD),
  },
  { ".gitignore": "*\n", [`sessions/.new-${DEAD.token}/`]: "" },
  {
    ".gitignore": "*\n",
    [`sessions/.new-${DEAD.token}/meta.json`]: "{}",
    [`sessions/.new-${DEAD.token}/state.json`]: "{",
    [`sessions/.new-${tokenOf(2)}/log.jsonl`]: "",
    [`bindings/0.json.${DEAD.token}.tmp`]: "",
    [`current.${DEAD.token}.tmp`]: "x",
    lock: lockText(DEAD),
    [`lock.break.${DEAD.token}.0`]: lockText(DEAD),
  },
];

Deno.test("start makes a repository of whatever a killed start left", async () => {
  for (const files of HALF_MADE) {
    await withRepository(async (fixture) => {
      const { layout } = fixture;
      Deno.mkdirSync(layout.directory);
      writeTree(layout.directory, files);
      const id = await start(fixture, "Add login");
      const names = namesIn(layout.directory);
      assertEquals(names.filter((name) => name !== "bindings"), MADE);
      assertEquals(namesIn(layout.sessions), [id]);
      assertEquals(Deno.readTextFileSync(layout.current), id);
      const { place } = await addNote(fixture.host, { text: "works" });
      assertEquals(place.session, id);
    });
  }
});

Deno.test("a session that is not current because start was killed can be gone on with", () =>
  withRepository(async (fixture) => {
    const { layout, host } = fixture;
    const id = await start(fixture, "Add login");
    Deno.removeSync(layout.current);
    writeTree(layout.directory, {
      lock: lockText(DEAD),
      [`current.${DEAD.token}.tmp`]: id.slice(0, 3),
    });
    const { place } = await addNote(host, { text: "found" });
    assertEquals(place.session, id);
    await switchSession(host, { id });
    assertEquals(Deno.readTextFileSync(layout.current), id);
    assertEquals(namesIn(layout.directory), MADE);
  }));

Deno.test("a current that names a missing session is healed by start and by switch", () =>
  withRepository(async (fixture) => {
    const { layout, host } = fixture;
    const first = await start(fixture, "First");
    Deno.writeTextFileSync(layout.current, "01kk0000000000000000000009");
    const before = readTree(layout.root);
    const error = await assertRejects(
      () => addNote(host, { text: "where to?" }),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["not_found", "no_such_session"]);
    assertEquals(error.details, { candidates: [first] });
    assertEquals(readTree(layout.root), before);

    const second = await start(fixture, "Second");
    assertEquals(Deno.readTextFileSync(layout.current), second);
    Deno.writeTextFileSync(layout.current, "01kk0000000000000000000009");
    await switchSession(host, { id: first });
    assertEquals(Deno.readTextFileSync(layout.current), first);
    assertEquals(await tasksIn(layout), ["First", "Second"]);
  }));

async function withLegacy(
  test: (fixture: Fixture, id: string) => Promise<void>,
): Promise<void> {
  await withRepository(async (fixture) => {
    const { layout } = fixture;
    Deno.copyFileSync(LEGACY, layout.legacyState);
    const legacy = await readLegacyState(layout);
    assert(legacy);
    await test(fixture, legacy.session.id);
    const text = Deno.readTextFileSync(layout.legacyState);
    assertEquals(text, Deno.readTextFileSync(LEGACY), "it is never changed");
  });
}

Deno.test("an update adopts a legacy session again whose adoption was killed", () =>
  withLegacy(async ({ host, layout }, id) => {
    writeTree(layout.directory, {
      ".gitignore": "*\n",
      [`sessions/.new-${DEAD.token}/state.json`]: "{",
      lock: lockText(DEAD),
    });
    const { place, serial } = await addNote(host, { text: "adopted" });
    assertEquals([place.session, serial], [id, 1]);
    assertEquals(namesIn(layout.sessions), [id]);
    assertEquals(namesIn(layout.directory), MADE);
    assertEquals(Deno.readTextFileSync(layout.current), id);
  }));

Deno.test("an update goes on with an adopted session that did not become current", () =>
  withLegacy(async ({ host, layout }, id) => {
    writeTree(layout.directory, { "sessions/": "", lock: lockText(DEAD) });
    const legacy = await readLegacyState(layout);
    assert(legacy);
    const adoption = { localTime: "2026-03-01T11:00:00", token: tokenOf(1) };
    await adoptLegacy(layout, legacy, adoption);
    for (const text of ["first", "second"]) {
      assertEquals((await addNote(host, { text })).place.session, id);
    }
    assertEquals(namesIn(layout.sessions), [id]);
    assertEquals(loggedIn(`${layout.sessions}/${id}/log.jsonl`), [
      "note_added -",
      "note_added -",
    ]);
  }));
