import { escapeJson } from "../../src/base/text.ts";
import {
  escapeTexts,
  isBrokenPipe,
  resultText,
  type Run,
  warn,
  writeAll,
  type Writer,
} from "../../src/cli/output.ts";
import { guessPresentation } from "../../src/cli/failure.ts";
import { styleFor } from "../../src/cli/parse.ts";
import { command } from "../../src/commands/command.ts";
import { captureStreams, copyCommand, fakeHost } from "./fake.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

Deno.test("resultText() prints nothing for an empty text", () => {
  const silent = { ...copyCommand, render: () => "" };
  assertEquals(resultText(silent, {}, styleFor(fakeHost(), "auto")), "");
});

Deno.test("resultText() gives a value to a program as it is, and escapes it on a terminal", () => {
  const value = "a\x1b[31m\r\n\u200b\u202e\x9b";
  const shown = "a\\x1b[31m\\x0d\n\\u200b\\u202e\\x9b\n";
  const printing = command({
    ...copyCommand,
    isValue: true,
    render: ({ from }) => from,
  });
  const inPipe = styleFor(fakeHost(), "never");
  const onTerminal = styleFor(fakeHost({ terminalColumns: 80 }), "never");
  assertEquals(resultText(printing, { from: value }, inPipe), `${value}\n`);
  assertEquals(resultText(printing, { from: value }, onTerminal), shown);
  const telling = { ...printing, isValue: undefined };
  assertEquals(resultText(telling, { from: value }, inPipe), shown);
});

Deno.test("escapeTexts() reaches every text and key of a result", () => {
  assertEquals(
    escapeTexts({
      text: "\x1b",
      list: ["\x1b", 1, null, true, undefined],
      "\x1bkey": new Map([["\x1b", { deep: "\x1b" }]]),
    }),
    {
      text: "\\x1b",
      list: ["\\x1b", 1, null, true, undefined],
      "\\x1bkey": new Map([["\\x1b", { deep: "\\x1b" }]]),
    },
  );
});

Deno.test("escapeTexts() finds the one thing to escape, and copies no result without any", () => {
  const results: unknown[] = [
    { "\x1b": 1 },
    { list: ["a", ["\x1b"]] },
    { object: { text: "\x1b" } },
    { map: new Map([["\x1b", 1]]) },
    [new Map([["a", "\x1b"]])],
  ];
  for (const result of results) {
    const shown = Deno.inspect(escapeTexts(result), { escapeSequences: false });
    assertEquals([shown.includes("\x1b"), shown.includes("\\x1b")], [
      false,
      true,
    ]);
  }
  const harmless = { text: "ä\n", list: [{ a: null }], none: undefined };
  assertStrictEquals(escapeTexts(harmless), harmless);
});

Deno.test("escapeTexts() keeps __proto__ a plain key", () => {
  const escaped = escapeTexts(JSON.parse('{"__proto__":"\\u001b"}'));
  assertEquals(JSON.stringify(escaped), '{"__proto__":"\\\\x1b"}');
});

Deno.test("escapeJson() keeps the value and leaves nothing that drives a terminal", () => {
  const value = { text: "\x1b\x7f\x9b\u202e\n" };
  const json = escapeJson(JSON.stringify(value));
  assertEquals(json, '{"text":"\\u001b\\u007f\\u009b\\u202e\\n"}');
  assertEquals(JSON.parse(json), value);
});

Deno.test("writeAll() writes everything to a device that takes little at a time", () => {
  const written: number[] = [];
  const writer: Writer = {
    writeSync(bytes) {
      written.push(...bytes.subarray(0, 3));
      return Math.min(3, bytes.length);
    },
  };
  writeAll(writer, "Grüße\n");
  assertEquals(new TextDecoder().decode(new Uint8Array(written)), "Grüße\n");
});

Deno.test("writeAll() asks a full pipe again", () => {
  let calls = 0;
  const writer: Writer = {
    writeSync(bytes) {
      if (calls++ > 0) return bytes.length;
      throw Object.assign(new Error("Try again"), { name: "WouldBlock" });
    },
  };
  writeAll(writer, "text");
  assertEquals(calls, 2);
});

Deno.test("writeAll() passes on what it cannot mend", () => {
  const writer: Writer = {
    writeSync() {
      throw Object.assign(new Error("Gone"), { name: "BrokenPipe" });
    },
  };
  const error = assertThrows(() => writeAll(writer, "text"), Error, "Gone");
  assertEquals(isBrokenPipe(error), true);
  assertEquals(isBrokenPipe(new Error("Full")), false);
});

Deno.test("warn() lets no warning drive a terminal", () => {
  const streams = captureStreams();
  const presentation = guessPresentation([]);
  const run = { streams, presentation } as unknown as Run;
  warn(run, ["\x1b[2Jgone"]);
  assertEquals(streams.err, "Warning: \\x1b[2Jgone\n");
});
