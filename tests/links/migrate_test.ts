import { repositoryLayout } from "../../src/base/layout.ts";
import { loadHash } from "../../src/files/tree.ts";
import { importLegacy, migrate } from "../../src/migration/use.ts";
import type { MigrationRecord } from "../../src/transfer/record.ts";
import { finishMigration } from "../../src/transfer/settle.ts";
import { checkpointText, LOG } from "../migration/fixtures.ts";
import {
  fixedHost,
  legacyState,
  refusalOf,
  refusalWithoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("migrate() follows no link: it warns of it and leaves it, or takes it along as it is", () =>
  withRoot({
    ".workflow_state.json": legacyState(),
    ".workflow_checkpoints/cp_1.json": checkpointText("cp_1", "wf_1a2b3c4d"),
    "elsewhere/secret": "secret",
    "elsewhere/prd_state.json": '{"prd_id":"p","tasks":[]}',
  }, async (root) => {
    Deno.symlinkSync("elsewhere/secret", `${root}/.secrets.enc`);
    Deno.symlinkSync("elsewhere/secret", `${root}/.workflow_log.jsonl`);
    Deno.symlinkSync("elsewhere", `${root}/.claude`);
    Deno.symlinkSync(
      "../elsewhere/secret",
      `${root}/.workflow_checkpoints/cp_2.json`,
    );
    const { left, warnings, backup } = await migrate(fixedHost(), { root });
    assertEquals(left.map(({ path }) => path).sort(), [
      ".claude/prd_state.json",
      ".secrets.enc",
      ".workflow_log.jsonl",
    ]);
    assert(left.every(({ reason }) => reason.includes("symbolic link")));
    assert(warnings[0]?.includes("cp_2.json"));
    const link = `${backup}/originals/.workflow_checkpoints/cp_2.json`;
    assertEquals(Deno.readLinkSync(link), "../elsewhere/secret");
    await migrate(fixedHost({ number: 2 }), { root, rollback: true });
    assertEquals(
      Deno.readTextFileSync(`${root}/.workflow_checkpoints/cp_2.json`),
      "secret",
    );
  }));

Deno.test("migrate() refuses a state that is a link, and moves nothing", () =>
  withRoot(
    { "real.json": legacyState(), ".workflow_log.jsonl": LOG },
    async (root) => {
      Deno.symlinkSync("real.json", `${root}/.workflow_state.json`);
      const error = await refusalWithoutTrace(
        root,
        () => migrate(fixedHost(), { root }),
      );
      assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
    },
  ));

Deno.test("a migration that counts is not finished through a link", () =>
  withRoot({
    ".orchestrator/migration_pending/staged/legacy/a": "staged",
    "elsewhere/": "",
  }, async (root) => {
    Deno.symlinkSync("../elsewhere", `${root}/.orchestrator/legacy`);
    const layout = repositoryLayout(root);
    const record: MigrationRecord = {
      ...{ id: "id", at: "2026-03-01T10:00:00Z", version: "0.0.0" },
      ...{ importedFrom: null, files: [], retired: [], placed: [] },
      ...{ sessions: [], made: [] },
      units: [{ path: "legacy/a", replaces: false }],
    };
    const newHash = await loadHash();
    const error = await refusalOf(() =>
      finishMigration(layout, record, newHash)
    );
    assertEquals(error.code, "symbolic_link");
    assertEquals([...Deno.readDirSync(`${root}/elsewhere`)], []);
  }));

Deno.test("migrate() writes nothing through a link in the new place", () =>
  withRoot({
    ".workflow_state.json": legacyState(),
    ".secrets.enc": "Salted__x",
    ".orchestrator/sessions/": "",
    "elsewhere/": "",
  }, async (root) => {
    Deno.symlinkSync("../elsewhere", `${root}/.orchestrator/secrets`);
    const error = await refusalWithoutTrace(
      `${root}/elsewhere`,
      () => migrate(fixedHost(), { root }),
    );
    assertEquals(error.code, "symbolic_link");
    assertEquals(Deno.readTextFileSync(`${root}/.secrets.enc`), "Salted__x");
  }));

Deno.test("importLegacy() goes where a link leads that somebody names", () =>
  withRoot(
    { "old/.workflow_state.json": legacyState(), "new/": "" },
    async (root) => {
      Deno.symlinkSync("old", `${root}/link`);
      const host = fixedHost({ workingDirectory: root });
      const { sessions } = await importLegacy(host, {
        root: `${root}/new`,
        path: "link",
      });
      assertEquals(sessions.length, 1);
    },
  ));
