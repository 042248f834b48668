import { assertEquals } from "@std/assert";
import { openRepository } from "../../src/app/open_repository.ts";
import { placeOf } from "../../src/app/place.ts";
import { fixedHost, withRoot } from "./fixtures.ts";

Deno.test("placeOf() names the root, why it is the root, and the session", () =>
  withRoot({}, (root) => {
    const repository = openRepository(fixedHost(), { root });
    const place = { root, rootSource: "flag" };
    assertEquals(placeOf(repository, "a"), { ...place, session: "a" });
    assertEquals(placeOf(repository, null), { ...place, session: null });
    return Promise.resolve();
  }));
