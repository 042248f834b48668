import { OrcError } from "../../src/base/error.ts";
import { type HeldLock, LockLost, withLock } from "../../src/files/lock.ts";
import { type LockRecord, lookAt } from "../../src/files/lock_record.ts";
import type {
  Liveness,
  ProcessIdentity,
} from "../../src/files/process_identity.ts";
import {
  foreignRecord,
  lockText,
  namesIn,
  NOW,
  OWN_IDENTITY,
  storeContext,
  tokenOf,
} from "../session/fixtures.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
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

Deno.test("withLock() holds a lock that names this process, and gives it back", () =>
  withTemporaryDirectory(async (directory) => {
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
  }));

Deno.test("withLock() gives the lock back when the work fails", () =>
  withTemporaryDirectory(async (directory) => {
    await assertRejects(
      () =>
        withLock(directory, storeContext(), () => {
          throw new TypeError("failed");
        }),
      TypeError,
      "failed",
    );
    assertEquals(namesIn(directory), []);
  }));

Deno.test("withLock() lets one after the other in", () =>
  withTemporaryDirectory(async (directory) => {
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
      return withLock(directory, context, work);
    }));
    assertEquals(runs, 12);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("withLock() waits until the holder gives the lock back", () =>
  withTemporaryDirectory(async (directory) => {
    const { release } = await hold(directory);
    const context = storeContext({ timeoutMs: 10_000, firstToken: 2 });
    const second = withLock(directory, context, (lock) => {
      return Promise.resolve(lock.token);
    });
    await release();
    assertEquals(await second, tokenOf(2));
  }));

Deno.test("withLock() names the holder, the age and the command when time is up", () =>
  withTemporaryDirectory(async (directory) => {
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
  }));

Deno.test("withLock() does not wait at all when it is told so", () =>
  withTemporaryDirectory(async (directory) => {
    const context = storeContext({ timeoutMs: 0 });
    await withLock(directory, context, nothing);
    layLock(directory, { at: "2027-01-01T00:00:00Z" });
    const error = await assertRejects(
      () => withLock(directory, context, nothing),
      OrcError,
    );
    assertStringIncludes(error.message, "Waited 0.0 s");
    assertStringIncludes(error.message, "held for 0 s", "a clock was set back");
  }));

