import { OrcError } from "../../src/base/error.ts";
import { encodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { appendEvents, settleLog } from "../../src/session/log.ts";
import { damageCount, readLog } from "../../src/session/log_read.ts";
import { readTree, test, writeTree } from "../files/temporary.ts";
import { eventOf, eventsIn, NOW } from "./fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

function recorded(number: number, serial: number): RecordedEvent {
  return {
    ...eventOf("item_completed", `item${number}`),
    id: `01kjevent${String(number).padStart(17, "0")}`,
    serial,
    at: NOW,
    workflowId: "wf_00c0ffee",
  };
}

function linesOf(events: readonly RecordedEvent[]): string {
  return events.map(encodeLogLine).join("");
}

/** What the Python tool writes: an event without id and serial. */
const PYTHON_LINE = linesOf([{ ...recorded(0, 0), id: "" }]);
const BEFORE = PYTHON_LINE + linesOf([recorded(1, 1)]);
const LAST = [recorded(2, 2), recorded(3, 2)];
const LAST_LINES = linesOf(LAST);

/** Writes a log, settles it, and returns what is in it then. */
function settled(
  directory: string,
  text: string,
  events: readonly RecordedEvent[] = LAST,
): string {
  const path = `${directory}/log.jsonl`;
  Deno.writeTextFileSync(path, text);
  settle(path, events);
  return Deno.readTextFileSync(path);
}

/** Settles a log that no state is compared with. */
function settle(
  path: string,
  lastEvents: readonly RecordedEvent[],
): boolean {
  const nothing = () => {};
  return settleLog(path, {
    lastEvents,
    isDurable: true,
    judge: nothing,
    fence: nothing,
    token: "token",
  });
}

test("appendEvents() adds a line for each event", (directory) => {
  writeTree(directory, { "log.jsonl": BEFORE });
  appendEvents(`${directory}/log.jsonl`, LAST);
  assertEquals(readTree(directory), { "log.jsonl": BEFORE + LAST_LINES });
});

test("appendEvents() makes no log, whose name would not be durable", (directory) => {
  assertThrows(
    () => appendEvents(`${directory}/log.jsonl`, LAST),
    Deno.errors.NotFound,
  );
  assertEquals(readTree(directory), {});
});

test("a session that was copied with hard links does not write into the log of the other", (directory) => {
  const path = `${directory}/log.jsonl`;
  const other = `${directory}/copied.jsonl`;
  Deno.writeTextFileSync(path, BEFORE);
  Deno.chmodSync(path, 0o640);
  Deno.linkSync(path, other);
  settle(path, LAST);
  appendEvents(path, [recorded(4, 3)]);
  assertEquals(Deno.readTextFileSync(other), BEFORE);
  assertEquals(
    Deno.readTextFileSync(path),
    BEFORE + LAST_LINES + linesOf([recorded(4, 3)]),
  );
  const { mode, nlink } = Deno.lstatSync(path);
  assertEquals([(mode ?? 0) & 0o777, nlink], [0o640, 1]);
  // Whoever lost the lock leaves it as it is.
  Deno.removeSync(other);
  Deno.linkSync(path, other);
  const lost = () => {
    throw new Error("lost");
  };
  const settlement = { lastEvents: [], isDurable: true, judge: () => {} };
  assertThrows(
    () => settleLog(path, { ...settlement, fence: lost, token: "t" }),
    Error,
    "lost",
  );
  assertEquals(Deno.lstatSync(path).nlink, 2);
  assertEquals(Object.keys(readTree(directory)).length, 2);
});

test("settleLog() leaves a log that is up to date as it is", (directory) => {
  const path = `${directory}/log.jsonl`;
  for (
    const text of [BEFORE + LAST_LINES, `${BEFORE}${LAST_LINES}broken\n`]
  ) {
    Deno.writeTextFileSync(path, text);
    assertEquals(settle(path, LAST), false);
    assertEquals(Deno.readTextFileSync(path), text);
  }
});

/** Settles a log that was torn: nothing of it goes, and each event is read once, in order. */
function assertRestored(
  directory: string,
  torn: string,
  events: readonly RecordedEvent[] = LAST,
): void {
  const what = `${torn.length} characters`;
  assert(settled(directory, torn, events).startsWith(torn), what);
  const path = `${directory}/log.jsonl`;
  const reading = readLog({ root: directory, path });
  const read = Array.from(reading.events, ({ id }) => id);
  assertEquals(read.slice(-events.length), events.map(({ id }) => id), what);
  assertEquals(new Set(read).size, read.length, what);
  assertEquals(reading.damagedLines(), 0, what);
}

test("settleLog() goes on with a torn line where it broke off", (directory) => {
  for (let cut = 0; cut <= LAST_LINES.length; cut++) {
    const torn = BEFORE + LAST_LINES.slice(0, cut);
    assertEquals(settled(directory, torn), BEFORE + LAST_LINES, `${cut}`);
  }
});

test("settleLog() asks the fence before it writes, and only then", (directory) => {
  const path = `${directory}/log.jsonl`;
  const fence = () => {
    throw new Error("displaced");
  };
  const settlement = { isDurable: true, judge: () => {}, fence, token: "t" };
  for (const text of [BEFORE, `${BEFORE}torn`]) {
    Deno.writeTextFileSync(path, text);
    const act = () => settleLog(path, { ...settlement, lastEvents: LAST });
    assertThrows(act, Error, "displaced");
    assertEquals(Deno.readTextFileSync(path), text);
  }
  Deno.writeTextFileSync(path, BEFORE + LAST_LINES);
  settleLog(path, { ...settlement, lastEvents: LAST });
});

test("settleLog() says whether it made the log anew", (directory) => {
  const path = `${directory}/log.jsonl`;
  writeTree(directory, { "log.jsonl": BEFORE });
  assertEquals(settle(path, LAST), false);
  Deno.removeSync(path);
  assertEquals(settle(path, LAST), true);
  assertEquals(readTree(directory), { "log.jsonl": LAST_LINES });
});

test("settleLog() restores what a power cut left as zeros, however many", (directory) => {
  const firstLine = encodeLogLine(LAST[0] ?? recorded(2, 2)).length;
  for (const count of [1, 1000, 40_000, 300_000]) {
    for (
      const cut of [0, 1, firstLine - 1, firstLine, LAST_LINES.length - 1]
    ) {
      const zeros = "\0".repeat(count);
      assertRestored(directory, BEFORE + LAST_LINES.slice(0, cut) + zeros);
    }
  }
  assertRestored(directory, "\0".repeat(70_000));
});

test("settleLog() restores an event of which zeros took the beginning", (directory) => {
  for (const before of ["", BEFORE]) {
    const line = LAST_LINES.slice(0, LAST_LINES.indexOf("\n") + 1);
    const rest = LAST_LINES.slice(line.length);
    const text = `${before}${"\0".repeat(20)}${line.slice(20)}${rest}`;
    assertEquals(settled(directory, text), text + line);
  }
});

test("settleLog() keeps an unfinished line of somebody else and ends it", (directory) => {
  const fragments = [
    '{"timestamp": "1999',
    '{"tool": "other"',
    PYTHON_LINE.slice(0, -1),
    linesOf([recorded(9, 9)]).slice(0, -20),
    "größer",
    "x".repeat(200_000),
    `${"x".repeat(40_000)}${"\0".repeat(40_000)}`,
  ];
  for (const fragment of fragments) {
    for (const before of [BEFORE, ""]) {
      assertEquals(
        settled(directory, before + fragment),
        `${before}${fragment}\n${LAST_LINES}`,
      );
      assertEquals(
        settled(directory, before + fragment, []),
        `${before}${fragment}\n`,
      );
    }
  }
});

test("settleLog() keeps an unfinished line behind events that are there", (directory) => {
  assertEquals(
    settled(directory, `${BEFORE}${LAST_LINES}torn`),
    `${BEFORE}${LAST_LINES}torn\n`,
  );
});

test("settleLog() does not double events in a log with Windows line ends", (directory) => {
  const text = (BEFORE + LAST_LINES).replaceAll("\n", "\r\n");
  assertEquals(settled(directory, text), text);
  const path = `${directory}/log.jsonl`;
  settled(directory, text.slice(0, -1));
  assertEquals(
    eventsIn(path).filter(({ id }) => id === LAST[1]?.id).length,
    1,
  );
});

test("settleLog() restores an event onto which another tool glued its line", (directory) => {
  for (let torn = 1; torn < 25; torn++) {
    const glued = BEFORE + LAST_LINES.slice(0, -1 - torn) + PYTHON_LINE;
    const text = settled(directory, glued);
    assertEquals(text.slice(0, glued.length), glued);
    const ids = eventsIn(`${directory}/log.jsonl`).map(({ id }) => id);
    for (const { id } of LAST) {
      assertEquals(ids.filter((other) => other === id).length, 1, id);
    }
  }
});

test("settleLog() restores an event that was glued to another tool's torn line", (directory) => {
  const torn = PYTHON_LINE.slice(0, -30);
  const glued = BEFORE + torn + LAST_LINES;
  const text = settled(directory, glued);
  const [first] = LAST;
  assertEquals(text, glued + linesOf(first ? [first] : []));
});

test("settleLog() finds events behind which others have written much", (directory) => {
  const end = LAST_LINES.length;
  for (const blocks of [1, 2, 3, 8]) {
    for (let offset = -80; offset <= 80; offset += 4) {
      const lengthBytes = blocks * 32 * 1024 + offset;
      const foreign = `${"x".repeat(lengthBytes - 1)}\n`;
      const text = BEFORE + LAST_LINES + foreign;
      assertEquals(settled(directory, text).length, text.length);
      const missing = BEFORE + foreign;
      assertEquals(settled(directory, missing).length, missing.length + end);
    }
  }
});

test("settleLog() neither loses nor doubles events that are very long", (directory) => {
  const long = [recorded(2, 2), recorded(3, 2)].map((event) => ({
    ...event,
    details: new Map([["stdout", "x".repeat(150_000)]]),
  }));
  const lines = linesOf(long);
  for (const cut of [0, 1, 100_000, 150_500, 250_000, lines.length - 1]) {
    assertRestored(directory, BEFORE + lines.slice(0, cut), long);
  }
  assertEquals(settled(directory, BEFORE + lines, long), BEFORE + lines);
});

test("settleLog() keeps what begins like a long event and goes on otherwise", (directory) => {
  const stdout = "x".repeat(150_000);
  const long = { ...recorded(2, 2), details: new Map([["stdout", stdout]]) };
  const line = encodeLogLine(long);
  for (const cut of [200, 32 * 1024, 40_000, 100_000]) {
    const fragment = `${line.slice(0, cut)} something else`;
    assertEquals(
      settled(directory, BEFORE + fragment, [long]),
      `${BEFORE}${fragment}\n${line}`,
    );
  }
});

test("settleLog() makes a missing log before there is anything to lose", (directory) => {
  assertEquals(settle(`${directory}/log.jsonl`, []), false);
  assertEquals(readTree(directory), { "log.jsonl": "" });
});

test("settleLog() and appendEvents() refuse a log that is a directory", (directory) => {
  writeTree(directory, { "log.jsonl/file": "x" });
  const before = readTree(directory);
  for (const write of [settle, appendEvents]) {
    const error = assertThrows(
      () => write(`${directory}/log.jsonl`, LAST),
      OrcError,
      "it is not a regular file",
    );
    assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
    assertEquals(readTree(directory), before);
  }
});

type Line = readonly [text: string | undefined, isWhole: boolean];

const CASES: readonly [says: string, lines: readonly Line[], count: number][] =
  [
    ["a whole line", [["abc", true]], 0],
    ["what was torn and written again", [["ab", false], ["abc", true]], 0],
    [
      "what was torn twice",
      [["a", false], ["ab\0\0", false], ["abc", true]],
      0,
    ],
    ["zeros of a power cut", [["\0\0\0", false]], 0],
    ["what goes on otherwise", [["ax", false], ["abc", true]], 1],
    ["what nothing follows", [["ab", false]], 1],
    ["what is no text", [[undefined, false], ["abc", true]], 1],
    [
      "each of several",
      [["x", false], ["a", false], [undefined, false], ["abc", true]],
      2,
    ],
  ];

for (const [says, lines, count] of CASES) {
  Deno.test(`damageCount() counts ${count} for ${says}, read in both directions`, () => {
    const forwards = damageCount("forwards");
    for (const [text, isWhole] of lines) forwards.take(text, isWhole);
    assertEquals(forwards.total(), count);
    const backwards = damageCount("backwards");
    for (const [text, isWhole] of lines.toReversed()) {
      backwards.take(text, isWhole);
    }
    assertEquals(backwards.total(), count);
  });
}
