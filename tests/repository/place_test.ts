import { openRepository } from "../../src/repository/open.ts";
import { placeOf } from "../../src/repository/place.ts";
import { fixedHost, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("placeOf() names the root, why it is the root, and the session", () =>
  withRoot({}, (root) => {
    const repository = openRepository(fixedHost(), { root });
    const place = { root, rootSource: "flag" };
    assertEquals(placeOf(repository, "a"), { ...place, session: "a" });
    assertEquals(placeOf(repository, null), { ...place, session: null });
    return Promise.resolve();
  }));
