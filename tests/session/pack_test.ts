import { sessionLayout } from "../../src/base/layout.ts";
import { PACK_BLOCK_BYTES } from "../../src/session/pack/format.ts";
import { packOf } from "../../src/session/pack/door.ts";
import { packedBytes } from "../../src/session/pack/read.ts";
import { packSession } from "../../src/session/pack/pack.ts";
import { eachEvent } from "../../src/session/kept/each.ts";
import { fileStore } from "../../src/session/read.ts";
import { traceSession } from "../../src/session/trace.ts";
import { workflowOf } from "../engine/fixtures.ts";
import { codeWithoutTrace, refusalOf } from "../files/temporary.ts";
import {
  eventOf,
  namesIn,
  noteOf,
  SESSION_ID,
  type StoredFixture,
  tokenOf,
  withSession,
} from "./fixtures.ts";
import { close, closed, filesIn, pack, unpack } from "./packed.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";

const PACK = "session.pack";

function test(
  name: string,
  run: (fixture: StoredFixture) => void | Promise<void>,
): void {
  Deno.test(name, () => closed(run));
}

/** All that a store tells of a session. */
async function toldOf({ layout, context }: StoredFixture): Promise<unknown> {
  const store = fileStore(layout, context);
  const session = await store.read(SESSION_ID);
  const kept = await store.checkpoints(SESSION_ID);
  const feedback = await store.feedback(SESSION_ID);
  const problems: string[] = [];
  const { contradictions } = await traceSession(
    { layout, store },
    session,
    workflowOf([]),
  );
  return {
    session,
    ids: await store.ids(),
    list: await store.list(),
    completed: await store.list({ status: "completed" }),
    logBytes: await store.logBytes(SESSION_ID),
    output: await store.outputs(session).then(({ read }) =>
      read("outputs/1.txt")
    ),
    meta: await store.meta(SESSION_ID),
    forwards: await Array.fromAsync(eachEvent(store, session)),
    backwards: await Array.fromAsync(
      eachEvent(store, session, { backwards: true }),
    ),
    later: await Array.fromAsync(eachEvent(store, session, { after: 1 })),
    checkpoints: await Array.fromAsync(kept.all(problems)),
    tool: await Array.fromAsync(feedback.lines("tool")),
    process: await Array.fromAsync(feedback.lines("process")),
    chain: contradictions.filter(({ code }) => /^(?:chain|log)/.test(code)),
    problems,
  };
}

test("a packed session is one file, and tells the same", async (fixture) => {
  const { paths } = fixture;
  const before = await toldOf(fixture);
  const packed = await pack(fixture);
  assertEquals(namesIn(paths.directory), [PACK]);
  assertEquals(await toldOf(fixture), before);
  assertEquals(packed?.packedBytes, Deno.statSync(paths.packed).size);
  assertEquals(packed?.warnings, []);
});

test("what is unpacked has the same bytes, modes and times", async (fixture) => {
  const { directory, log } = fixture.paths;
  Deno.chmodSync(log, 0o600);
  Deno.utimeSync(log, 1_600_000_000, 1_600_000_000);
  const before = filesIn(directory);
  await pack(fixture);
  await unpack(fixture);
  assertEquals(filesIn(directory), before);
  const { mode, mtime } = Deno.statSync(log);
  assertEquals((mode ?? 0) & 0o777, 0o600);
  assertEquals(mtime?.getTime(), 1_600_000_000_000);
});

test("a session that is packed or unpacked does not count as changed", async (fixture) => {
  const { directory } = fixture.paths;
  const time = new Date(1_600_000_000_000);
  Deno.utimeSync(directory, time, time);
  await pack(fixture);
  assertEquals(Deno.statSync(directory).mtime, time);
  await unpack(fixture);
  assertEquals(Deno.statSync(directory).mtime, time);
});

test("a session is packed once, and unpacked once", async (fixture) => {
  const before = filesIn(fixture.paths.directory);
  await unpack(fixture);
  assertEquals(filesIn(fixture.paths.directory), before);
  await pack(fixture);
  const packed = filesIn(fixture.paths.directory);
  assertEquals(await pack(fixture), null);
  assertEquals(filesIn(fixture.paths.directory), packed);
});

test("a dry run tells the size of the pack, and writes nothing", async (fixture) => {
  const { layout, context, paths } = fixture;
  const before = filesIn(paths.directory);
  const told = await packSession(layout, context, SESSION_ID, { dryRun: true });
  assertEquals(filesIn(paths.directory), before);
  assertEquals(await pack(fixture), told);
  const again = await packSession(layout, context, SESSION_ID, {
    dryRun: true,
  });
  assertEquals(again, null);
});

Deno.test("an open session is not packed", () =>
  withSession(async (fixture) => {
    const code = await codeWithoutTrace(
      fixture.layout.root,
      () => pack(fixture),
    );
    assertEquals(code, "refused cannot_pack");
  }));

