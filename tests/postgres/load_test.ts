/** What is acknowledged to many processes is stored and logged once, whatever happens to them and to the server. */
import { OrcError } from "../../src/base/error.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { closeStores } from "../../src/repository/store.ts";
import { addNote } from "../../src/work/item.ts";
import { pgbouncer, startBouncer } from "./bouncer.ts";
import { startProxy } from "./proxy.ts";
import {
  acknowledgedTo,
  beginTogether,
  refusing,
  requestsIn,
  type Writer,
} from "./load.ts";
import { type Ask, type Choice, inDatabaseAlone, test } from "./chosen.ts";
import {
  mayMount,
  programs,
  type Server,
  type ServerOptions,
  startServer,
} from "./server.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

/** The numbers that are promised take minutes. */
const isComplete = Deno.env.get("ORC_LOAD") === "all";

const WORKFLOW =
  "name: Tiny\nphases: [{id: DO, name: Do, items: [{id: a, name: A}]}]\n";

interface Loaded {
  readonly root: string;
  readonly session: string;
  readonly env: Choice;
  readonly ask: Ask;
  begin(
    writers: number,
    updates: number,
    env?: Choice,
  ): Promise<readonly Writer[]>;
}

/** A session in a database. */
function inSession(
  run: (loaded: Loaded) => Promise<void>,
  server?: Server,
): Promise<void> {
  return inDatabaseAlone(
    async ({ directory: root, result, write }, env, ask) => {
      await write("workflow.yaml", WORKFLOW);
      const { session } = await result(["start", "Load"]);
      const begin: Loaded["begin"] = (writers, updates, others = {}) =>
        beginTogether(root, {
          ...{ session, writers, updates },
          env: { ...env, ...others },
        });
      await run({ root, session, env, ask, begin });
    },
    server,
  );
}

/** All that was acknowledged is there, and nothing else. */
async function assertStored(
  { root, session, env, ask }: Loaded,
  writers: readonly Writer[],
): Promise<void> {
  const requests = await requestsIn(root, session, env, ask);
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  assertEquals(requests.toSorted(), acknowledged.toSorted());
}

async function assertEndWell(writers: readonly Writer[]): Promise<void> {
  for (const writer of writers) assertEquals(await writer.end(), "");
}

