import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import {
  readCheckpoint,
  readCheckpoints,
  removeCheckpoints,
  writeCheckpoint,
} from "../../src/checkpoints/files.ts";
import { decodeCheckpoint, stateIn } from "../../src/checkpoints/rules.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import {
  complete,
  completedItems,
  foreignRecord,
  lockText,
  namesIn,
  SESSION_ID,
  type StoredFixture,
  tokenOf,
  withSession,
} from "../session/fixtures.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

const PYTHON = "tests/testdata/python-projects/cp";
const THEIRS = `${PYTHON}/.orchestrator/sessions/3f1eb0bb/checkpoints`;

function withCheckpoints(
  files: Readonly<Record<string, string>>,
  test: (at: ReturnType<typeof repositoryLayout>, directory: string) => void,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    const directory = `${root}/checkpoints`;
    writeTree(directory, files);
    test(repositoryLayout(root), directory);
  });
}

function textOf(id: string): string {
  return JSON.stringify({ checkpoint_id: id, workflow_id: "w", phase_id: "P" });
}

Deno.test("readCheckpoints() reads all that the Python tool wrote, and names what is damaged", () => {
  const layout = repositoryLayout(Deno.cwd());
  const directory = `${Deno.cwd()}/${THEIRS}`;
  const { checkpoints: entries, problems } = readCheckpoints(
    layout,
    directory,
    "s1",
  );
  assertEquals(entries.map(({ id }) => id), [
    "cp_20261120_080124_555383_8918_d897",
    "cp_20261120_080125_130078_3596_d897",
    "cp_20261120_080125_972839_8090_d897",
    "cp_20261120_080126_716957_3387_d897",
    "cp_20261120_080127_450017_0723_d897",
    "cp_w",
    "cp_y",
  ]);
  assertEquals(problems.length, 1);
  assertEquals(problems[0]?.includes("cp_z.json"), true);
  const [first] = entries;
  assertEquals(first?.files, ["workflow.yaml"]);
  assertEquals(first && "snapshot" in first, false);
  const read = readCheckpoint(layout, directory, first?.id ?? "");
  assertEquals(read.snapshot?.get("task_description"), "x");
});

Deno.test("readCheckpoints() finds nothing where there is no directory", () =>
  withTemporaryDirectory((root) => {
    const layout = repositoryLayout(root);
    const found = readCheckpoints(layout, layout.legacyCheckpoints);
    assertEquals(found, { checkpoints: [], problems: [] });
  }));

Deno.test("readCheckpoints() leaves alone what is not named like a checkpoint", () =>
  withCheckpoints({
    "cp_a.json": textOf("cp_a"),
    "notes.json": "x",
    "cp_b.json.bak": "x",
    "cp_b.c.json": "x",
    "cp_.json": "x",
  }, (layout, directory) => {
    const { checkpoints: entries, problems } = readCheckpoints(
      layout,
      directory,
      "s1",
    );
    assertEquals(entries.map(({ id }) => id), ["cp_a"]);
    assertEquals(problems, []);
  }));

Deno.test("readCheckpoints() names directories, foreign names and broken text", () =>
  withCheckpoints({
    "cp_a.json": textOf("cp_b"),
    "cp_c.json/": "",
    "cp_d.json": "",
    "cp_e.json": "[]",
    "cp_f.json": "\u0000\u0000",
  }, (layout, directory) => {
    const { checkpoints: entries, problems } = readCheckpoints(
      layout,
      directory,
      "s1",
    );
    assertEquals(entries, []);
    assertEquals(problems.length, 5);
    const error = assertThrows(
      () => readCheckpoint(layout, directory, "cp_a"),
      OrcError,
    );
    assertEquals(error.code, "misnamed_checkpoint");
  }));

Deno.test("readCheckpoint() says that there is none", () =>
  withCheckpoints({}, (layout, directory) => {
    const error = assertThrows(
      () => readCheckpoint(layout, directory, "cp_a"),
      OrcError,
    );
    assertEquals([error.kind, error.code], [
      "not_found",
      "no_such_checkpoint",
    ]);
    assertThrows(() => readCheckpoint(layout, directory, "../x"), Error);
  }));

