/** Doctor names links and what is no file, and neither follows them nor waits for them. */

import { assertEquals } from "@std/assert";
import { diagnose } from "../../src/core/diagnosis.ts";
import type { RepositoryLayout } from "../../src/core/layout.ts";
import { gatherFacts } from "../../src/store/diagnosis.ts";
import { readTree, writeTree } from "../store/temporary.ts";
import { type StoredFixture, withSession } from "../store/fixtures.ts";

/** The tests themselves run in a git repository. */
function hideFromGit({ directory, gitignore }: RepositoryLayout): void {
  if (Deno.lstatSync(directory).isDirectory) {
    Deno.writeTextFileSync(gitignore, "*\n");
  }
}

async function codesIn(
  { layout, context }: StoredFixture,
): Promise<readonly string[]> {
  hideFromGit(layout);
  const findings = diagnose({
    ...await gatherFacts(layout, context),
    disk: { freeBytes: null, type: null, isReadOnly: false },
    workflow: { sha256: null, trouble: null },
  });
  return findings.map(({ code }) => code);
}

Deno.test("gatherFacts() finds a link to a session, and does not look behind it", () =>
  withSession(async (fixture) => {
    const { layout } = fixture;
    writeTree(layout.root, { "elsewhere/state.json": "{" });
    Deno.symlinkSync(`${layout.root}/elsewhere`, `${layout.sessions}/1a2b3c4d`);
    assertEquals(await codesIn(fixture), ["symbolic_link"]);
  }));

Deno.test("gatherFacts() finds a link in the place of a state, of checkpoints and of one checkpoint", () =>
  withSession(async (fixture) => {
    const { layout, paths } = fixture;
    writeTree(layout.root, { "elsewhere/file": "precious" });
    writeTree(paths.directory, { "feedback/": "" });
    Deno.removeSync(paths.state);
    Deno.symlinkSync(`${layout.root}/elsewhere/file`, paths.state);
    Deno.symlinkSync(`${layout.root}/elsewhere`, paths.checkpoints);
    Deno.symlinkSync("/dev/zero", paths.toolFeedback);
    assertEquals(await codesIn(fixture), [
      "symbolic_link",
      "symbolic_link",
      "symbolic_link",
      "damaged_state",
    ]);
    assertEquals(readTree(`${layout.root}/elsewhere`), { file: "precious" });
  }));

Deno.test("gatherFacts() says when all state lies behind a link", () =>
  withSession(async (fixture) => {
    const { layout } = fixture;
    Deno.renameSync(layout.directory, `${layout.root}/elsewhere`);
    Deno.symlinkSync(`${layout.root}/elsewhere`, layout.directory);
    assertEquals(await codesIn(fixture), ["symbolic_link"]);
  }));

Deno.test("gatherFacts() finds pipes, and does not wait for them", () =>
  withSession(async (fixture) => {
    const { layout, paths } = fixture;
    for (
      const path of [layout.current, `${layout.directory}/lock`, paths.log]
    ) {
      if (path === paths.log) Deno.removeSync(path);
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    }
    assertEquals(await codesIn(fixture), [
      "foreign_kind",
      "foreign_kind",
      "lock_foreign",
      "damaged_current",
      "log_not_readable",
    ]);
  }));
