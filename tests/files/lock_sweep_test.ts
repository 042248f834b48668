import { sweep } from "../../src/files/lock_sweep.ts";
import { namesIn, tokenOf } from "../session/fixtures.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

const OWN = tokenOf(1);
const FOREIGN = tokenOf(2);

Deno.test("sweep() removes what others staged and claimed", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      [`state.json.${FOREIGN}.tmp`]: "{",
      [`current.${tokenOf(3)}.tmp`]: "x",
      [`lock.${FOREIGN}.tmp`]: "",
      [`lock.break.${FOREIGN}.0`]: "x",
      [`lock.break.x12-1700000000000-0.7`]: "x",
      [`.new-${FOREIGN}/state.json`]: "{",
      [`.new-${FOREIGN}/deep/er`]: "",
    });
    sweep(directory, OWN);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("sweep() keeps what its own holder made and what it does not know", () =>
  withTemporaryDirectory((directory) => {
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
    sweep(directory, OWN);
    assertEquals(readTree(directory), before);
  }));

Deno.test("sweep() keeps a directory where a file is expected, and the other way round", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, {
      [`state.json.${FOREIGN}.tmp/user`]: "x",
      [`lock.break.${FOREIGN}.0/`]: "",
      [`.new-${FOREIGN}`]: "a file",
    });
    const before = readTree(directory);
    sweep(directory, OWN);
    assertEquals(readTree(directory), before);
  }));

Deno.test("sweep() removes a thousand leftovers", () =>
  withTemporaryDirectory((directory) => {
    for (let number = 2; number < 1002; number++) {
      const path = `${directory}/state.json.${tokenOf(number)}.tmp`;
      Deno.writeTextFileSync(path, "");
    }
    sweep(directory, OWN);
    assertEquals(namesIn(directory), []);
  }));

Deno.test("sweep() throws when there is no directory", () =>
  withTemporaryDirectory((directory) => {
    assertThrows(
      () => sweep(`${directory}/none`, OWN),
      Deno.errors.NotFound,
    );
  }));
