/** Many real processes on one session: what the store acknowledged is there, exactly once. */
import type { RecordedEvent } from "../../src/engine/event.ts";
import type { StoredSession } from "../../src/session/codec.ts";
import {
  complete,
  completedItems,
  eventsIn,
  namesIn,
  SESSION_ID,
  type StoredFixture,
  withSession,
} from "../session/fixtures.ts";
import { killIfRunning } from "./orc_process.ts";
import { assert, assertEquals } from "@std/assert";

const WORKER = new URL("./worker.ts", import.meta.url).pathname;

/** Who may look into `/proc`, and who may only ask whether a process is there. */
const PERMISSIONS: readonly (readonly string[])[] = [
  ["--allow-all"],
  ["--allow-read", "--allow-write", "--allow-run", "--allow-sys"],
];

/** A process that completes items, and what it said so far. */
class Worker {
  readonly said: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(root: string, items: readonly string[], number: number) {
    const flags = PERMISSIONS[number % PERMISSIONS.length] ?? [];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        ...flags,
        WORKER,
        root,
        SESSION_ID,
        ...items,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** Waits for the next lines; false when there are no more. */
  async listen(): Promise<boolean> {
    const { done, value } = await this.#lines.read();
    const lines = (this.#rest + (value ?? "")).split("\n");
    this.#rest = lines.pop() ?? "";
    this.said.push(...lines);
    return !done;
  }

  async begin(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new Uint8Array([1]));
    await writer.close();
  }

  kill(): void {
    killIfRunning(this.#child);
  }

  /** Waits for the end; returns the items that were acknowledged. */
  async end(): Promise<readonly string[]> {
    while (await this.listen());
    await this.#child.status;
    return this.said.filter((line) => line !== "ready");
  }
}

/** Starts workers and lets them all begin at the same moment. */
async function beginTogether(
  root: string,
  shares: readonly (readonly string[])[],
): Promise<readonly Worker[]> {
  const workers = shares.map((items, number) =>
    new Worker(root, items, number)
  );
  for (const worker of workers) {
    while (worker.said.length === 0 && await worker.listen());
  }
  await Promise.all(workers.map((worker) => worker.begin()));
  return workers;
}

function itemsFor(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}_${index}`);
}

/** Checks that state and log agree, each update is there once, and nothing else is. */
function assertWhole(
  { paths }: StoredFixture,
  { state, serial }: StoredSession,
): void {
  const events = eventsIn(paths.log);
  const logged = events.flatMap(({ itemId }) => itemId ?? []);
  assertEquals(logged.toSorted(), completedItems(state).toSorted());
  assertEquals(
    events.map((event) => event.serial),
    Array.from({ length: serial }, (_, index) => index + 1),
  );
  assertEquals(idsOf(events).size, events.length);
  assertEquals(Deno.readTextFileSync(paths.log).split("\n").length, serial + 1);
  assertEquals(namesIn(paths.directory), [
    "log.jsonl",
    "meta.json",
    "state.json",
  ]);
}

function idsOf(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return new Set(events.map(({ id }) => id));
}

const TIMEOUT_MS = 30_000;

Deno.test("24 processes at once store and log 24 items", () => {
  const shares = itemsFor("item", 24).map((item) => [item]);
  return withSession(async (fixture) => {
    const base = (await fixture.store.read(SESSION_ID)).serial;
    const workers = await beginTogether(fixture.layout.root, shares);
    const said = await Promise.all(workers.map((worker) => worker.end()));
    assertEquals(said, shares);
    const session = await fixture.store.read(SESSION_ID);
    assertEquals(session.serial, base + 24);
    assertEquals(completedItems(session.state).length, 24);
    assertWhole(fixture, session);
  }, { items: shares.flat() });
});

/** Kills a worker in the middle of its work: right after it has named some of its items. */
async function killAfter(worker: Worker, count: number): Promise<void> {
  while (worker.said.length <= count && await worker.listen());
  worker.kill();
}

Deno.test("processes that are killed at any moment lose nothing that was acknowledged", () => {
  const shares = Array.from(
    { length: 40 },
    (_, number) => itemsFor(`worker${number}`, 10),
  );
  return withSession(async (fixture) => {
    const acknowledged: string[] = [];
    for (let first = 0; first < shares.length; first += 8) {
      const group = shares.slice(first, first + 8);
      const workers = await beginTogether(fixture.layout.root, group);
      const killed = workers.filter((_, number) => number % 4 !== 0);
      const deaths = killed.map((worker) =>
        killAfter(worker, Math.floor(Math.random() * 8))
      );
      await Promise.all(deaths);
      for (const worker of workers) acknowledged.push(...await worker.end());
    }
    const { session } = await fixture.store.update(
      SESSION_ID,
      complete("last"),
    );
    const completed = completedItems(session.state);
    const lost = acknowledged.filter((item) => !completed.includes(item));
    assertEquals(lost, []);
    assert(acknowledged.length >= 10 * 10, "some were left to end");
    assert(acknowledged.length < 40 * 10, "some were killed");
    assertWhole(fixture, session);
  }, {
    items: [...shares.flat(), "last"],
    timeoutMs: TIMEOUT_MS,
    livenessOf: ({ pid }) => pid === Deno.pid ? "alive" : "dead",
  });
});

Deno.test("processes that take each other for dead lose no update", () => {
  const shares = Array.from(
    { length: 6 },
    (_, number) => itemsFor(`fool${number}`, 10),
  );
  return withSession(async (fixture) => {
    const workers = await beginTogether(fixture.layout.root, shares);
    const said = await Promise.all(workers.map((worker) => worker.end()));
    assertEquals(said.flat().toSorted(), shares.flat().toSorted());
    const { session } = await fixture.store.update(
      SESSION_ID,
      complete("last"),
    );
    assertEquals(session.serial, 62);
    const completed = completedItems(session.state);
    assertEquals(completed.toSorted(), [...shares.flat(), "last"].toSorted());
    assertEquals(idsOf(eventsIn(fixture.paths.log)).size, 62);
    assertEquals(namesIn(fixture.paths.directory).length, 3);
  }, { items: [...shares.flat(), "last"], timeoutMs: TIMEOUT_MS });
});
