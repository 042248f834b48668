import { OrcError } from "../../src/base/error.ts";
import { LOCK_NAME } from "../../src/base/layout.ts";
import {
  type HeldLock,
  LockLost,
  type LockTarget,
  sweep,
  takeOver,
  withLock,
} from "../../src/files/lock.ts";
import {
  type Liveness,
  type LockRecord,
  lookAt,
  type ProcessIdentity,
  publishRecord,
  type Sighting,
} from "../../src/files/lock_record.ts";
import {
  foreignRecord,
  lockText,
  namesIn,
  NOW,
  OWN_IDENTITY,
  storeContext,
  tokenOf,
} from "../session/fixtures.ts";
import { readTree, test, writeTree } from "./temporary.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const nothing = () => Promise.resolve();

function layLock(directory: string, overrides: Partial<LockRecord> = {}): void {
  writeTree(directory, { lock: lockText(foreignRecord(overrides)) });
}

/** Takes a lock and gives it back when `release` is called. */
async function hold(
  directory: string,
): Promise<{ lock: HeldLock; release: () => Promise<void> }> {
  const held = Promise.withResolvers<HeldLock>();
  const end = Promise.withResolvers<void>();
  const whole = withLock(directory, storeContext(), async (lock) => {
    held.resolve(lock);
    await end.promise;
  });
  const release = () => {
    end.resolve();
    return whole;
  };
  return { lock: await held.promise, release };
}

test("withLock() holds a lock that names this process, and gives it back", async (directory) => {
  const result = await withLock(directory, storeContext(), (lock) => {
    assertEquals(lookAt(`${directory}/lock`), {
      kind: "record",
      record: {
        ...OWN_IDENTITY,
        token: tokenOf(1),
        at: NOW,
        purpose: "test",
      },
    });
    assertEquals(lock.token, tokenOf(1));
    return Promise.resolve("result");
  });
  assertEquals(result, "result");
  assertEquals(namesIn(directory), []);
});

test("withLock() gives the lock back when the work fails", async (directory) => {
  await assertRejects(
    () =>
      withLock(directory, storeContext(), () => {
        throw new TypeError("failed");
      }),
    TypeError,
    "failed",
  );
  assertEquals(namesIn(directory), []);
});

test("withLock() lets one after the other in", async (directory) => {
  let inside = 0;
  let runs = 0;
  const work = async () => {
    assertEquals(++inside, 1);
    for (let turn = 0; turn < 5; turn++) await nothing();
    inside--;
    runs++;
  };
  await Promise.all(Array.from({ length: 12 }, (_, index) => {
    const firstToken = 100 * (index + 1);
    const context = storeContext({ firstToken, timeoutMs: 10_000 });
    // Under another name nobody stands in the same line: as if it were another process.
    return withLock(directory + "/.".repeat(index % 4), context, work);
  }));
  assertEquals(runs, 12);
  assertEquals(namesIn(directory), []);
});

test("withLock() refuses nobody because many of one process wait", async (directory) => {
  const order: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, index) => {
    const firstToken = 100 * (index + 1);
    return withLock(
      directory,
      storeContext({ firstToken, timeoutMs: 100 }),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(index);
      },
    );
  }));
  assertEquals(
    order,
    order.toSorted((a, b) => a - b),
    "first come, first served",
  );
  assertEquals(order.length, 20);
});

test("withLock() keeps nobody of one process waiting for a stuck holder longer than the time limit", async (directory) => {
  layLock(directory);
  const startedAtMs = performance.now();
  const refusals = await Promise.all(
    Array.from(
      { length: 20 },
      () =>
        withLock(directory, storeContext({ timeoutMs: 200 }), nothing)
          .catch(({ code }) => code),
    ),
  );
  assertEquals(refusals, Array(20).fill("lock_held"));
  assert(
    performance.now() - startedAtMs < 2_000,
    "and not one after the other",
  );
});

test("withLock() stops waiting when it is aborted, and finishes what has begun", async (directory) => {
  layLock(directory);
  const reason = new Error("the caller went away");
  const end = new AbortController();
  const context = {
    ...storeContext({ timeoutMs: 60_000 }),
    signal: end.signal,
  };
  const waiting = [1, 2].map(() =>
    withLock(directory, context, nothing).catch((error) => error)
  );
  setTimeout(() => end.abort(reason), 20);
  assertEquals(await Promise.all(waiting), [reason, reason]);
  Deno.removeSync(`${directory}/lock`);
  const later = new AbortController();
  const done = await withLock(
    directory,
    { ...storeContext(), signal: later.signal },
    () => {
      later.abort(reason);
      return "done";
    },
  );
  assertEquals(done, "done");
});

