import { OrcError } from "../../src/base/error.ts";
import { sha256Hex } from "../../src/base/checksum.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  sessionLayout,
} from "../../src/base/layout.ts";
import {
  adoptLegacy,
  type LegacyState,
  readAdoption,
  readLegacyState,
} from "../../src/session/legacy.ts";
import { fileStore } from "../../src/session/read.ts";
import {
  codeOf,
  readTree,
  test,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  eventsIn,
  namesIn,
  startedState,
  storeContext,
  tokenOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

const REAL = "tests/testdata/python-projects/lfb/.workflow_state.json";

test("readLegacyState() reads a state of the Python tool in its place", async (root) => {
  const layout = repositoryLayout(root);
  const text = Deno.readTextFileSync(REAL);
  writeTree(root, { ".workflow_state.json": text });
  const legacy = await readLegacyState(layout);
  assert(legacy);
  const { session, sha256 } = legacy;
  assertEquals(session.id, "c7f12380");
  assertEquals(session.legacyPath, `${root}/.workflow_state.json`);
  assertEquals([session.serial, session.sessionId], [0, null]);
  assertEquals(session.state.workflowId, "wf_c7f12380");
  assertEquals(sha256, await sha256Hex(new TextEncoder().encode(text)));
  assertEquals(readTree(root), { ".workflow_state.json": text });
});

test("readLegacyState() finds nothing where there is nothing", async (root) => {
  const layout = repositoryLayout(root);
  assertEquals(await readLegacyState(layout), undefined);
});

test("readLegacyState() refuses what it cannot read and leaves it", async (root) => {
  const layout = repositoryLayout(root);
  const [start = ""] = Deno.readTextFileSync(REAL).split('"task_desc');
  const cases = [["", "invalid_json"], [start, "invalid_json"], [
    '{"workflow_id": "wf_1", "workflow_type": "Easy"}',
    "invalid_state",
  ]];
  for (const [text = "", code] of cases) {
    writeTree(root, { ".workflow_state.json": text });
    assertEquals(
      await codeOf(() => readLegacyState(layout)),
      `corrupt ${code}`,
    );
    assertEquals(readTree(root), { ".workflow_state.json": text });
  }
});

const FROM = "tests/testdata/python-projects/lfb";
const SIGNED =
  "tests/testdata/python-projects/tp/.orchestrator/sessions/513632d4/state.json";
const ID = "c7f12380";
const ADOPTION = {
  localTime: "2026-03-01T11:00:00.000",
  token: tokenOf(1),
};

interface Fixture {
  readonly layout: RepositoryLayout;
  readonly stateText: string;
  readonly logText: string;
}

/** Runs a test on a repository with real files of the older Python tool. */
function withLegacy(
  test: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    const layout = repositoryLayout(root);
    const stateText = Deno.readTextFileSync(`${FROM}/.workflow_state.json`);
    const logText = Deno.readTextFileSync(`${FROM}/.workflow_log.jsonl`);
    writeTree(root, {
      ".workflow_state.json": stateText,
      ".workflow_log.jsonl": logText,
      ".orchestrator/sessions/": "",
    });
    return test({ layout, stateText, logText });
  });
}

async function legacyIn(layout: RepositoryLayout): Promise<LegacyState> {
  const legacy = await readLegacyState(layout);
  assert(legacy);
  return legacy;
}

async function adopt(layout: RepositoryLayout): Promise<void> {
  await adoptLegacy(layout, await legacyIn(layout), ADOPTION);
}

Deno.test("adoptLegacy() takes exactly the session's own part of the log", () =>
  withLegacy(async ({ layout, logText }) => {
    await adopt(layout);
    const { log } = sessionLayout(layout.root, ID);
    const own = logText.split("\n").filter((line) =>
      line.includes('"workflow_id": "wf_c7f12380"')
    );
    assert(own.length > 0);
    assert(own.length < logText.split("\n").length - 1, "there are others");
    assertEquals(Deno.readTextFileSync(log), `${own.join("\n")}\n`);
  }));