Deno.test("withLock() takes over from the dead at once", () =>
  withTemporaryDirectory(async (directory) => {
    const livenessOf = () => "dead" as const;
    for (const at of [NOW, "2027-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]) {
      layLock(directory, { at, host: "elsewhere" });
      const context = storeContext({ timeoutMs: 0, livenessOf });
      await withLock(directory, context, nothing);
      assertEquals(namesIn(directory), []);
    }
  }));

Deno.test("withLock() asks for the liveness of exactly the holder", () =>
  withTemporaryDirectory(async (directory) => {
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
  }));

interface Waiting {
  readonly name: string;
  readonly lock: string;
  /** Who has claimed the lock in order to remove it. */
  readonly claim?: LockRecord;
  readonly livenessOf?: (holder: ProcessIdentity) => Liveness;
  readonly isTakenOver: boolean;
}

const OLD = "2026-03-01T09:58:59Z";
const unknown = (): Liveness => "unknown";

const WAITING: readonly Waiting[] = [
  { name: "empty", lock: "", isTakenOver: true },
  {
    name: "torn",
    lock: lockText(foreignRecord()).slice(0, 50),
    isTakenOver: true,
  },
  { name: "foreign", lock: '{"pid": 815}\n', isTakenOver: true },
  {
    name: "unknown for long",
    lock: lockText(foreignRecord({ at: OLD })),
    livenessOf: unknown,
    isTakenOver: true,
  },
  {
    name: "unknown since no instant",
    lock: lockText(foreignRecord({ at: "once" })),
    livenessOf: unknown,
    isTakenOver: true,
  },
  {
    name: "unknown, not for long",
    lock: lockText(foreignRecord()),
    livenessOf: unknown,
    isTakenOver: false,
  },
  {
    name: "unknown and of the future",
    lock: lockText(foreignRecord({ at: "2030-01-01T00:00:00Z" })),
    livenessOf: unknown,
    isTakenOver: false,
  },
  {
    name: "unknown on another machine",
    lock: lockText(foreignRecord({ at: OLD, host: "other" })),
    livenessOf: unknown,
    isTakenOver: false,
  },
  {
    name: "unknown on a machine that may be this one",
    lock: lockText(foreignRecord({ at: OLD, host: "" })),
    livenessOf: unknown,
    isTakenOver: true,
  },
  {
    name: "alive for long",
    lock: lockText(foreignRecord({ at: "1970-01-01T00:00:00Z" })),
    isTakenOver: false,
  },
  {
    name: "dead, claimed by an unknown one for long",
    lock: lockText(foreignRecord()),
    claim: foreignRecord({ pid: 99, token: tokenOf(99), at: OLD }),
    livenessOf: ({ pid }) => pid === 99 ? "unknown" : "dead",
    isTakenOver: true,
  },
  {
    name: "dead, claimed by a living one",
    lock: lockText(foreignRecord()),
    claim: foreignRecord({ pid: 99, token: tokenOf(99), at: OLD }),
    livenessOf: ({ pid }) => pid === 99 ? "alive" : "dead",
    isTakenOver: false,
  },
];

Deno.test("withLock() takes over from nobody before its time, and never from the living", () =>
  withTemporaryDirectory(async (directory) => {
    await Promise.all(WAITING.map((waiting) => wait(directory, waiting)));
  }));

async function wait(
  parent: string,
  { name, lock, claim, livenessOf, isTakenOver }: Waiting,
): Promise<void> {
  const directory = `${parent}/${name}`;
  const files = { lock, ...claimFile(claim) };
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

Deno.test("withLock() says that a lock names no holder when time is up", () =>
  withTemporaryDirectory(async (directory) => {
    writeTree(directory, { lock: "not a record" });
    const error = await assertRejects(
      () => withLock(directory, storeContext({ timeoutMs: 0 }), nothing),
      OrcError,
      "which names no holder",
    );
    assertEquals([error.kind, error.code], ["conflict", "lock_unreadable"]);
    assertEquals(readTree(directory), { lock: "not a record" });
  }));

Deno.test("withLock() refuses a directory in the lock's place and leaves it", () =>
  withTemporaryDirectory(async (directory) => {
    const files = { "lock/": "", "lock/file": "x" };
    writeTree(directory, files);
    const error = await assertRejects(
      () => withLock(directory, storeContext(), nothing),
      OrcError,
      "it is a directory and not a regular file",
    );
    assertEquals(error.kind, "corrupt");
    assertEquals(readTree(directory), files);
  }));

Deno.test("withLock() sweeps before the work begins", () =>
  withTemporaryDirectory(async (directory) => {
    writeTree(directory, { [`state.json.${tokenOf(77)}.tmp`]: "x" });
    await withLock(directory, storeContext(), () => {
      assertEquals(namesIn(directory), ["lock"]);
      return nothing();
    });
  }));

Deno.test("withLock() keeps the work's result when the lock cannot be given back", () =>
  withTemporaryDirectory(async (directory) => {
    const result = await withLock(directory, storeContext(), () => {
      Deno.removeSync(`${directory}/lock`);
      Deno.mkdirSync(`${directory}/lock`);
      return Promise.resolve("result");
    });
    assertEquals(result, "result");
    assertEquals(namesIn(directory), ["lock"]);
  }));

Deno.test("withLock() throws when there is no directory", () =>
  withTemporaryDirectory(async (directory) => {
    await assertRejects(
      () => withLock(`${directory}/none`, storeContext(), nothing),
      Deno.errors.NotFound,
    );
  }));

Deno.test("HeldLock.release() leaves the lock of somebody else alone", () =>
  withTemporaryDirectory(async (directory) => {
    for (const lock of [lockText(foreignRecord()), "unreadable"]) {
      await withLock(directory, storeContext(), () => {
        writeTree(directory, { lock });
        return nothing();
      });
      assertEquals(readTree(directory), { lock });
      Deno.removeSync(`${directory}/lock`);
    }
  }));

Deno.test("HeldLock.assertHeld() throws when the lock is not its own any more", () =>
  withTemporaryDirectory(async (directory) => {
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
  }));

Deno.test("HeldLock.isHeld() tells a lock that was taken over from one that is held", () =>
  withTemporaryDirectory(async (directory) => {
    await withLock(directory, storeContext(), (lock) => {
      assertEquals(lock.isHeld(), true);
      Deno.writeTextFileSync(`${directory}/lock`, lockText(foreignRecord()));
      assertEquals(lock.isHeld(), false);
      return Promise.resolve();
    });
  }));
