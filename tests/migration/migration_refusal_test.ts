import { legacyPlaces } from "../../src/migration/legacy_places.ts";
import { assertPossible } from "../../src/migration/migration_refusal.ts";
import { planRequest } from "../../src/migration/run_migration.ts";
import { openRepository } from "../../src/repository/open.ts";
import {
  type Files,
  fixedHost,
  refusalOf,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** Judges a plan for a disk that is full. */
function judge(files: Files): Promise<string | undefined> {
  let code: string | undefined;
  return withRoot(files, async (root) => {
    const host = fixedHost();
    const repository = openRepository(host, { root });
    const { plan } = await planRequest(host, repository, {
      places: legacyPlaces(repository.layout),
      importedFrom: null,
      includes: [],
      autoRollback: false,
      confirm: () => {},
    });
    const full = { ...plan, freeBytes: 0 };
    if (plan.moves.length === 0) return assertPossible(full, repository);
    code = (await refusalOf(async () => {
      await Promise.resolve();
      assertPossible(full, repository);
    })).code;
  }).then(() => code);
}

Deno.test("assertPossible() refuses a migration that the disk has no room for", async () => {
  assertEquals(await judge({ ".secrets.enc": "" }), "not_enough_space");
});

Deno.test("assertPossible() needs no room where nothing is to be moved", async () => {
  assertEquals(await judge({ ".workflow_mine": "" }), undefined);
});
