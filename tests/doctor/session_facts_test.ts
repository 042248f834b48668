import { MAX_CHECKED_LOG_BYTES } from "../../src/base/limits.ts";
import { checkLog } from "../../src/doctor/session_facts.ts";
import { noteOf, SESSION_ID, withSession } from "../session/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("checkLog() finds a log of three updates whole", () =>
  withSession(async ({ layout, paths, store }) => {
    await store.update(SESSION_ID, noteOf("one"));
    await store.update(SESSION_ID, noteOf("two"));
    const facts = checkLog(layout.root, paths.log);
    const { lastSerial, isTorn, recentIds } = facts;
    assertEquals([lastSerial, isTorn, recentIds.size], [3, false, 3]);
    const counts = [facts.damaged, facts.repeated, facts.gaps];
    assertEquals(counts.map(({ count }) => count), [0, 0, 0]);
  }));

Deno.test("checkLog() says when there is none", () =>
  withSession(({ layout, paths }) => {
    Deno.removeSync(paths.log);
    const facts = checkLog(layout.root, paths.log);
    assertEquals([facts.isThere, facts.trouble], [false, null]);
  }));

Deno.test("checkLog() takes what was torn and written again for no damage", () =>
  withSession(({ layout, paths }) => {
    const line = Deno.readTextFileSync(paths.log);
    const torn = `${line.slice(0, 20)}\n${line.slice(0, 30)}\0\0\n\0\0\n`;
    Deno.writeTextFileSync(paths.log, `${torn}${line}{"other\n${line}`);
    const { damaged, repeated } = checkLog(layout.root, paths.log);
    assertEquals(damaged.numbers, [5]);
    assertEquals(repeated.numbers, [6]);
  }));

Deno.test("checkLog() finds updates that are missing, and none that only stand later", () =>
  withSession(({ layout, paths }) => {
    const line = Deno.readTextFileSync(paths.log);
    const lines = [1, 2, 5, 3, 8].map((serial) =>
      line.replace('"serial": 1', `"serial": ${serial}`)
        .replace(/"id": "[^"]+"/, `"id": "e${serial}"`)
    );
    Deno.writeTextFileSync(paths.log, lines.join(""));
    const { gaps, lastSerial } = checkLog(layout.root, paths.log);
    assertEquals([gaps.numbers, lastSerial], [[4, 6, 7], 8]);
  }));

Deno.test("checkLog() keeps the first few of many damaged lines, and counts all", () =>
  withSession(({ layout, paths }) => {
    Deno.writeTextFileSync(paths.log, "{\n".repeat(1000));
    const { damaged } = checkLog(layout.root, paths.log);
    assertEquals([damaged.count, damaged.numbers.length], [1000, 20]);
  }));

Deno.test("checkLog() reads only the end of a long log, from the first whole line on", () =>
  withSession(({ layout, paths }) => {
    const event = Deno.readTextFileSync(paths.log);
    const file = Deno.openSync(paths.log, { write: true });
    file.truncateSync(5 * 1024 ** 3);
    file.seekSync(0, 2);
    file.writeSync(new TextEncoder().encode(`\n${event}{\n`));
    file.close();
    const facts = checkLog(layout.root, paths.log);
    assert(facts.fromByte > 5 * 1024 ** 3 - MAX_CHECKED_LOG_BYTES);
    assertEquals([facts.lastSerial, facts.damaged.numbers], [1, [3]]);
  }));
