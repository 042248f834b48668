/** What becomes of updates when the database, or the way to it, fails. */
import { isOrcError } from "../../src/base/error.ts";
import { type Access, Connection } from "../../src/postgres/connection.ts";
import type { StoreContext } from "../../src/session/store.ts";
import { refusalOf } from "../files/temporary.ts";
import {
  complete,
  type ContextOptions,
  noteOf,
  storeContext,
} from "../session/fixtures.ts";
import { newSession } from "../../src/contract/fixtures.ts";
import {
  accessTo,
  type OpenStore,
  openStore,
  programs,
  query,
  type StoreOptions,
  withServer,
} from "./database.ts";
import { type Proxy, startProxy } from "./proxy.ts";
import { freePort, OWNER, type Server, startServer } from "./server.ts";
import { assert, assertEquals } from "@std/assert";

const ID = "01kjtest00000000000000abcd";

interface Opened {
  readonly server: Server;
  readonly proxy: Proxy;
  readonly repo: string;
  open(options?: Partial<StoreOptions>): OpenStore;
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: programs === undefined, fn });
}

let repositories = 0;

/** Events of several stores need ids that differ. */
function contextOf(options: ContextOptions): StoreContext {
  const newId = () => crypto.randomUUID();
  return { ...storeContext(options), idSource: () => Promise.resolve(newId) };
}

/** Runs a test with a session, behind a proxy. */
async function withSession(
  test: (store: OpenStore, opened: Opened) => Promise<void>,
  given?: Server,
): Promise<void> {
  const run = async (server: Server) => {
    const repo = `failing${repositories++}`;
    const proxy = startProxy(server.port);
    const stores: OpenStore[] = [];
    const open = (options: Partial<StoreOptions> = {}) => {
      const firstToken = 1_000_000 * (stores.length + 1);
      const store = openStore({
        ...{ access: accessTo(proxy.port), repo },
        context: contextOf({ firstToken, timeoutMs: 5000 }),
        ...options,
      });
      stores.push(store);
      return store;
    };
    try {
      const store = open();
      await store.upgrade();
      await store.create(newSession(ID));
      await test(store, { server, proxy, repo, open });
    } finally {
      for (const store of stores) await store.close();
      await proxy.close();
    }
  };
  await (given ? run(given) : withServer(run));
}

async function messagesOf(store: OpenStore): Promise<readonly string[]> {
  const batches = await Array.fromAsync(store.events(await store.read(ID)));
  return batches.flatMap(({ events }) => events).map(({ message }) => message)
    .slice(1);
}

test("an update whose answer got lost is acknowledged, and stored once", () =>
  withSession(async (store, { proxy }) => {
    for (const text of ["one", "two", "three"]) {
      proxy.loseAnswer();
      const { session, events } = await store.update(ID, noteOf(text));
      assertEquals(events.map(({ message }) => message), [text]);
      assertEquals((await store.read(ID)).serial, session.serial);
    }
    assertEquals(proxy.lostAnswers(), 3);
    assertEquals(await messagesOf(store), ["one", "two", "three"]);
  }));

test("all else whose answer got lost is done once, too", () =>
  withSession(async (store, { proxy }) => {
    const kept = await store.checkpoints(ID);
    const feedback = await store.feedback(ID);
    const other = `${ID.slice(0, -1)}z`;
    const ids = ["cp_1", "cp_2"];
    const make = () => ({ id: ids.shift() ?? "", text: "{}" });
    const naming = { id: ID, startedAtLocal: "2026-03-01T11:00:00.000" };
    const acts = [
      () => kept.save(make),
      () => feedback.add({ tool: "{}", process: "{}" }),
      () => store.create(newSession(other)),
      () => store.nameSession({ ...naming, said: { name: "Login" } }),
      () => kept.remove(["cp_1"]),
      () => store.remove(other, () => true),
    ];
    for (const act of acts) {
      proxy.loseAnswer();
      assert(await act() !== false);
    }
    assertEquals(proxy.lostAnswers(), acts.length);
    assertEquals(ids, ["cp_2"]);
    assertEquals(await Array.fromAsync(kept.all([])), []);
    assertEquals(await Array.fromAsync(feedback.lines("tool")), ["{}"]);
    assertEquals(await store.ids(), [ID]);
  }));