test("withLock() names the holder, the age and the command when time is up", async (directory) => {
  layLock(directory);
  const error = await assertRejects(
    () => withLock(directory, storeContext({ timeoutMs: 40 }), nothing),
    OrcError,
  );
  const path = `${directory}/lock`;
  assertEquals([error.kind, error.code], ["conflict", "lock_held"]);
  assertMatch(
    error.message,
    /^Waited 0\.\d s for ".*\/lock": held for 12 s by process 815 on "here" \(complete\)$/,
  );
  assertStringIncludes(error.message, path);
  assertStringIncludes(error.hint ?? "", "process 815");
  assertEquals(error.path, path);
  assertEquals(error.details, {
    pid: 815,
    host: "here",
    lockedAt: "2026-03-01T09:59:48Z",
    purpose: "complete",
    ageMs: 12_000,
  });
  assertEquals(readTree(directory), { lock: lockText(foreignRecord()) });
});

test("withLock() does not wait at all when it is told so", async (directory) => {
  const context = storeContext({ timeoutMs: 0 });
  await withLock(directory, context, nothing);
  layLock(directory, { at: "2027-01-01T00:00:00Z" });
  const error = await assertRejects(
    () => withLock(directory, context, nothing),
    OrcError,
  );
  assertStringIncludes(error.message, "Waited 0.0 s");
  assertStringIncludes(error.message, "held for 0 s", "a clock was set back");
});

test("withLock() ends the waiting when a signal comes, and not only when time is up", async (directory) => {
  layLock(directory, {});
  const caught = new Error("a signal came");
  let looks = 0;
  const throwIfCaught = () => {
    if (++looks === 2) throw caught;
  };
  const context = {
    ...storeContext({ timeoutMs: 2_000 }),
    holdSignals: () => ({ throwIfCaught, release: () => {} }),
  };
  const error = await assertRejects(() =>
    withLock(directory, context, nothing)
  );
  assertEquals(error, caught);
});

