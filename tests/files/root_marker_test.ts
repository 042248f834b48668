import { OrcError } from "../../src/base/error.ts";
import { isMarked } from "../../src/files/root.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("isMarked() takes sessions, meta.json or current for state", () =>
  withTemporaryDirectory((directory) => {
    for (const name of ["sessions/", "meta.json", "current"]) {
      writeTree(directory, { [`${name}/.orchestrator/${name}`]: "" });
      assertEquals(isMarked(`${directory}/${name}`, undefined), true, name);
    }
    writeTree(directory, { ".orchestrator/config.yaml": "", "none/": "" });
    assertEquals(isMarked(directory, undefined), false);
    assertEquals(isMarked(`${directory}/none`, undefined), false);
    assertEquals(isMarked("/nowhere", undefined), false);
  }));

Deno.test("isMarked() refuses a file, except at home", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { ".orchestrator": "" });
    const error = assertThrows(() => isMarked(directory, "/nowhere"), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
    assertEquals(isMarked(directory, directory), false);
  }));