Deno.test("adoptLegacy() records where the session came from", () =>
  withLegacy(async ({ layout }) => {
    assertEquals(readAdoption(layout, ID), undefined);
    const { sha256 } = await legacyIn(layout);
    await adopt(layout);
    assertEquals(readAdoption(layout, ID), sha256);
    const { directory, meta } = sessionLayout(layout.root, ID);
    assertEquals(JSON.parse(Deno.readTextFileSync(meta)), {
      place: String(Deno.lstatSync(directory).ino),
      session_id: ID,
      created_at: ADOPTION.localTime,
      repo_root: ".",
      adopted_from: layout.legacyState,
      adopted_sha256: sha256,
    });
  }));

Deno.test("adoptLegacy() lets the next update extend the log", () =>
  withLegacy(async ({ layout }) => {
    await adopt(layout);
    const { log } = sessionLayout(layout.root, ID);
    const text = Deno.readTextFileSync(log);
    const store = fileStore(layout, storeContext());
    const [phase] = (await store.read(ID)).state.phases;
    const id = phase?.items.find(({ status }) => status !== "completed")?.id;
    const { session } = await store.update(ID, complete(id ?? "none"));
    assertEquals([session.serial, session.sessionId], [1, ID]);
    assertEquals(Deno.readTextFileSync(log).startsWith(text), true);
    assertEquals(eventsIn(log).at(-1)?.serial, 1);
  }));

Deno.test("adoptLegacy() adopts a state that was copied out of another session", () =>
  withLegacy(async ({ layout }) => {
    const store = fileStore(layout, storeContext());
    const decision = { state: startedState(["a"]), events: [] };
    const { localTime } = ADOPTION;
    const { directory, state } = sessionLayout(layout.root, "first");
    await store.create({ id: "first", decision, localTime });
    Deno.copyFileSync(state, layout.legacyState);
    Deno.removeSync(directory, { recursive: true });
    await adopt(layout);
    assertEquals(await store.ids(), ["00c0ffee"]);
    const { session } = await store.update("00c0ffee", complete("a"));
    assertEquals([session.serial, session.sessionId], [2, "00c0ffee"]);
  }));

Deno.test("adoptLegacy() adopts a session that has no log", () =>
  withLegacy(async ({ layout }) => {
    Deno.removeSync(layout.legacyLog);
    await adopt(layout);
    const { log } = sessionLayout(layout.root, ID);
    assertEquals(Deno.readTextFileSync(log), "");
  }));

Deno.test("adoptLegacy() does not go on without a history it cannot read", () =>
  withLegacy(async ({ layout }) => {
    Deno.removeSync(layout.legacyLog);
    Deno.mkdirSync(layout.legacyLog);
    const error = await assertRejects(() => adopt(layout), OrcError);
    assertEquals(error.code, "not_a_regular_file");
    const { directory } = sessionLayout(layout.root, ID);
    assertThrows(() => Deno.lstatSync(directory), Deno.errors.NotFound);
  }));

Deno.test("adoptLegacy() signs no state that was changed by somebody else", () =>
  withLegacy(async ({ layout }) => {
    const signed = Deno.readTextFileSync(SIGNED);
    const forged = signed.replace('"project": null', '"project": "x"');
    assert(forged !== signed);
    Deno.writeTextFileSync(layout.legacyState, forged);
    const before = readTree(layout.root);
    const error = await assertRejects(() => adopt(layout), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", "changed_outside"]);
    assertEquals(error.path, layout.legacyState);
    assertEquals(readTree(layout.root), before);
  }));

Deno.test("adoptLegacy() leaves a state alone that a newer orc made", () =>
  withLegacy(async ({ layout }) => {
    const { session, sha256 } = await legacyIn(layout);
    const newer = { session: { ...session, format: 2 }, sha256 };
    assertEquals(
      await codeOf(() => adoptLegacy(layout, newer, ADOPTION)),
      "refused newer_format",
    );
    assertEquals(namesIn(layout.sessions), []);
  }));