test("withLock() takes over from the dead at once", async (directory) => {
  const livenessOf = () => "dead" as const;
  for (const at of [NOW, "2027-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]) {
    layLock(directory, { at, host: "elsewhere" });
    const context = storeContext({ timeoutMs: 0, livenessOf });
    await withLock(directory, context, nothing);
    assertEquals(namesIn(directory), []);
  }
});

test("withLock() asks for the liveness of exactly the holder", async (directory) => {
  layLock(directory);
  const asked: unknown[] = [];
  const context = {
    ...storeContext({ timeoutMs: 0 }),
    livenessOf: (holder: unknown, lockedAt: string) => {
      asked.push(holder, lockedAt);
      return "dead" as const;
    },
  };
  await withLock(directory, context, nothing);
  assertEquals(asked, [foreignRecord(), "2026-03-01T09:59:48Z"]);
});

interface Waiting {
  readonly name: string;
  /** The holder, or what stands there instead of a record. */
  readonly lock: string | Partial<LockRecord>;
  /** Who has claimed the lock in order to remove it. */
  readonly claim?: LockRecord;
  readonly livenessOf?: (holder: ProcessIdentity) => Liveness;
}

const OLD = "2026-03-01T09:58:59Z";
const LONG_AGO = "1970-01-01T00:00:00Z";
const CLAIMING = foreignRecord({ pid: 99, token: tokenOf(99), at: OLD });

const unknown = (): Liveness => "unknown";

/** A dead holder, and another process. */
const claimedBy = (claiming: Liveness): Partial<Waiting> => ({
  claim: CLAIMING,
  livenessOf: ({ pid }) => pid === CLAIMING.pid ? claiming : "dead",
});

const TAKEN: readonly Waiting[] = [
  { name: "empty", lock: "" },
  { name: "torn", lock: lockText(foreignRecord()).slice(0, 50) },
  { name: "foreign", lock: '{"pid": 815}\n' },
  { name: "unknown for long", lock: { at: OLD }, livenessOf: unknown },
  { name: "unknown since no instant", lock: { at: "x" }, livenessOf: unknown },
  {
    name: "unknown on a machine that may be this one",
    lock: { at: OLD, boot: "", host: "" },
    livenessOf: unknown,
  },
  {
    name: "unknown in a container of this machine",
    lock: { at: OLD, host: "box", namespace: "pid:[2]" },
    livenessOf: unknown,
  },
  {
    name: "claimed by an unknown one for long",
    lock: {},
    ...claimedBy("unknown"),
  },
];

const LEFT: readonly Waiting[] = [
  { name: "unknown, not for long", lock: {}, livenessOf: unknown },
  {
    name: "unknown and of the future",
    lock: { at: "2030-01-01T00:00:00Z" },
    livenessOf: unknown,
  },
  {
    name: "unknown on another machine",
    lock: { at: OLD, boot: "", host: "other" },
    livenessOf: unknown,
  },
  {
    name: "unknown on another machine of the same name",
    lock: { at: OLD, boot: "b1" },
    livenessOf: unknown,
  },
  { name: "alive for long", lock: { at: LONG_AGO } },
  { name: "claimed by a living one", lock: {}, ...claimedBy("alive") },
];

test("withLock() takes over from nobody before its time, and never from the living", async (directory) => {
  await Promise.all([
    ...TAKEN.map((waiting) => wait(directory, waiting, true)),
    ...LEFT.map((waiting) => wait(directory, waiting, false)),
  ]);
});

async function wait(
  parent: string,
  { name, lock, claim, livenessOf }: Waiting,
  isTakenOver: boolean,
): Promise<void> {
  const directory = `${parent}/${name}`;
  const text = typeof lock === "string" ? lock : lockText(foreignRecord(lock));
  const files = { lock: text, ...claimFile(claim) };
  writeTree(directory, files);
  // Longer than any grace time: who is left alone for so long is so for good.
  const context = storeContext({ timeoutMs: 2_300, livenessOf });
  const startedAtMs = performance.now();
  const refusal = await withLock(directory, context, nothing).catch((error) => {
    assert(error instanceof OrcError && error.kind === "conflict", error);
    return error;
  });
  assertEquals(refusal === undefined, isTakenOver, name);
  assert(performance.now() - startedAtMs >= 2_000, name);
  assertEquals(readTree(directory), isTakenOver ? {} : files, name);
}

function claimFile(claim: LockRecord | undefined): Record<string, string> {
  const { token } = foreignRecord();
  return claim ? { [`lock.break.${token}.0`]: lockText(claim) } : {};
}

test("withLock() says that a lock names no holder when time is up", async (directory) => {
  writeTree(directory, { lock: "not a record" });
  const error = await assertRejects(
    () => withLock(directory, storeContext({ timeoutMs: 0 }), nothing),
    OrcError,
    "which names no holder",
  );
  assertEquals([error.kind, error.code], ["conflict", "lock_unreadable"]);
  assertEquals(readTree(directory), { lock: "not a record" });
});

test("withLock() gives the lock back where the clock fails once it is held", async (directory) => {
  const context = storeContext();
  const times = [NOW];
  const now = () => {
    const time = times.pop();
    if (time === undefined) throw new Error("no clock");
    return time;
  };
  await assertRejects(
    () => withLock(directory, { ...context, now }, nothing),
    Error,
    "no clock",
  );
  assertEquals(namesIn(directory), []);
});

test("withLock() sweeps before the work begins", async (directory) => {
  writeTree(directory, { [`state.json.${tokenOf(77)}.tmp`]: "x" });
  await withLock(directory, storeContext(), () => {
    assertEquals(namesIn(directory), ["lock"]);
    return nothing();
  });
});

/** What another process that wants the lock left beside it, so many milliseconds ago. */
function ticketName(agoMs: number): string {
  return `lock.wait.00${Date.parse(NOW) - agoMs}.${tokenOf(0xf00)}.tmp`;
}

test("withLock() lets others go first that waited when it had the lock before, but not for ever", async (directory) => {
  const ticket = ticketName(1);
  writeTree(directory, { [ticket]: "" });
  const context = storeContext({ timeoutMs: 10_000 });
  const names = () => Promise.resolve(namesIn(directory));
  assertEquals(await withLock(directory, context, names), ["lock", ticket]);
  // At the end of its turn it looks twice whether somebody takes the lock, and nobody does.
  for (let update = 0; update < 32; update++) {
    assertEquals(await withLock(directory, context, names), ["lock", ticket]);
  }
  assertEquals(await withLock(directory, context, names), ["lock"]);
  assertEquals(namesIn(directory), []);
});

test("withLock() takes a free lock when time is up, whoever came first", async (directory) => {
  writeTree(directory, { [ticketName(1)]: "" });
  const context = storeContext({ timeoutMs: 0 });
  for (let update = 0; update < 40; update++) {
    await withLock(directory, context, nothing);
  }
  assertEquals(namesIn(directory), [ticketName(1)]);
});

test("withLock() sweeps the tickets of processes that ended long ago", async (directory) => {
  writeTree(directory, { [ticketName(61_000)]: "" });
  await withLock(directory, storeContext(), nothing);
  assertEquals(namesIn(directory), []);
});

test("withLock() leaves no ticket when it waited in vain", async (directory) => {
  layLock(directory);
  const before = readTree(directory);
  await assertRejects(
    () => withLock(directory, storeContext({ timeoutMs: 60 }), nothing),
    OrcError,
    "held for",
  );
  assertEquals(readTree(directory), before);
});

test("withLock() keeps the work's result when the lock cannot be given back", async (directory) => {
  const result = await withLock(directory, storeContext(), () => {
    Deno.removeSync(`${directory}/lock`);
    Deno.mkdirSync(`${directory}/lock`);
    return Promise.resolve("result");
  });
  assertEquals(result, "result");
  assertEquals(namesIn(directory), ["lock"]);
});

test("HeldLock.release() leaves the lock of somebody else alone", async (directory) => {
  for (const lock of [lockText(foreignRecord()), "unreadable"]) {
    await withLock(directory, storeContext(), () => {
      writeTree(directory, { lock });
      return nothing();
    });
    assertEquals(readTree(directory), { lock });
    Deno.removeSync(`${directory}/lock`);
  }
});

test("HeldLock.assertHeld() throws when the lock is not its own any more", async (directory) => {
  const { lock, release } = await hold(directory);
  lock.assertHeld();
  const path = `${directory}/lock`;
  const own = Deno.readTextFileSync(path);
  for (const text of [lockText(foreignRecord()), "", own.slice(0, -5)]) {
    writeTree(directory, { lock: text });
    assertThrows(() => lock.assertHeld(), LockLost);
  }
  Deno.removeSync(path);
  const error = assertThrows(() => lock.assertHeld(), LockLost);
  assertEquals([error.kind, error.code], ["conflict", "lock_lost"]);
  await release();
});

const record = foreignRecord();

test("whoever wants, publishes or sweeps throws as it is that there is no directory", async (directory) => {
  const none = `${directory}/none`;
  const { NotFound } = Deno.errors;
  await assertRejects(() => withLock(none, storeContext(), nothing), NotFound);
  assertThrows(() => publishRecord(none, "lock", record), NotFound);
  assertThrows(() => sweep(none, OWN, NOW), NotFound);
});

const OWN = tokenOf(1);
const FOREIGN = tokenOf(2);

test("sweep() removes what others staged and claimed", (directory) => {
  writeTree(directory, {
    [`state.json.${FOREIGN}.tmp`]: "{",
    [`current.${tokenOf(3)}.tmp`]: "x",
    [`lock.${FOREIGN}.tmp`]: "",
    [`lock.break.${FOREIGN}.0`]: "x",
    [`lock.break.x12-1700000000000-0.7`]: "x",
    [`.new-${FOREIGN}/state.json`]: "{",
    [`.new-${FOREIGN}/deep/er`]: "",
  });
  sweep(directory, OWN, NOW);
  assertEquals(namesIn(directory), []);
});

test("sweep() keeps what its own holder made and what it does not know", (directory) => {
  const files = {
    [`state.json.${OWN}.tmp`]: "{",
    [`lock.break.${OWN}.0`]: "x",
    lock: "x",
    "state.json": "{}",
    "state.tmp": "the Python tool's",
    "notes.tmp": "a user's",
    [`notes.${FOREIGN.slice(1)}.tmp`]: "a digit less",
    [`notes.${FOREIGN}.tmp.bak`]: "more behind",
    [`notes.${FOREIGN.replace("2", "G")}.tmp`]: "no hex",
    [`${FOREIGN}.tmp`]: "no name before",
    [`x.new-${FOREIGN}`]: "",
    "lock.break.": "",
    "lock.breaking.x.0": "",
  };
  writeTree(directory, files);
  writeTree(directory, {
    [`.new-${OWN}/`]: "",
    [`.new-${FOREIGN}.d/`]: "",
    [`sub/state.json.${FOREIGN}.tmp`]: "deeper",
  });
  const before = readTree(directory);
  sweep(directory, OWN, NOW);
  assertEquals(readTree(directory), before);
});

test("sweep() keeps a directory where a file is expected, and the other way round", (directory) => {
  writeTree(directory, {
    [`state.json.${FOREIGN}.tmp/user`]: "x",
    [`lock.break.${FOREIGN}.0/`]: "",
    [`.new-${FOREIGN}`]: "a file",
  });
  const before = readTree(directory);
  sweep(directory, OWN, NOW);
  assertEquals(readTree(directory), before);
});

const DEAD = foreignRecord({ pid: 1001, token: tokenOf(1001) });
const ALIVE = foreignRecord({ pid: 2002, token: tokenOf(2002) });

function targetIn(directory: string): LockTarget {
  return {
    directory,
    record: foreignRecord({ pid: 1, token: tokenOf(1) }),
    isAbandoned: (seen: Sighting) =>
      seen.kind === "record" && seen.record.pid === DEAD.pid,
  };
}

function claimOf(token: string, index: number): string {
  return `${LOCK_NAME}.break.${token}.${index}`;
}

const CLAIM = claimOf(DEAD.token, 0);
const OTHER_CLAIM = claimOf(ALIVE.token, 0);

/** Names that are left beside a lock whose holder is dead, or all that were there. */
const TAKEN_OVER: readonly [
  does: string,
  files: Readonly<Record<string, string>>,
  left: readonly string[] | "all",
][] = [
  ["removes the lock and its own claim", { "state.json": "{}" }, [
    "state.json",
  ]],
  ["removes an unreadable lock", { lock: "" }, []],
  ["leaves it to a living process that has claimed the lock", {
    [CLAIM]: lockText(ALIVE),
  }, "all"],
  ["goes past claims of the dead and removes them too", {
    [CLAIM]: lockText(DEAD),
    [claimOf(DEAD.token, 1)]: lockText(DEAD),
    [claimOf(DEAD.token, 2)]: lockText(DEAD),
  }, []],
  ["stops at a living claim behind a dead one", {
    [CLAIM]: lockText(DEAD),
    [claimOf(DEAD.token, 1)]: lockText(ALIVE),
  }, "all"],
  ["keeps claims on another lock", { [OTHER_CLAIM]: lockText(DEAD) }, [
    OTHER_CLAIM,
  ]],
];

for (const [does, others, left] of TAKEN_OVER) {
  test(`takeOver() ${does}`, (directory) => {
    const files = { lock: lockText(DEAD), ...others };
    writeTree(directory, files);
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), left !== "all");
    if (left === "all") assertEquals(readTree(directory), files);
    else assertEquals(namesIn(directory), left);
  });
}

test("takeOver() leaves a lock that has changed since it was seen", (directory) => {
  const changes = {
    [lockText(DEAD)]: [lockText(ALIVE), ""],
    "": ["x", lockText(ALIVE)],
  };
  for (const [old, texts] of Object.entries(changes)) {
    writeTree(directory, { lock: old });
    const seen = lookAt(`${directory}/lock`);
    for (const text of texts) {
      writeTree(directory, { lock: text });
      assertEquals(takeOver(seen, targetIn(directory)), true);
      assertEquals(readTree(directory), { lock: text });
    }
  }
});

test("takeOver() gives up on a lock that thousands have claimed", (directory) => {
  writeTree(directory, { lock: lockText(DEAD) });
  for (let index = 0; index < 1000; index++) {
    const path = `${directory}/${claimOf(DEAD.token, index)}`;
    Deno.writeTextFileSync(path, lockText(DEAD));
  }
  const seen = lookAt(`${directory}/lock`);
  assertEquals(takeOver(seen, targetIn(directory)), false);
  assertEquals(namesIn(directory).length, 1001);
});