test("a connection that is cut anywhere loses nothing that was acknowledged, and doubles nothing", () =>
  withSession(async (store, { proxy, open }) => {
    let seed = 7;
    const random = () => (seed = seed * 48_271 % 2_147_483_647);
    proxy.cutAfter(() => 400 + random() % 30_000);
    await store.close();
    const writers = [open(), open(), open()];
    await Promise.all(writers.map(async (writer, number) => {
      for (let count = 0; count < 40; count++) {
        await writer.update(ID, noteOf(`${number} ${count}`));
      }
    }));
    proxy.cutAfter(undefined);
    const messages = await messagesOf(open());
    assertEquals(messages.length, 120);
    assertEquals(new Set(messages).size, 120);
    assert(proxy.cuts() > 10, String(proxy.cuts()));
  }));

test("a server that is killed and comes back is waited for", async () => {
  const server = await startServer();
  try {
    await withSession(async (store, { open }) => {
      const seen: string[] = [];
      const ending = new AbortController();
      const { signal } = ending;
      const session = await store.read(ID);
      const following = (async () => {
        const options = { follow: true, signal };
        for await (const { events } of store.events(session, options)) {
          seen.push(...events.map(({ message }) => message));
        }
      })().catch(() => {});
      const writer = open();
      const updates = [writer.update(ID, noteOf("before"))];
      await updates[0];
      await server.kill();
      updates.push(writer.update(ID, noteOf("while it is gone")));
      await server.start();
      updates.push(writer.update(ID, noteOf("after")));
      await Promise.all(updates);
      const expected = ["before", "while it is gone", "after"];
      assertEquals(await messagesOf(open()), expected);
      while (seen.length < 4) await new Promise((r) => setTimeout(r, 10));
      assertEquals(seen.slice(1), expected);
      ending.abort("enough");
      await following;
    }, server);
  } finally {
    await server.stop();
  }
});

test("who was never connected is told at once that nobody is there", async () => {
  const port = freePort();
  const store = openStore({
    ...{ access: accessTo(port), repo: "nowhere", context: storeContext() },
  });
  const begin = performance.now();
  const { kind, code, message } = await refusalOf(() => store.read(ID));
  assertEquals(`${kind} ${code}`, "external store_unreachable");
  assert(message.includes(`database "postgres" at 127.0.0.1:${port}`), message);
  assert(performance.now() - begin < 2000);
  await store.close();
});

test("who waits in vain for a session is told so, and who is aborted waits no longer", () =>
  withSession(async (_, { server, open, repo }) => {
    const { default: pg } = await import("pg");
    const holder = new pg.Client({
      ...{ host: "127.0.0.1", port: server.port, user: OWNER, password: "-" },
      ...{ database: "postgres", ssl: false },
    });
    await holder.connect();
    try {
      await holder.query("begin");
      await holder.query(
        "select 1 from orc.session where repo = $1 for update",
        [repo],
      );
      const store = open({ context: contextOf({ timeoutMs: 50 }) });
      const { kind, code } = await refusalOf(() =>
        store.update(ID, complete("a"))
      );
      assertEquals(`${kind} ${code}`, "conflict store_busy");
      const patient = open();
      const signal = AbortSignal.timeout(50);
      const begin = performance.now();
      const reason = await patient.update(ID, complete("a"), signal)
        .catch((reason) => reason);
      assertEquals(reason, signal.reason);
      assert(performance.now() - begin < 2000);
      await holder.query("rollback");
      const { session } = await patient.update(ID, complete("a"));
      assertEquals(session.serial, 2);
    } finally {
      await holder.end();
    }
  }));