/** Waits until writers were acknowledged so many updates. */
async function untilAcknowledged(
  writers: readonly Writer[],
  count: number,
): Promise<void> {
  while (acknowledgedTo(writers) < count) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const SIZES: readonly (readonly [writers: number, updates: number])[] =
  isComplete ? [[24, 200], [200, 20]] : [[12, 10]];

for (const [writers, updates] of SIZES) {
  test(`${writers} processes with ${updates} updates of one session each are all served`, () =>
    inSession(async (loaded) => {
      const begun = await loaded.begin(writers, updates);
      const startedAtMs = performance.now();
      await assertEndWell(begun);
      const ms = performance.now() - startedAtMs;
      assertEquals(acknowledgedTo(begun), writers * updates);
      await assertStored(loaded, begun);
      if (isComplete) {
        const rate = Math.round(writers * updates / ms * 1000);
        console.log(`${writers} processes: ${rate} updates/s`);
      }
    }));
}

test("24 clients of one process, each with a connection of its own, are all served", () =>
  inSession(async ({ root, session, env, ask }) => {
    const updates = isComplete ? 200 : 10;
    const hosts = Array.from({ length: 24 }, () => ({
      ...denoHost(),
      env: (name: string) => env[name],
    }));
    const stores = hosts.map((host) => openRepository(host, { root }).store);
    await Promise.all(stores.map((store) => store.read(session)));
    const startedAtMs = performance.now();
    await Promise.all(stores.map(async (store, client) => {
      for (let number = 0; number < updates; number++) {
        await store.update(session, refusing(`${client} ${number}`));
      }
    }));
    const ms = performance.now() - startedAtMs;
    for (const host of hosts) await closeStores(host);
    const requests = await requestsIn(root, session, env, ask);
    assertEquals(new Set(requests).size, 24 * updates);
    if (isComplete) {
      const rate = Math.round(24 * updates / ms * 1000);
      console.log(`24 clients of one process: ${rate} updates/s`);
    }
  }));

test("a server that is killed three times while processes write takes nothing from them", async () => {
  const server = await startServer();
  const [writers, updates] = isComplete ? [24, 50] : [6, 20];
  try {
    await inSession(async (loaded) => {
      const begun = await loaded.begin(writers, updates);
      for (const part of [0.2, 0.4, 0.6]) {
        await untilAcknowledged(begun, part * writers * updates);
        await server.kill();
        await server.start();
      }
      await assertEndWell(begun);
      assertEquals(acknowledgedTo(begun), writers * updates);
      await assertStored(loaded, begun);
    }, server);
  } finally {
    await server.stop();
  }
});

test("processes that are killed while they write leave no lock and no half update", () =>
  inSession(async (loaded) => {
    const [writers, updates] = isComplete ? [24, 50] : [6, 30];
    const begun = await loaded.begin(writers, updates);
    const killed = begun.slice(0, writers / 2);
    for (const [index, writer] of killed.entries()) {
      await untilAcknowledged(begun, (index + 1) * updates / 2);
      writer.kill();
    }
    const others = begun.slice(killed.length);
    await assertEndWell(others);
    const ends = await Promise.all(killed.map((writer) => writer.end()));
    assert(ends.some((end) => end.startsWith("SIGKILL")), "none was killed");
    const { root, session, env, ask } = loaded;
    const requests = new Set(await requestsIn(root, session, env, ask));
    for (const { acknowledged } of begun) {
      assertEquals(acknowledged.filter((text) => !requests.has(text)), []);
    }
    // What was stored and not answered for any more: at most one of each that was killed.
    const extra = requests.size - acknowledgedTo(begun);
    assert(extra >= 0 && extra <= killed.length, `${extra} were not asked for`);
    const locks = await ask(
      `select 1 from pg_locks join pg_class on oid = relation
        where relname = 'session' and mode <> 'AccessShareLock'`,
    );
    assertEquals(locks.length, 0);
  }));

test("processes whose connections are cut anywhere lose nothing, and double nothing", async () => {
  const server = await startServer();
  const proxy = startProxy(server.port);
  try {
    await inSession(async (loaded) => {
      const { pathname } = new URL(loaded.env["ORCHESTRATOR_STORE_URL"] ?? "");
      const through = {
        ORCHESTRATOR_STORE_URL:
          `postgres://orc@127.0.0.1:${proxy.port}${pathname}`,
      };
      const [writers, updates] = isComplete ? [24, 50] : [6, 20];
      let seed = 11;
      const random = () => (seed = seed * 48_271 % 2_147_483_647);
      proxy.cutAfter(() => 20_000 + random() % 60_000);
      const begun = await loaded.begin(writers, updates, through);
      await assertEndWell(begun);
      assertEquals(acknowledgedTo(begun), writers * updates);
      await assertStored(loaded, begun);
      assert(proxy.cuts() > 3, `only ${proxy.cuts()} cuts`);
    }, server);
  } finally {
    await proxy.close();
    await server.stop();
  }
});

Deno.test({
  name: "processes that share connections through pgbouncer are all served",
  ignore: programs === undefined || pgbouncer === undefined,
  fn: async () => {
    const server = await startServer();
    const bouncer = await startBouncer(server);
    try {
      await inSession(async (loaded) => {
        const { pathname } = new URL(
          loaded.env["ORCHESTRATOR_STORE_URL"] ?? "",
        );
        const through = {
          ORCHESTRATOR_STORE_URL:
            `postgres://orc@127.0.0.1:${bouncer.port}${pathname}`,
        };
        const [writers, updates] = isComplete ? [200, 6] : [12, 10];
        const begun = await loaded.begin(writers, updates, through);
        await assertEndWell(begun);
        assertEquals(acknowledgedTo(begun), writers * updates);
        await assertStored(loaded, begun);
      }, server);
    } finally {
      await bouncer.stop();
      await server.stop();
    }
  },
});

/** Runs out of room at the server, makes room again, and looks whether all is there that was acknowledged. */
async function assertFullDisk(
  options: ServerOptions,
  expected: RegExp,
  makeRoom: (server: Server, filler: string) => Promise<void>,
): Promise<void> {
  const server = await startServer({
    diskMb: 110,
    settings: ["max_wal_size = 32MB", "min_wal_size = 32MB"],
    ...options,
  });
  const filler = `${server.directory}/filler`;
  try {
    await inSession(async ({ root, session, env, ask }) => {
      const host = { ...denoHost(), env: (name: string) => env[name] };
      const note = (text: string) => addNote(host, { root, session, text });
      await note("with room");
      fill(filler);
      const kept = ["with room"];
      let problem: unknown;
      for (let number = 0; problem === undefined; number++) {
        // It must not get smaller by being compressed.
        const text = `${number} ${randomText(1_900)}`;
        await note(text).then(
          () => kept.push(text),
          (error) => problem = error,
        );
      }
      assert(problem instanceof OrcError, String(problem));
      assertMatch(problem.code, expected);
      await makeRoom(server, filler);
      await note("with room again");
      kept.push("with room again");
      const { store } = openRepository(host, { root });
      const { state: { notes } } = await store.read(session);
      const texts = notes.map(({ text }) => text);
      assertEquals(texts.filter((text) => kept.includes(text)), kept);
      // The one that was refused last may have been stored all the same.
      assert(texts.length - kept.length <= 1);
      await requestsIn(root, session, env, ask);
      await closeStores(host);
    }, server);
  } finally {
    await server.stop();
  }
}

const mayFill = programs !== undefined && mayMount();

Deno.test({
  name:
    "a server whose tables have no room says so, stores nothing half, and goes on once there is room",
  ignore: !mayFill,
  fn: () =>
    assertFullDisk(
      { hasLogElsewhere: true },
      /^disk_full$/,
      // deno-lint-ignore require-await
      async (_, filler) => Deno.removeSync(filler),
    ),
});

Deno.test({
  name:
    "a server that ends since its disk is full has all that it acknowledged, once it was begun again",
  ignore: !mayFill,
  fn: () =>
    assertFullDisk({}, /^(?:disk_full|store_unreachable)$/, async (
      server,
      filler,
    ) => {
      Deno.removeSync(filler);
      await server.kill();
      await server.start();
    }),
});

function fill(path: string): void {
  const file = Deno.openSync(path, { write: true, create: true });
  const zeros = new Uint8Array(65_536);
  try {
    for (;;) file.writeSync(zeros);
  } catch {
    // That is what it is for.
  } finally {
    file.close();
  }
}

function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return bytes.toBase64().slice(0, length);
}