test("a session is not packed when whoever is asked says no", async ({ layout, context, paths }) => {
  const before = filesIn(paths.directory);
  const mayPack = () => false;
  const packed = await packSession(layout, context, SESSION_ID, { mayPack });
  assertEquals(packed, null);
  assertEquals(filesIn(paths.directory), before);
});

test("a state that somebody changed is not packed", async (fixture) => {
  const { state } = fixture.paths;
  const text = Deno.readTextFileSync(state);
  Deno.writeTextFileSync(state, text.replace("Add login", "Add logout"));
  const code = await codeWithoutTrace(fixture.layout.root, () => pack(fixture));
  assertEquals(code, "corrupt changed_outside");
});

test("what holds a name that no pack has is not packed", async (fixture) => {
  Deno.writeTextFileSync(`${fixture.paths.outputs}/odd:x`, "");
  const before = filesIn(fixture.paths.directory);
  assertEquals((await refusalOf(() => pack(fixture))).code, "cannot_pack");
  assertEquals(filesIn(fixture.paths.directory), before);
});

test("a file that changes while it is packed keeps the session as it is", async (fixture) => {
  const { layout, context, paths } = fixture;
  const before = filesIn(paths.directory);
  const { writeSync } = Deno.FsFile.prototype;
  let isChanged = false;
  Deno.FsFile.prototype.writeSync = function (bytes) {
    // Another tool writes behind what was read already.
    if (!isChanged && bytes[0] === 0x1f) {
      isChanged = true;
      Deno.writeTextFileSync(paths.log, "{}\n", { append: true });
    }
    return writeSync.call(this, bytes);
  };
  try {
    const packing = () => packSession(layout, context, SESSION_ID);
    assertEquals((await refusalOf(packing)).code, "session_changed");
  } finally {
    Deno.FsFile.prototype.writeSync = writeSync;
  }
  const log = before["log.jsonl"] + "7b7d0a";
  assertEquals(filesIn(paths.directory), { ...before, "log.jsonl": log });
});

