import { OrcError } from "../../src/base/error.ts";
import {
  removeCheckpoints,
  writeCheckpoint,
} from "../../src/checkpoints/checkpoint_write.ts";
import { decodeCheckpoint, stateIn } from "../../src/checkpoints/rules.ts";
import { readTree, writeTree } from "../files/temporary.ts";
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
import { assert, assertEquals, assertRejects } from "@std/assert";

const FACTS = { message: null, decisions: [], files: [] };

function targetOf({ layout, context }: StoredFixture) {
  return { layout, context, sessionId: SESSION_ID };
}

Deno.test("writeCheckpoint() stores the state as it is under the lock, and changes nothing else", () =>
  withSession(async (fixture) => {
    const { store, paths } = fixture;
    await store.update(SESSION_ID, complete("a"));
    const before = readTree(paths.directory);
    const { path, checkpoint } = await writeCheckpoint(
      targetOf(fixture),
      FACTS,
    );
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
    const target = { ...targetOf(fixture), context };
    const first = await writeCheckpoint(target, FACTS);
    const text = Deno.readTextFileSync(first.path);
    const second = await writeCheckpoint(target, { ...FACTS, message: "2" });
    assert(first.path !== second.path);
    assertEquals(Deno.readTextFileSync(first.path), text);
    assertEquals(namesIn(fixture.paths.checkpoints).length, 2);
  }));

Deno.test("writeCheckpoint() sweeps up what a killed one left", () =>
  withSession(async (fixture) => {
    const { paths } = fixture;
    const left = `cp_x.json.${tokenOf(0xdead)}.tmp`;
    writeTree(paths.directory, { [left]: "{" });
    await writeCheckpoint(targetOf(fixture), FACTS);
    assert(!namesIn(paths.directory).includes(left));
    assertEquals(namesIn(paths.checkpoints).length, 1);
  }));

Deno.test("writeCheckpoint() refuses sessions that are closed, missing, locked or changed outside", () =>
  withSession(async (fixture) => {
    const { paths, store } = fixture;
    const target = targetOf(fixture);
    const codeOf = async (sessionId = SESSION_ID) => {
      const error = await assertRejects(
        () => writeCheckpoint({ ...target, sessionId }, FACTS),
        OrcError,
      );
      return error.code;
    };
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
      () => writeCheckpoint(targetOf(fixture), FACTS),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
    assertEquals(Deno.readTextFileSync(fixture.paths.checkpoints), "mine");
  }));

Deno.test("removeCheckpoints() removes what is named and still there", () =>
  withSession(async (fixture) => {
    const target = targetOf(fixture);
    const first = await writeCheckpoint(target, FACTS);
    const second = await writeCheckpoint(target, FACTS);
    const ids = [first.checkpoint.id, "cp_gone"];
    assertEquals(await removeCheckpoints(target, ids), [first.checkpoint.id]);
    const [left] = namesIn(fixture.paths.checkpoints);
    assertEquals(left, `${second.checkpoint.id}.json`);
  }));
