import { realOrGiven } from "../../src/files/read.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assertEquals } from "@std/assert";

Deno.test("realOrGiven() keeps a real path, and one it may not resolve", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "a/": "" });
    assertEquals(realOrGiven(`${directory}//a/../a/.`), `${directory}/a`);
    assertEquals(realOrGiven("/nowhere/x/../y/"), "/nowhere/y");
  }));