test("a pack that reads otherwise than it was written removes nothing", async (fixture) => {
  const { paths } = fixture;
  const before = filesIn(paths.directory);
  const { writeSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.writeSync = function (bytes) {
    const isBlock = bytes[0] === 0x1f && bytes.length > 60;
    return writeSync.call(this, isBlock ? bytes.with(50, 0xff) : bytes);
  };
  try {
    assertEquals((await refusalOf(() => pack(fixture))).code, "disk_error");
  } finally {
    Deno.FsFile.prototype.writeSync = writeSync;
  }
  assertEquals(filesIn(paths.directory), before);
});

for (
  const [what, change] of [
    [
      "an update",
      ({ store }: StoredFixture) => store.update(SESSION_ID, noteOf("more")),
    ],
    ["a name", ({ store }: StoredFixture) =>
      store.nameSession({
        id: SESSION_ID,
        said: { name: "Login" },
        startedAtLocal: "2026-03-01T11:00:00.000",
      })],
    ["a checkpoint", async ({ store }: StoredFixture) => {
      const id = "cp_20260301_110000_000000_1_abcd";
      const kept = await store.checkpoints(SESSION_ID);
      await kept.save(() => ({ id, text: "{}\n" }));
    }],
    ["feedback", async ({ store }: StoredFixture) => {
      const feedback = await store.feedback(SESSION_ID);
      await feedback.add({ tool: '{"c":3}', process: '{"d":4}' });
    }],
  ] as const
) {
  test(`${what} comes to a packed session as to any other`, async (fixture) => {
    const { directory } = fixture.paths;
    const before = filesIn(directory);
    await pack(fixture);
    await change(fixture);
    const after = filesIn(directory);
    assertEquals(after[PACK], undefined);
    assertEquals(after["outputs/1.txt"], before["outputs/1.txt"]);
    assertStringIncludes(after["log.jsonl"] ?? "", before["log.jsonl"] ?? "?");
    assertNotEquals(after, before);
    const { chain } = await toldOf(fixture) as { chain: unknown };
    assertEquals(chain, []);
  });
}

test("a packed session is removed as any other", async ({ store, paths, ...rest }) => {
  await pack({ store, paths, ...rest });
  assertEquals(await store.remove(SESSION_ID, () => true), true);
  assertEquals(await store.ids(), []);
});

test("a log of many blocks is entered anywhere", async (fixture) => {
  const { store, layout } = fixture;
  await store.update(SESSION_ID, ({ state }) => ({
    state: { ...state, status: "active" },
    events: Array.from({ length: 40 }, (_, number) => ({
      ...eventOf("note_added", null),
      message: `${number}: `.padEnd(PACK_BLOCK_BYTES / 7, "größer "),
    })),
  }));
  await store.update(SESSION_ID, close);
  const before = await toldOf(fixture);
  await pack(fixture);
  const log = packOf(layout.root, SESSION_ID)?.find("log.jsonl");
  assert((log?.blocks.length ?? 0) > 5);
  assertEquals(await toldOf(fixture), before);
  // Whoever wants the last event reads the last block alone.
  const session = await store.read(SESSION_ID);
  for await (const { events } of store.events(session, { backwards: true })) {
    assertEquals(events.length, 1);
    break;
  }
});

test("of both forms the files count while there is a state", async (fixture) => {
  const { paths: { directory, packed, state }, store } = fixture;
  const before = filesIn(directory);
  await pack(fixture);
  const bytes = Deno.readFileSync(packed);
  await unpack(fixture);
  // A crash before the state was removed, or before the pack was.
  Deno.writeFileSync(packed, bytes);
  const { serial } = await store.read(SESSION_ID);
  await store.update(SESSION_ID, noteOf("more"));
  assertEquals(namesIn(directory).includes(PACK), false);
  assertEquals((await store.read(SESSION_ID)).serial, serial + 1);
  assertNotEquals(Deno.readTextFileSync(state), before["state.json"]);
});

test("of both forms the pack counts where there is no state, and what is left of the files goes", async (fixture) => {
  const { paths: { directory, packed, state } } = fixture;
  const told = await toldOf(fixture);
  const before = filesIn(directory);
  await pack(fixture);
  const bytes = Deno.readFileSync(packed);
  await unpack(fixture);
  Deno.writeFileSync(packed, bytes);
  Deno.removeSync(state);
  assertEquals(await toldOf(fixture), told);
  assertEquals(await pack(fixture), null);
  assertEquals(namesIn(directory), [PACK]);
  await unpack(fixture);
  assertEquals(filesIn(directory), before);
});

test("what lies in the place of a file of the pack, and is another, is put aside", async (fixture) => {
  const { directory, log } = fixture.paths;
  const before = filesIn(directory);
  await pack(fixture);
  Deno.writeTextFileSync(log, "somebody else's\n");
  await unpack(fixture);
  const { "log.jsonl.corrupt-20260301T100000": aside, ...after } = filesIn(
    directory,
  );
  assertEquals(after, before);
  assert(aside !== undefined);
});

test("a pack beside another state is put aside and not removed", async (fixture) => {
  const { directory, packed } = fixture.paths;
  await pack(fixture);
  const bytes = Deno.readFileSync(packed);
  await fixture.store.update(SESSION_ID, noteOf("more"));
  Deno.writeFileSync(packed, bytes);
  await fixture.store.update(SESSION_ID, noteOf("still more"));
  const aside = `${PACK}.corrupt-20260301T100000`;
  assertEquals(namesIn(directory).filter((name) => name.startsWith(PACK)), [
    aside,
  ]);
  assertEquals(Deno.readFileSync(`${directory}/${aside}`), bytes);
});

test("a session is packed as it is, whatever pack lies beside it", async (fixture) => {
  const { store, paths: { directory, packed } } = fixture;
  await pack(fixture);
  const bytes = Deno.readFileSync(packed);
  await store.update(SESSION_ID, noteOf("more"));
  const { serial } = await store.read(SESSION_ID);
  Deno.writeFileSync(packed, bytes);
  assertNotEquals(await pack(fixture), null);
  assertEquals((await store.read(SESSION_ID)).serial, serial);
  assertEquals(namesIn(directory), [PACK]);
  await unpack(fixture);
  const aside = `${directory}/${PACK}.corrupt-20260301T100000`;
  assertEquals(Deno.readFileSync(aside), bytes);
});

test("what a killed holder staged is swept", async (fixture) => {
  const { paths: { directory, packed } } = fixture;
  const before = filesIn(directory);
  Deno.writeTextFileSync(`${packed}.${tokenOf(0xabc)}.tmp`, "half");
  Deno.mkdirSync(`${directory}/.new-${tokenOf(0xabd)}/outputs`, {
    recursive: true,
  });
  await pack(fixture);
  assertEquals(namesIn(directory), [PACK]);
  await unpack(fixture);
  assertEquals(filesIn(directory), before);
});

Deno.test("a session with a name of its own is found when it is packed", () =>
  withSession(async (fixture) => {
    const { store, layout, context } = fixture;
    const id = "release-7";
    const { state } = await store.read(SESSION_ID);
    const decision = { state, events: [eventOf("workflow_started", null)] };
    const localTime = "2026-03-01T11:00:00.000";
    await store.create({ id, decision, localTime });
    await store.update(id, close);
    await packSession(layout, context, id);
    assertEquals(await store.ids(), [SESSION_ID, id]);
    assertEquals((await store.read(id)).state.status, "completed");
    assertEquals(namesIn(sessionLayout(layout.root, id).directory), [PACK]);
  }));

test("no more of a packed file is read than was asked for", async (fixture) => {
  await pack(fixture);
  const found = packOf(fixture.layout.root, SESSION_ID);
  const state = found?.find("state.json");
  assert(found !== undefined && state !== undefined);
  const { code } = await refusalOf(() => packedBytes(found, state, 10));
  assertEquals(code, "file_too_large");
});
