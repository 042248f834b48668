/** What is promised of what is kept beside a session. */
import {
  deepStrictEqual as assertEquals,
  ok as assert,
} from "node:assert/strict";
import { sessionLayout } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { isOrcError } from "../base/error.ts";
import { saidOf } from "../session/read.ts";
import {
  codeOf,
  collect,
  complete,
  type ContractCase,
  eventsOf,
  ID,
  newSession,
  noteOf,
  numbers,
  onSession,
  onStore,
  OTHER,
  refusalOf,
  serialsOf,
  type StoreFixture,
} from "./fixtures.ts";

const STARTED = "2026-03-01T11:00:00.000";

/** What is said of a session besides its work. */
export const META: readonly ContractCase[] = [
  onStore("a new session says whose it is", async ({ store }) => {
    await store.create({ ...newSession(ID), owner: "codex:1" });
    assertEquals((await store.meta(ID))?.get("session_id"), ID);
    assertEquals((await store.meta(ID))?.get("created_at"), STARTED);
    assertEquals(await saidOf(store, ID, "owner"), "codex:1");
    assertEquals(await saidOf(store, ID, "name"), null);
    assertEquals(await store.meta(OTHER), undefined);
  }),

  onSession("what is said of many is read at once", async ({ store }) => {
    await store.create({ ...newSession(OTHER), owner: "codex:1" });
    assertEquals(await store.count(), 2);
    const problems: string[] = [];
    const absent = `${ID.slice(0, -1)}z`;
    const metas = await store.metas([OTHER, absent, ID], problems);
    assertEquals([...metas.keys()].sort(), [ID, OTHER]);
    for (const [id, meta] of metas) assertEquals(meta, await store.meta(id));
    assertEquals(await store.metas([], problems), new Map());
    assertEquals(problems, []);
  }),

  onSession(
    "a name is no update, and leaves what else is said",
    async (fixture) => {
      const { store } = fixture;
      const before = await store.read(ID);
      const named = { id: ID, startedAtLocal: STARTED };
      for (const said of [{ name: "Login" }, { owner: "codex:1" }]) {
        assertEquals(await store.nameSession({ ...named, said }), []);
      }
      assertEquals(await saidOf(store, ID, "name"), "Login");
      assertEquals(await saidOf(store, ID, "owner"), "codex:1");
      assertEquals((await store.meta(ID))?.get("session_id"), ID);
      assertEquals((await store.read(ID)).serial, before.serial);
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
      const none = { ...named, id: OTHER, said: { name: "None" } };
      assertEquals(
        await codeOf(() => store.nameSession(none)),
        "not_found no_such_session",
      );
    },
  ),

  onSession(
    "a session is named while it is updated, and neither is lost",
    async ({ store }) => {
      const named = { id: ID, startedAtLocal: STARTED };
      await Promise.all(
        numbers(1, 8).flatMap((number) => [
          store.update(ID, noteOf(`${number}`)),
          store.nameSession({ ...named, said: { name: `Name ${number}` } }),
        ]),
      );
      assertEquals((await store.read(ID)).serial, 9);
      assert((await saidOf(store, ID, "name"))?.startsWith("Name "));
    },
  ),
];

const texts = async ({ store }: StoreFixture): Promise<readonly string[]> => {
  const kept = await store.checkpoints(ID);
  const problems: string[] = [];
  const all = await collect(kept.all(problems));
  assertEquals(problems, []);
  return all.map(({ id, text }) => `${id} ${text}`);
};

/** What is kept of a session to return to. */
export const CHECKPOINTS: readonly ContractCase[] = [
  onSession(
    "a checkpoint is kept as it was given, beside the session as it is then",
    async (fixture) => {
      const { store } = fixture;
      const kept = await store.checkpoints(ID);
      assertEquals(await texts(fixture), []);
      await store.update(ID, complete("a"));
      const before = await store.read(ID);
      const serials: number[] = [];
      const text = '{"zeta": 1.50, "alpha": "ü"}';
      for (const id of ["cp_2", "cp_1"]) {
        const saved = await kept.save(({ serial }) => {
          serials.push(serial);
          return { id, text };
        });
        assertEquals(saved.warnings, []);
      }
      assertEquals(serials, [2, 2]);
      assertEquals(await texts(fixture), [`cp_1 ${text}`, `cp_2 ${text}`]);
      const { text: read, sizeBytes } = await kept.read("cp_2");
      assertEquals([read, sizeBytes], [text, text.length + 1]);
      assertEquals(await store.read(ID), before);
      assertEquals(await kept.remove(["cp_2", "cp_3"]), ["cp_2"]);
      assertEquals(await texts(fixture), [`cp_1 ${text}`]);
      assertEquals(
        await codeOf(() => kept.read("cp_2")),
        "not_found no_such_checkpoint",
      );
    },
  ),

  onSession(
    "no checkpoint replaces another, and none is kept that was refused",
    async (fixture) => {
      const kept = await fixture.store.checkpoints(ID);
      const ids = ["cp_1", "cp_1", "cp_2"];
      const make = () => ({ id: ids.shift() ?? "cp_3", text: "{}" });
      await kept.save(make);
      await kept.save(make);
      await refusalOf(() =>
        kept.save(() => {
          throw new Error("The session is closed");
        })
      );
      assertEquals(await texts(fixture), ["cp_1 {}", "cp_2 {}"]);
      const none = await fixture.store.checkpoints(OTHER);
      assertEquals(await collect(none.all([])), []);
      const refused = await codeOf(() => none.save(make));
      assertEquals(refused, "not_found no_such_session");
    },
  ),
];

