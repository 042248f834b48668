import { isBrokenPipe, writeAll, type Writer } from "../../src/cli/streams.ts";
import { assertEquals, assertThrows } from "@std/assert";

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
