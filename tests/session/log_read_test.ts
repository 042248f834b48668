import { MAX_LOG_LINE_BYTES } from "../../src/base/limits.ts";
import { encodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { type Line, linesBackwards, linesFrom } from "../../src/session/log.ts";
import {
  type LogReading,
  type LogReadOptions,
  type LogSource,
  readLog,
  readLogBackwards,
  repeatFilter,
} from "../../src/session/log_read.ts";
import { codeOf, test, withTemporaryDirectory } from "../files/temporary.ts";
import { recorded } from "../history/log_events.ts";
import { assert, assertEquals } from "@std/assert";

/** The lines of a file, read by either function. */
async function textLinesOf(
  content: string | Uint8Array,
  read: (file: Deno.FsFile) => Iterable<Line>,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  await withTemporaryDirectory((directory) => {
    const path = `${directory}/log`;
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    Deno.writeFileSync(path, bytes);
    using file = Deno.openSync(path);
    lines.push(...read(file));
  });
  return lines;
}

const forwards = (file: Deno.FsFile) => linesFrom(file, 0);

const FILES: readonly string[] = [
  "",
  "\n",
  "a",
  "a\n",
  "a\nb",
  "\n\na\n\n",
  "größer\n日本\n",
  `${"x".repeat(65_535)}\ny\n`,
  `${"x".repeat(65_536)}\ny`,
  `a\n${"x".repeat(200_000)}\nb\n`,
  "line of some length\n".repeat(10_000),
];

Deno.test("linesFrom() and linesBackwards() cut a file into the same lines", async () => {
  for (const content of FILES) {
    const lines = await textLinesOf(content, forwards);
    const shown = content.slice(0, 20);
    const texts = lines.map(({ text, isEnded }) =>
      isEnded ? `${text}\n` : text
    );
    assertEquals(texts.join(""), content, shown);
    const ends = lines.map(({ endBytes }) => endBytes);
    assertEquals(
      lines.map(({ startBytes }) => startBytes),
      [0, ...ends].slice(0, lines.length),
      shown,
    );
    const backwards = await textLinesOf(content, linesBackwards);
    assertEquals(backwards.toReversed(), lines, shown);
  }
});

Deno.test("linesFrom() begins where it is told to", async () => {
  const lines = await textLinesOf(
    "one\ntwo\nthree\n",
    (file) => linesFrom(file, 4),
  );
  assertEquals(lines.map(({ text }) => text), ["two", "three"]);
  assertEquals(lines.at(-1)?.endBytes, 14);
});

Deno.test("linesFrom() and linesBackwards() give no text for a line that is not UTF-8 or too long", async () => {
  const long = new Uint8Array(MAX_LOG_LINE_BYTES + 1).fill(0x78);
  const bytes = new Uint8Array([0x61, 0x0a, 0xff, 0xfe, 0x0a, ...[0x62, 0x0a]]);
  const content = new Uint8Array(bytes.length + long.length + 3);
  content.set(bytes);
  content.set(long, bytes.length);
  content.set([0x0a, 0x63, 0x0a], bytes.length + long.length);
  const expected = ["a", undefined, "b", undefined, "c"];
  const lines = await textLinesOf(content, forwards);
  assertEquals(lines.map(({ text }) => text), expected);
  const backwards = await textLinesOf(content, linesBackwards);
  assertEquals(backwards.map(({ text }) => text), expected.toReversed());
});

function event(number: number, workflowId = "wf_00c0ffee"): RecordedEvent {
  const id = `01kj${String(number).padStart(22, "0")}`;
  return recorded("note_added", {
    id,
    serial: number,
    workflowId,
    message: String(number),
  });
}

function linesOf(...events: readonly RecordedEvent[]): string {
  return events.map(encodeLogLine).join("");
}

/** Runs a test on a log with this content. */
function withLog(
  content: string,
  test: (source: LogSource) => void,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    const path = `${root}/log.jsonl`;
    Deno.writeTextFileSync(path, content);
    test({ root, path });
  });
}

function messagesIn({ events }: LogReading): readonly string[] {
  return Array.from(events, ({ message }) => message);
}

/** Reads a log in both directions, which must find the same. */
function assertRead(
  source: LogSource,
  messages: readonly string[],
  damagedLines: number,
): void {
  for (const read of [readLog, readLogBackwards]) {
    const reading = read(source);
    const found = messagesIn(reading);
    const inOrder = read === readLog ? found : found.toReversed();
    assertEquals(inOrder, messages, read.name);
    assertEquals(reading.damagedLines(), damagedLines, read.name);
  }
}

Deno.test("readLog() reads around what is torn, damaged or blank, and counts it", () => {
  const torn = linesOf(event(2)).slice(0, -20);
  const content = [
    linesOf(event(1)),
    `${torn}\n`,
    "\n  \r\n",
    '{"event_type": "x"}\n',
    "[]\n",
    `${"[".repeat(200)}${"]".repeat(200)}\n`,
    "\0\0\0\n",
    linesOf(event(3)),
    torn,
  ].join("");
  return withLog(content, (source) => assertRead(source, ["1", "3"], 5));
});

Deno.test("readLog() does not count what was torn and written again", () => {
  const again = linesOf(event(2));
  const content = [
    linesOf(event(1)),
    `${again.slice(0, 30)}\n`,
    `${again.slice(0, -20)}\0\0\n`,
    again,
    linesOf(event(3)),
  ].join("");
  return withLog(content, (source) => assertRead(source, ["1", "2", "3"], 0));
});

