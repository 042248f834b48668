import { LOCK_NAME } from "../../src/base/layout.ts";
import { lookAt, type Sighting } from "../../src/files/lock_record.ts";
import { type LockTarget, takeOver } from "../../src/files/lock_takeover.ts";
import {
  foreignRecord,
  lockText,
  namesIn,
  tokenOf,
} from "../session/fixtures.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals } from "@std/assert";

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

Deno.test("takeOver() removes the lock and its own claim", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { lock: lockText(DEAD), "state.json": "{}" });
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), true);
    assertEquals(namesIn(directory), ["state.json"]);
  }));

Deno.test("takeOver() removes an unreadable lock", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { lock: "" });
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), true);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("takeOver() leaves a lock that has changed since it was seen", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { lock: lockText(DEAD) });
    const seen = lookAt(`${directory}/lock`);
    for (const text of [lockText(ALIVE), ""]) {
      writeTree(directory, { lock: text });
      assertEquals(takeOver(seen, targetIn(directory)), true);
      assertEquals(readTree(directory), { lock: text });
    }
  }));

Deno.test("takeOver() leaves an unreadable lock that has changed since it was seen", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { lock: "" });
    const seen = lookAt(`${directory}/lock`);
    for (const text of ["x", lockText(ALIVE)]) {
      writeTree(directory, { lock: text });
      assertEquals(takeOver(seen, targetIn(directory)), true);
      assertEquals(readTree(directory), { lock: text });
    }
  }));

Deno.test("takeOver() leaves it to a living process that has claimed the lock", () =>
  withTemporaryDirectory((directory) => {
    const files = {
      lock: lockText(DEAD),
      [claimOf(DEAD.token, 0)]: lockText(ALIVE),
    };
    writeTree(directory, files);
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), false);
    assertEquals(readTree(directory), files);
  }));

Deno.test("takeOver() goes past claims of the dead and removes them too", () =>
  withTemporaryDirectory((directory) => {
    const claims = Array.from(
      { length: 3 },
      (_, index) => [claimOf(DEAD.token, index), lockText(DEAD)],
    );
    writeTree(directory, {
      lock: lockText(DEAD),
      ...Object.fromEntries(claims),
    });
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), true);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("takeOver() stops at a living claim behind a dead one", () =>
  withTemporaryDirectory((directory) => {
    const files = {
      lock: lockText(DEAD),
      [claimOf(DEAD.token, 0)]: lockText(DEAD),
      [claimOf(DEAD.token, 1)]: lockText(ALIVE),
    };
    writeTree(directory, files);
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), false);
    assertEquals(readTree(directory), files);
  }));

Deno.test("takeOver() keeps claims on another lock", () =>
  withTemporaryDirectory((directory) => {
    const other = claimOf(ALIVE.token, 0);
    writeTree(directory, { lock: lockText(DEAD), [other]: lockText(DEAD) });
    takeOver(lookAt(`${directory}/lock`), targetIn(directory));
    assertEquals(namesIn(directory), [other]);
  }));

Deno.test("takeOver() gives up on a lock that thousands have claimed", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { lock: lockText(DEAD) });
    for (let index = 0; index < 1000; index++) {
      const path = `${directory}/${claimOf(DEAD.token, index)}`;
      Deno.writeTextFileSync(path, lockText(DEAD));
    }
    const seen = lookAt(`${directory}/lock`);
    assertEquals(takeOver(seen, targetIn(directory)), false);
    assertEquals(namesIn(directory).length, 1001);
  }));