test("tables of a newer orc are read, and not written; without tables nothing is", () =>
  withSession(async (store, { server, open }) => {
    const set = (version: number) =>
      query(server.port, "update orc.schema_version set version = $1", [
        version,
      ]);
    const [row] = await query(
      server.port,
      "select version from orc.schema_version",
    );
    const known = Number(row?.version);
    try {
      await set(known + 1);
      const newer = open();
      assertEquals((await newer.read(ID)).serial, 1);
      const act = () => newer.update(ID, complete("a"));
      assertEquals((await refusalOf(act)).code, "newer_store");
      assertEquals(await newer.upgrade(), { from: known + 1, to: known + 1 });
      await set(known - 1);
      const older = open();
      assertEquals(
        (await refusalOf(() => older.read(ID))).code,
        "store_not_prepared",
      );
    } finally {
      await set(known);
    }
    // One that was told of a newer orc is told anew.
    assertEquals((await store.update(ID, complete("a"))).session.serial, 2);
    await query(server.port, "create database empty");
    const empty = open({ access: accessTo(server.port, "empty") });
    const { code } = await refusalOf(() => empty.ids());
    assertEquals(code, "store_not_prepared");
  }));

test("who makes the tables at the same time makes them once", () =>
  withServer(async (server) => {
    for (const advisoryLocks of [true, false]) {
      const database = `fresh_${advisoryLocks}`;
      await query(server.port, `create database ${database}`);
      const stores = [1, 2, 3, 4].map(() =>
        openStore({
          access: accessTo(server.port, database),
          ...{ repo: "one", context: storeContext(), advisoryLocks },
        })
      );
      const upgrades = await Promise.all(stores.map((each) => each.upgrade()));
      assertEquals(upgrades.filter(({ from }) => from === 0).length, 1);
      assertEquals(await stores[0]?.ids(), []);
      for (const store of stores) await store.close();
    }
  }));

test("a server that neither tells of changes nor has advisory locks is met as it is", async () => {
  const server = await startServer();
  const port = server.port;
  const store = openStore({
    ...{ access: accessTo(port), repo: "plain", context: contextOf({}) },
  });
  try {
    const lacking = [
      "pg_notify(text, text)",
      "pg_advisory_xact_lock(bigint)",
    ].map((name) =>
      `alter function pg_catalog.${name} rename to
        not_${name.replace(/\(.*/, "")}`
    );
    await query(
      port,
      ["set allow_system_table_mods = on", ...lacking].join("; "),
    );
    await store.upgrade();
    const session = await store.create(newSession(ID));
    const seen: string[] = [];
    const following = (async () => {
      for await (const batch of store.events(session, { follow: true })) {
        seen.push(...batch.events.map(({ message }) => message));
        if (seen.includes("told")) return;
      }
    })();
    await store.update(ID, noteOf("told"));
    await following;
    assertEquals(seen.slice(1), ["told"]);
  } finally {
    await store.close();
    await server.stop();
  }
});

test("a state is compressed by what is fast", () =>
  withSession(async (_, { server }) => {
    const columns = await query(
      server.port,
      `select attcompression from pg_attribute
        where attrelid in ('orc.session'::regclass, 'orc.log'::regclass)
          and attname in ('state', 'line')`,
    );
    assertEquals(columns.map((row) => row.attcompression), ["l", "l"]);
  }));

test("who is not told of changes looks for them", () =>
  withSession(async (store, { open }) => {
    const session = await store.read(ID);
    const silent = open({ notify: false });
    const seen: string[] = [];
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
    for await (
      const { events } of store.events(session, { follow: true, pause })
    ) {
      seen.push(...events.map(({ message }) => message));
      if (seen.length === 4) break;
      await silent.update(ID, noteOf(`${seen.length}`));
    }
    assertEquals(seen.slice(1), ["1", "2", "3"]);
  }));

const ENDINGS = [["close", "0\nclosed\n"], ["leave", "0\n"]] as const;

test("a process ends with its work, whether it closes the store or not", () =>
  withServer(async ({ port }) => {
    for (const [act, said] of ENDINGS) {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "tests/postgres/closer.ts", String(port), act],
      }).output();
      assertEquals([code, new TextDecoder().decode(stdout)], [0, said]);
    }
  }));

test("the clock that limits an answer is the server's", () =>
  withSession(async (store) => {
    let said: string | undefined;
    await store.update(ID, (session, _, clock) => {
      said = clock();
      return noteOf("Timed")(session);
    });
    assert(Math.abs(Date.parse(said ?? "") - Date.now()) < 60_000, said);
  }));

