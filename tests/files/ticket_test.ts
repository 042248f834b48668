import { isTicket, noteCrowd, Ticket } from "../../src/files/ticket.ts";
import { namesIn, tokenOf } from "../session/fixtures.ts";
import { readTree, test, writeTree } from "./temporary.ts";
import { assert, assertEquals } from "@std/assert";

const FIRST_MS = Date.parse("2026-03-01T10:00:00.000Z");

/** Who came so many milliseconds after the first. */
function came(afterMs: number, number = afterMs + 1) {
  const at = new Date(FIRST_MS + afterMs).toISOString();
  return { at, token: tokenOf(number) };
}

function nameOf(afterMs: number, number = afterMs + 1): string {
  return `lock.wait.00${FIRST_MS + afterMs}.${tokenOf(number)}.tmp`;
}

/** One that has looked so often that it stands in the line. */
function inLine(directory: string, afterMs: number, number?: number): Ticket {
  const ticket = new Ticket(directory, came(afterMs, number));
  for (let look = 0; look < 3; look++) ticket.isNext(false);
  return ticket;
}

test("Ticket makes no file as long as a lock may only be held for a moment", (directory) => {
  const ticket = new Ticket(directory, came(0));
  for (const isFree of [false, false, true, true]) {
    assert(ticket.isNext(isFree));
  }
  assertEquals(namesIn(directory), []);
  assert(ticket.isNext(false));
  assertEquals(namesIn(directory), [nameOf(0)]);
  ticket.leave();
  assertEquals(namesIn(directory), []);
  ticket.leave();
});

test("Ticket.isNext() is true for who came first, whoever made a ticket first", (directory) => {
  const late = inLine(directory, 7);
  const middle = inLine(directory, 3);
  const twin = inLine(directory, 3, 5);
  const early = inLine(directory, 0);
  assertEquals(namesIn(directory).length, 4);
  assert(early.isNext(true));
  // It was first when it came, and need not ask again.
  assert(late.isNext(true));
  assert(middle.isNext(true));
  assert(!twin.isNext(true));
  middle.leave();
  assert(!twin.isNext(false));
  early.leave();
  assert(twin.isNext(false));
});

test("Ticket.isNext() knows the line, too, where it can make no ticket", (directory) => {
  writeTree(directory, { [`${nameOf(0)}/taken`]: "", [nameOf(1)]: "" });
  assert(inLine(directory, 0).isNext(true));
  writeTree(directory, { [`${nameOf(2)}/taken`]: "" });
  const late = inLine(directory, 2);
  assert(!late.isNext(true));
  late.leave();
  assertEquals(namesIn(directory), [nameOf(0), nameOf(1), nameOf(2)]);
});

test("Ticket.isNext() passes by whoever leaves a free lock alone", (directory) => {
  writeTree(directory, { [nameOf(0)]: "", [nameOf(1)]: "" });
  const ticket = inLine(directory, 2);
  assert(!ticket.isNext(true));
  // It was taken in between: somebody is at work.
  assert(!ticket.isNext(false));
  assert(!ticket.isNext(true));
  assertEquals(namesIn(directory), [nameOf(0), nameOf(1), nameOf(2)]);
  assert(!ticket.isNext(true));
  assertEquals(namesIn(directory), [nameOf(1), nameOf(2)]);
  // Who is passed by once is not waited for again.
  writeTree(directory, { [nameOf(0)]: "" });
  assert(ticket.isNext(true));
  assertEquals(namesIn(directory), [nameOf(0), nameOf(2)]);
});

test("Ticket.isNext() waits for nobody else when another has become the first", (directory) => {
  writeTree(directory, { [nameOf(0)]: "", [nameOf(1)]: "" });
  const ticket = inLine(directory, 2);
  assert(!ticket.isNext(true));
  Deno.removeSync(`${directory}/${nameOf(0)}`);
  assert(!ticket.isNext(true));
  assertEquals(namesIn(directory), [nameOf(1), nameOf(2)]);
});

test("Ticket is made again when it was removed", (directory) => {
  writeTree(directory, { [nameOf(0)]: "" });
  const ticket = inLine(directory, 1);
  Deno.removeSync(`${directory}/${nameOf(1)}`);
  assert(!ticket.isNext(false));
  assertEquals(namesIn(directory), [nameOf(0), nameOf(1)]);
});

test("Ticket takes nothing for a ticket that is none", (directory) => {
  writeTree(directory, {
    "lock.wait.notes": "x",
    [`lock.wait.0.${tokenOf(1)}.tmp`]: "x",
    [`${nameOf(0)}.bak`]: "x",
    [`${nameOf(1)}/file`]: "x",
  });
  const before = readTree(directory);
  const ticket = inLine(directory, 2);
  assert(ticket.isNext(true));
  ticket.leave();
  assertEquals(readTree(directory), before);
});

test("Ticket is taken at once by who knows that others wait, but that a turn may be of more than one update", (directory) => {
  writeTree(directory, { [nameOf(0)]: "" });
  const isLetIn = () => new Ticket(directory, came(1)).isNext(true);
  const turns = Array.from({ length: 14 }, () => {
    noteCrowd(directory, 23);
    return isLetIn();
  });
  // Never twice in a row, and less than half of all: nobody who waits is overtaken for long.
  assert(turns.every((isAgain, index) => !isAgain || !turns[index + 1]));
  const again = turns.filter((isAgain) => isAgain).length;
  assert(again >= 5 && again < 7, String(turns));
  assert(namesIn(directory).includes(nameOf(1)));
  while (!isLetIn()) noteCrowd(directory, 23);
  // Somebody was faster: the right to go first is gone.
  const late = new Ticket(directory, came(2));
  assert(!late.isNext(false));
  late.leave();
  noteCrowd(directory, 0);
  assert(new Ticket(directory, came(3)).isNext(true));
  assertEquals(namesIn(directory), [nameOf(0), nameOf(1)]);
});

test("a turn is the longer the fewer wait", (directory) => {
  writeTree(directory, { [nameOf(0)]: "" });
  const lengths = [1, 4, 12].map((waiting) => {
    let updates = 1;
    for (noteCrowd(directory, waiting);; updates++) {
      if (!new Ticket(directory, came(1)).isNext(true)) break;
      noteCrowd(directory, waiting);
    }
    return updates;
  });
  assertEquals(lengths, [33, 9, 3]);
});

test("Ticket.pauseMs() is shorter for who is next than for those further back", (directory) => {
  const pauses = [0, 1, 2].map((afterMs) =>
    inLine(directory, afterMs).pauseMs(false, 20, 1)
  );
  assertEquals(pauses, [0.75, 10, 20]);
  const last = inLine(directory, 3);
  assertEquals(last.pauseMs(true, 20, 1), 10, "it may be its turn soon");
  assertEquals(last.pauseMs(false, 1e6, 1e6), 75, "nobody sleeps for long");
});

test("isTicket() tells who may still wait from who ended long ago", () => {
  const { at: now } = came(90_000);
  assert(isTicket(nameOf(90_000), now));
  assert(isTicket(nameOf(30_000), now));
  assert(isTicket(nameOf(150_000), now), "clocks differ");
  assert(!isTicket(nameOf(29_999), now));
  assert(!isTicket(nameOf(150_001), now), "a clock was set");
  assert(!isTicket("lock", now));
  assert(!isTicket(`lock.${tokenOf(1)}.tmp`, now));
});
