import {
  importLegacy,
  type ImportOptions,
} from "../../src/migration/import_legacy.ts";
import { migrate, type Migrated } from "../../src/migration/use.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree } from "../files/temporary.ts";
import {
  fixedHost,
  LEGACY_ID,
  legacyState,
  refusalWithoutTrace,
  sessionsIn,
  withRoot,
} from "../work/fixtures.ts";
import { EVERYTHING, fullTree, LOG } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const OLDER_ID = "0000aaaa";

let machines = 0;

function take(
  root: string,
  path: string,
  options: Partial<ImportOptions> = {},
): Promise<Migrated> {
  const host = fixedHost({ number: machines++, workingDirectory: root });
  return importLegacy(host, { root: `${root}/new`, path, ...options });
}

const OLD = Object.fromEntries(
  Object.entries(EVERYTHING).map(([path, text]) => [`old/${path}`, text]),
);

Deno.test("importLegacy() copies all of a directory and leaves it as it is", () =>
  withRoot({ ...OLD, "new/": "" }, async (root) => {
    const before = fullTree(`${root}/old`);
    const { action, sessions } = await take(root, "old");
    assertEquals([action, sessions.length], ["migrated", 2]);
    assertEquals(fullTree(`${root}/old`), before);
    assertEquals(sessionsIn(`${root}/new`), [OLDER_ID, LEGACY_ID]);
    const { task } = await readStatus(fixedHost(), { root: `${root}/new` });
    assertEquals(task, "Old task");
    assertEquals((await take(root, "old")).action, "nothing");
  }));

Deno.test("importLegacy() gives no copy a second name with the original", () =>
  withRoot({ ...OLD, "new/": "" }, async (root) => {
    await take(root, "old");
    const name = "checkpoints/cp_20260102_030405_1a2b3c.json";
    const path = `${root}/new/.orchestrator/sessions/${LEGACY_ID}/${name}`;
    assertEquals(Deno.lstatSync(path).nlink, 1);
  }));

Deno.test("importLegacy() can be taken back", () =>
  withRoot({ ...OLD, "new/": "" }, async (root) => {
    await take(root, "old");
    const host = fixedHost({ number: machines++ });
    await migrate(host, { root: `${root}/new`, rollback: true });
    assertEquals(readTree(`${root}/new`), {});
  }));

Deno.test("importLegacy() takes a single state, or a single log", () =>
  withRoot({
    "old.json": legacyState(),
    "old.jsonl": LOG,
    "new/": "",
  }, async (root) => {
    assertEquals((await take(root, "old.json")).sessions.length, 1);
    const { sessions, warnings } = await take(root, "old.jsonl");
    assertEquals(sessions.map(({ id, from }) => [id, from]), [
      [OLDER_ID, "log"],
      [LEGACY_ID, "present"],
    ]);
    assertEquals(warnings, []);
  }));

Deno.test("importLegacy() refuses what is not there, and its own repository", () =>
  withRoot({ "new/.workflow_state.json": legacyState() }, async (root) => {
    const codeOf = (path: string) =>
      refusalWithoutTrace(root, () => take(root, path)).then(({ code }) =>
        code
      );
    assertEquals(await codeOf("gone"), "no_such_file");
    assertEquals(await codeOf("new"), "own_files");
  }));

Deno.test("importLegacy() with dryRun changes nothing", () =>
  withRoot({ ...OLD, "new/": "" }, async (root) => {
    const before = fullTree(root);
    const { action } = await take(root, "old", { dryRun: true });
    assertEquals(action, "planned");
    assertEquals(fullTree(root), before);
  }));
