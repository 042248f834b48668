import { assertEquals } from "@std/assert";
import { realOrGiven } from "../../src/store/read_file.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";

Deno.test("realOrGiven() keeps a real path, and one it may not resolve", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "a/": "" });
    assertEquals(realOrGiven(`${directory}//a/../a/.`), `${directory}/a`);
    assertEquals(realOrGiven("/nowhere/x/../y/"), "/nowhere/y");
  }));