const FACTS = { message: null, decisions: [], files: [] };

function write(fixture: StoredFixture, sessionId = SESSION_ID) {
  return writeCheckpoint(fixture, sessionId, FACTS);
}

Deno.test("writeCheckpoint() stores the state as it is under the lock, and changes nothing else", () =>
  withSession(async (fixture) => {
    const { store, paths } = fixture;
    await store.update(SESSION_ID, complete("a"));
    const before = readTree(paths.directory);
    const { path, checkpoint } = await write(fixture);
    const decoded = decodeCheckpoint(Deno.readTextFileSync(path), path);
    assertEquals(decoded, checkpoint);
    assertEquals(completedItems(stateIn(decoded)), ["a"]);
    const { checkpoints: _made, ...after } = readTree(paths.directory);
    const rest = Object.entries(after)
      .filter(([name]) => !name.startsWith("checkpoints/"));
    assertEquals(Object.fromEntries(rest), before);
  }));

Deno.test("writeCheckpoint() takes a free name where one is taken already", () =>
  withSession(async (fixture) => {
    const token = tokenOf(1);
    const context = {
      ...fixture.context,
      newToken: (() => {
        let count = 0;
        // The lock's token, twice the same for the name, then another.
        const tokens = [token, token, token, token, `1${token.slice(1)}`];
        return () => tokens[count++] ?? token;
      })(),
    };
    const first = await write({ ...fixture, context });
    const text = Deno.readTextFileSync(first.path);
    const second = await write({ ...fixture, context });
    assert(first.path !== second.path);
    assertEquals(Deno.readTextFileSync(first.path), text);
    assertEquals(namesIn(fixture.paths.checkpoints).length, 2);
  }));

Deno.test("writeCheckpoint() sweeps up what a killed one left", () =>
  withSession(async (fixture) => {
    const { paths } = fixture;
    const left = `cp_x.json.${tokenOf(0xdead)}.tmp`;
    writeTree(paths.directory, { [left]: "{" });
    await write(fixture);
    assert(!namesIn(paths.directory).includes(left));
    assertEquals(namesIn(paths.checkpoints).length, 1);
  }));

Deno.test("writeCheckpoint() refuses sessions that are closed, missing, locked or changed outside", () =>
  withSession(async (fixture) => {
    const { paths, store } = fixture;
    const codeOf = async (id?: string) =>
      (await assertRejects(() => write(fixture, id), OrcError)).code;
    assertEquals(await codeOf("nobody"), "no_such_session");
    writeTree(paths.directory, { lock: lockText(foreignRecord()) });
    assertEquals(await codeOf(), "lock_held");
    Deno.removeSync(`${paths.directory}/lock`);
    await store.update(SESSION_ID, ({ state }) => ({
      ...complete("a")({ state } as Parameters<ReturnType<typeof complete>>[0]),
      state: { ...state, status: "abandoned" },
    }));
    assertEquals(await codeOf(), "session_closed");
    const text = Deno.readTextFileSync(paths.state);
    Deno.writeTextFileSync(paths.state, text.replace("abandoned", "active"));
    assertEquals(await codeOf(), "changed_outside");
    assertEquals(namesIn(paths.directory).includes("checkpoints"), false);
  }));

Deno.test("writeCheckpoint() refuses a file in the place of the directory", () =>
  withSession(async (fixture) => {
    writeTree(fixture.paths.directory, { checkpoints: "mine" });
    const error = await assertRejects(
      () => write(fixture),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
    assertEquals(Deno.readTextFileSync(fixture.paths.checkpoints), "mine");
  }));

Deno.test("removeCheckpoints() removes what is named and still there", () =>
  withSession(async (fixture) => {
    const first = await write(fixture);
    const second = await write(fixture);
    const ids = [first.checkpoint.id, "cp_gone"];
    const removed = await removeCheckpoints(fixture, SESSION_ID, ids);
    assertEquals(removed, [first.checkpoint.id]);
    const [left] = namesIn(fixture.paths.checkpoints);
    assertEquals(left, `${second.checkpoint.id}.json`);
  }));
