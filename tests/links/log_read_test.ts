import { OrcError } from "../../src/base/error.ts";
import { readLog, readLogBackwards } from "../../src/session/log_read.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("readLog() and readLogBackwards() follow no link", () =>
  withTemporaryDirectory((root) => {
    Deno.writeTextFileSync(`${root}/elsewhere`, "{}\n");
    Deno.mkdirSync(`${root}/directory`);
    Deno.writeTextFileSync(`${root}/directory/log.jsonl`, "{}\n");
    Deno.symlinkSync(`${root}/elsewhere`, `${root}/log.jsonl`);
    Deno.symlinkSync(`${root}/directory`, `${root}/linked`);
    for (const path of [`${root}/log.jsonl`, `${root}/linked/log.jsonl`]) {
      for (const read of [readLog, readLogBackwards]) {
        const reading = read({ root, path });
        const error = assertThrows(() => [...reading.events], OrcError);
        assertEquals([error.kind, error.code], ["corrupt", "symbolic_link"]);
      }
    }
  }));
