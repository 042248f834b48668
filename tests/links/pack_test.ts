/** A pack takes no link along, and no link leads to one, or out of one. */
import { namesIn, SESSION_ID } from "../session/fixtures.ts";
import { closed, pack, unpack } from "../session/packed.ts";
import { refusalOf } from "../files/temporary.ts";
import { assertEquals } from "@std/assert";

for (const target of ["state.json", "none"]) {
  Deno.test(`what holds a link to ${target} is not packed`, () =>
    closed(async (fixture) => {
      const { directory, outputs } = fixture.paths;
      Deno.symlinkSync(target, `${outputs}/odd`);
      const before = namesIn(directory);
      assertEquals((await refusalOf(() => pack(fixture))).code, "cannot_pack");
      assertEquals(namesIn(directory), before);
    }));
}

Deno.test("a link on the way of a packed file is refused", () =>
  closed(async (fixture) => {
    const { layout, paths: { directory, outputs } } = fixture;
    await pack(fixture);
    const elsewhere = `${layout.root}/elsewhere`;
    Deno.mkdirSync(elsewhere);
    Deno.symlinkSync(elsewhere, outputs);
    const { code } = await refusalOf(() => unpack(fixture));
    assertEquals(code, "symbolic_link");
    assertEquals(namesIn(elsewhere), []);
    assertEquals(namesIn(directory), ["outputs", "session.pack"]);
  }));

Deno.test("a link in the place of a pack is refused", () =>
  closed(async (fixture) => {
    const { layout, store, paths: { directory, packed } } = fixture;
    await pack(fixture);
    Deno.renameSync(packed, `${layout.root}/moved`);
    Deno.symlinkSync(`${layout.root}/moved`, packed);
    for (const act of [() => store.read(SESSION_ID), () => unpack(fixture)]) {
      assertEquals((await refusalOf(act)).code, "symbolic_link");
    }
    assertEquals(namesIn(directory), ["session.pack"]);
  }));
