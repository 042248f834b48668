import { OrcError } from "../../src/base/error.ts";
import { realOrGiven } from "../../src/files/read.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("realOrGiven() resolves links in a path", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { "real/a/": "" });
    Deno.symlinkSync("real", `${directory}/link`);
    assertEquals(realOrGiven(`${directory}/link/a/`), `${directory}/real/a`);
  }));

Deno.test("realOrGiven() keeps what does not exist", () =>
  withTemporaryDirectory((directory) => {
    Deno.symlinkSync("gone", `${directory}/link`);
    for (const name of ["gone", "link"]) {
      assertEquals(
        realOrGiven(`${directory}/${name}/`),
        `${directory}/${name}`,
      );
    }
  }));

Deno.test("realOrGiven() refuses links that lead in a circle", () =>
  withTemporaryDirectory((directory) => {
    Deno.symlinkSync("link", `${directory}/link`);
    const error = assertThrows(
      () => realOrGiven(`${directory}/link`),
      OrcError,
    );
    assertEquals(error.code, "symbolic_link");
  }));