/** What was said of a session. */
export const FEEDBACK: readonly ContractCase[] = [
  onSession(
    "feedback is added in its order, and is no update",
    async (fixture) => {
      const { store } = fixture;
      const feedback = await store.feedback(ID);
      const read = async () => [
        await collect(feedback.lines("tool")),
        await collect(feedback.lines("process")),
      ];
      assertEquals(await read(), [[], []]);
      const before = await store.read(ID);
      await feedback.add({ tool: '{"errors": 1}', process: '{"task": "ü"}' });
      await feedback.add({ tool: '{"errors": 2}', process: "{}" });
      assertEquals(await read(), [
        ['{"errors": 1}', '{"errors": 2}'],
        ['{"task": "ü"}', "{}"],
      ]);
      assertEquals(await store.read(ID), before);
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
      const none = await store.feedback(OTHER);
      assertEquals(await collect(none.lines("tool")), []);
      assertEquals(
        await codeOf(() => none.add({ tool: "{}", process: "{}" })),
        "not_found no_such_session",
      );
    },
  ),
];

/** What checks printed. */
export const OUTPUTS: readonly ContractCase[] = [
  onSession(
    "what a check printed is kept until no event is to name it",
    async ({ store, reopen = () => store }) => {
      const outputs = await store.outputs(await store.read(ID));
      assertEquals(await outputs.keep(""), undefined);
      const kept = await outputs.keep("1 passed\n");
      const refused = await outputs.keep("ä\0");
      assert(kept !== undefined && refused !== undefined);
      const names = [kept.name, refused.name, "outputs/none.txt"];
      const texts = async () => {
        const now = await reopen().outputs(await store.read(ID));
        return await Promise.all(names.map((name) => now.read(name)));
      };
      assertEquals(await texts(), ["1 passed\n", "ä\0", undefined]);
      await kept.settle(true);
      await refused.settle(false);
      assertEquals(await texts(), ["1 passed\n", undefined, undefined]);
      const state = nameOf(sessionLayout("/nowhere", ID).state);
      for (const name of [state, `outputs/../${state}`, "/etc/hosts"]) {
        assertEquals(await outputs.read(name), undefined, name);
      }
    },
  ),
];

/** How a session goes. */
export const REMOVAL: readonly ContractCase[] = [
  onSession(
    "whoever removes a session knows what is kept beside it then",
    async ({ store }) => {
      await (await store.checkpoints(ID)).save(() => ({
        ...{ id: "cp_1", text: "{}" },
      }));
      const feedback = await store.feedback(ID);
      await feedback.add({ tool: "{}", process: "{}" });
      await feedback.add({ tool: "{}", process: "{}" });
      const seen: unknown[] = [];
      const removed = await store.remove(ID, async ({ serial }, beside) => {
        seen.push([serial, await beside()]);
        return false;
      });
      const known = { checkpoints: ["cp_1"], feedback: 2 };
      assertEquals([removed, seen], [false, [[1, known]]]);
      assertEquals((await store.read(ID)).serial, 1);
    },
  ),

  onSession(
    "a session goes with all that belongs to it, and its id is free",
    async (fixture) => {
      const { store } = fixture;
      await store.update(ID, complete("a"));
      assertEquals(await store.remove(ID, ({ serial }) => serial > 2), false);
      assertEquals((await store.read(ID)).serial, 2);
      assertEquals(await store.remove(ID, ({ serial }) => serial === 2), true);
      assertEquals(
        [await store.ids(), await store.meta(ID), await store.version(ID)],
        [[], undefined, undefined],
      );
      assertEquals(await store.remove(ID, () => true), false);
      await store.create(newSession(ID));
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
    },
  ),

  onStore(
    "an update that meets a removal comes before it, or finds no session",
    async ({ store }) => {
      const codes = ["no_such_session", "session_removed"];
      for (const number of numbers(1, 8)) {
        const id = `${ID.slice(0, -1)}${number}`;
        await store.create(newSession(id));
        const update = () =>
          store.update(id, complete("a")).then(({ session }) => session.serial)
            .catch((error) => isOrcError(error) ? error.code : String(error));
        const remove = () => store.remove(id, () => true);
        const acts = number % 2 === 0 ? [update, remove] : [remove, update];
        const answers = await Promise.all(acts.map((act) => act()));
        assert(answers.includes(true), String(answers));
        const updated = answers.find((answer) => answer !== true);
        assert(updated === 2 || codes.includes(String(updated)), `${updated}`);
        assertEquals(await store.ids(), []);
      }
    },
  ),
];