Deno.test("readLog() reads a whole event that only lacks its line end", () =>
  withLog(linesOf(event(1), event(2)).trimEnd(), (source) => {
    assertRead(source, ["1", "2"], 0);
  }));

Deno.test("readLog() takes no other workflow's events, and those are no damage", () =>
  withLog(linesOf(event(1), event(2, "wf_other"), event(3)), (source) => {
    assertRead({ ...source, workflowId: "wf_00c0ffee" }, ["1", "3"], 0);
    assertRead(source, ["1", "2", "3"], 0);
  }));

Deno.test("readLog() gives what was written twice once", () => {
  const python = recorded("item_completed", { message: "python" });
  const content = linesOf(event(1), event(2), python, event(2), python);
  return withLog(content, (source) => {
    assertEquals(messagesIn(readLog(source)), ["1", "2", "python", "python"]);
    assertEquals(
      messagesIn(readLogBackwards(source)),
      ["python", "2", "python", "1"],
    );
  });
});

Deno.test("readLog() adds the last update's events that a crash kept out of the log", () => {
  const lastEvents = [
    { ...event(2), message: "2a" },
    { ...event(3), serial: 2, message: "2b" },
  ];
  const [first] = lastEvents;
  assert(first);
  return withLog(linesOf(event(1), first), (source) => {
    assertRead({ ...source, lastEvents }, ["1", "2a", "2b"], 0);
    const absent = { ...source, path: `${source.root}/none`, lastEvents };
    assertRead(absent, ["2a", "2b"], 0);
  });
});

Deno.test("readLog() does not take the last update's events for newer than another tool's", () => {
  const lastEvents = [event(1), event(2)];
  const python = recorded("item_completed", { message: "python" });
  const events = [...lastEvents, ...Array(500).fill(python)];
  return withLog(linesOf(...events), (source) => {
    const messages = events.map(({ message }) => message);
    assertRead({ ...source, lastEvents }, messages, 0);
  });
});

Deno.test("readLog() knows the last events however many there are", () => {
  const lastEvents = Array.from({ length: 500 }, (_, number) => event(number));
  return withLog(linesOf(...lastEvents), (source) => {
    const messages = lastEvents.map(({ message }) => message);
    assertRead({ ...source, lastEvents }, messages, 0);
  });
});

Deno.test("readLog() goes on where it was left, and leaves an unfinished line for later", () => {
  const [one, two, three] = [1, 2, 3].map((number) => linesOf(event(number)));
  assert(one && two && three);
  return withLog(one + two.slice(0, 50), (source) => {
    const isRepeat = repeatFilter();
    const read = (options: LogReadOptions) =>
      readLog(source, { ...options, isGrowing: true, isRepeat });
    const first = read({});
    assertEquals(messagesIn(first), ["1"]);
    assertEquals(first.endBytes(), one.length);
    Deno.writeTextFileSync(source.path, two.slice(50) + three, {
      append: true,
    });
    const second = read({ startBytes: first.endBytes() });
    assertEquals(messagesIn(second), ["2", "3"]);
    assertEquals(second.endBytes(), second.sizeBytes());
    assertEquals([first, second].map((each) => each.damagedLines()), [0, 0]);
  });
});

Deno.test("readLogBackwards() tells where a later reading goes on, however little was taken", () => {
  const whole = linesOf(event(1), event(2));
  return withLog(whole + linesOf(event(3)).trimEnd(), (source) => {
    const reading = readLogBackwards(source);
    for (const { message } of reading.events) {
      assertEquals(message, "3");
      break;
    }
    assertEquals(reading.endBytes(), whole.length);
  });
});

test("readLog() refuses what is no regular file", async (root) => {
  Deno.mkdirSync(`${root}/log.jsonl`);
  const source = { root, path: `${root}/log.jsonl` };
  assertEquals(
    await codeOf(() => messagesIn(readLog(source))),
    "corrupt not_a_regular_file",
  );
});

Deno.test("readLog() closes the file when the loop is left", () =>
  withLog(linesOf(event(1), event(2)), (source) => {
    for (const { message } of readLog(source).events) {
      assertEquals(message, "1");
      break;
    }
  }));

Deno.test("repeatFilter() finds what was written twice, in either direction", () => {
  const log = ["a", "b", "c", "b", "c", "d"];
  const verdicts = log.map(repeatFilter());
  assertEquals(verdicts, [false, false, false, true, true, false]);
  const backwards = log.toReversed().map(repeatFilter());
  assertEquals(backwards, [false, false, false, true, true, false]);
});

Deno.test("repeatFilter() takes events without an id for different ones", () => {
  const verdicts = ["", "", "a", ...Array(1000).fill(""), "a"]
    .map(repeatFilter());
  assertEquals(verdicts.filter((isRepeat) => isRepeat).length, 1);
  assertEquals(verdicts.at(-1), true);
});

Deno.test("repeatFilter() knows what it is told at the beginning", () => {
  const isRepeat = repeatFilter({ known: ["a", "b"] });
  assertEquals(["a", "c"].map(isRepeat), [true, false]);
});

Deno.test("repeatFilter() remembers as many ids as it is asked to", () => {
  const ids = Array.from({ length: 500 }, (_, number) => `id${number}`);
  const isRepeat = repeatFilter({ rememberedIds: 500 });
  assertEquals(ids.some(isRepeat), false);
  assertEquals(ids.every(isRepeat), true);
  const forgetful = repeatFilter();
  assertEquals([...ids, ...ids].some(forgetful), false);
});