test("lines of other tools are passed over, whatever bytes they hold, and long ones are not held together", () =>
  withSession(async (store, { server, repo }) => {
    const lines = [[0xff, 0xfe, 0], [], [0x7d], ...Array(5).fill("long")];
    let end = await store.logBytes(ID);
    for (const line of lines) {
      const bytes = line === "long"
        ? new TextEncoder().encode(JSON.stringify({
          event_type: "decision",
          workflow_id: (await store.read(ID)).state.workflowId,
          message: "x".repeat(200_000),
        }))
        : new Uint8Array(line);
      await query(
        server.port,
        "insert into orc.log values ($1, $2, $3, null, $4)",
        [repo, ID, end, bytes],
      );
      end += bytes.length + 1;
    }
    await query(
      server.port,
      "update orc.session set log_bytes = $2 where repo = $1",
      [repo, end],
    );
    await store.update(ID, noteOf("behind"));
    for (const backwards of [false, true]) {
      const session = await store.read(ID);
      const batches = await Array.fromAsync(
        store.events(session, { backwards }),
      );
      const events = batches.flatMap((batch) => batch.events);
      assertEquals(events.length, 7);
      assertEquals(events.at(backwards ? 0 : -1)?.message, "behind");
      assert(batches.every((batch) => batch.events.length < 5));
      assertEquals(batches.at(-1)?.done, 1);
      const [warning = ""] = batches.at(-1)?.warnings ?? [];
      assert(/holds 2 lines that are no event/.test(warning), warning);
    }
  }));

/** How the server is reached in ways that need a proof. */
const secured = (port: number, more: Partial<Access>): Access => {
  const { address } = accessTo(port);
  return {
    address: { ...address, host: "localhost", isLocal: false },
    ...more,
  };
};

async function ask(access: Access): Promise<string> {
  const connection = new Connection(access, async () => {});
  try {
    const [row] = await connection.read((sql) =>
      sql("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    );
    return String(row?.ssl);
  } catch (error) {
    if (!isOrcError(error)) throw error;
    assert(!JSON.stringify(error).includes("open sesame"), error.message);
    assert(error.message.includes('database "postgres" at'), error.message);
    return error.code;
  } finally {
    await connection.close();
  }
}

test("what leaves the machine is encrypted, to a server that somebody vouches for, with the right password", async () => {
  const access = [
    "host all all 127.0.0.1/32 scram-sha-256",
    "local all all trust",
  ];
  const server = await startServer({ access });
  try {
    const socket = accessTo(server.port).address;
    const admin = new Connection({
      address: { ...socket, host: server.directory },
    }, async () => {});
    await admin.read((sql) =>
      sql(`alter user ${OWNER} password 'open sesame'`)
    );
    const password = () => Promise.resolve("open sesame");
    const wrong = () => Promise.resolve("open sesame!");
    const plain = accessTo(server.port);
    assertEquals(await ask({ ...plain, password }), "false");
    assertEquals(await ask({ ...plain, password: wrong }), "store_auth");
    assertEquals(await ask(plain), "store_auth");
    assertEquals(await ask(secured(server.port, { password })), "store_tls");
    const ca = await certify(server.directory);
    await admin.read((sql) => sql("alter system set ssl = on"));
    await admin.read((sql) => sql("select pg_reload_conf()"));
    await admin.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(await ask(secured(server.port, { password })), "store_tls");
    assertEquals(await ask(secured(server.port, { password, ca })), "true");
    const named = secured(server.port, { password, ca });
    const misnamed = { ...named.address, host: "127.0.0.1" };
    assertEquals(await ask({ ...named, address: misnamed }), "store_tls");
    assertEquals(
      await ask(secured(server.port, { password: wrong, ca })),
      "store_auth",
    );
  } finally {
    await server.stop();
  }
});

/** Makes a certificate for `localhost`, signed by itself, where the server looks for it. */
async function certify(directory: string): Promise<string> {
  const [key, file] = ["key", "crt"].map((end) =>
    `${directory}/data/server.${end}`
  );
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ...["-keyout", key ?? "", "-out", file ?? ""],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  if (Deno.uid() === 0) {
    const { uid } = Deno.statSync(`${directory}/data`);
    for (const path of [key, file]) Deno.chownSync(path ?? "", uid, uid);
  }
  return Deno.readTextFileSync(file ?? "");
}
