/** Doctor names links and what is no file, and neither follows them nor waits for them. */
import {
  type RepositoryLayout,
  repositoryLayout,
  sessionLayout,
} from "../../src/base/layout.ts";
import { gatherFacts } from "../../src/doctor/facts.ts";
import { diagnose } from "../../src/doctor/rules.ts";
import { diagnoseRepository } from "../../src/doctor/use.ts";
import { startSession } from "../../src/work/start.ts";
import { wellFacts } from "../doctor/facts.ts";
import { amongSessions, endOf, later } from "../doctor/fixtures.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { type StoredFixture, withSession } from "../session/fixtures.ts";
import { fixedHost, idOf, withRoot } from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

/** The tests themselves run in a git repository. */
function hideFromGit({ directory, gitignore }: RepositoryLayout): void {
  if (Deno.lstatSync(directory).isDirectory) {
    Deno.writeTextFileSync(gitignore, "*\n");
  }
}

const { config, secrets } = wellFacts();

async function codesAt(
  root: string,
  home?: string,
): Promise<readonly string[]> {
  const { findings } = await diagnoseRepository(fixedHost({ home }), { root });
  return findings.map(({ code }) => code);
}

async function codesIn(
  { layout, context }: StoredFixture,
): Promise<readonly string[]> {
  hideFromGit(layout);
  const findings = diagnose({
    ...await endOf(gatherFacts(layout, context)),
    isProject: true,
    foreign: [],
    stranded: [],
    notify: null,
    machine: { place: null, vanishes: "no", branchPrefix: null },
    disk: {
      path: layout.directory,
      freeBytes: null,
      type: null,
      isReadOnly: false,
    },
    unwritable: [],
    workflow: { path: null, sha256: null, trouble: null, doubts: [] },
    config,
    store: null,
    secrets,
  });
  // The session of these tests was begun by no rule.
  return findings.map(({ code }) => code)
    .filter((code) => code !== "update_not_allowed");
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

Deno.test("diagnoseRepository() names links among settings and secrets once, and goes on", () =>
  withRoot({ "elsewhere/config.yaml": "color: soon\n" }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    const directory = `${root}/.orchestrator`;
    Deno.symlinkSync(`${root}/elsewhere`, `${directory}/secrets`);
    Deno.symlinkSync(
      `${root}/elsewhere/config.yaml`,
      `${directory}/config.yaml`,
    );
    Deno.symlinkSync("/dev/zero", `${root}/.secrets.enc`);
    assertEquals(await codesAt(root), [
      "symbolic_link",
      "symbolic_link",
    ]);
  }));

Deno.test("diagnoseRepository() says why it looked at no secret", () =>
  withRoot({ "home/.orchestrator/": "" }, async (root) => {
    Deno.symlinkSync(root, `${root}/home/.orchestrator/secrets`);
    assertEquals(await codesAt(root, `${root}/home`), ["unreadable_secrets"]);
  }));

Deno.test("diagnoseRepository() finds a link in a session that was sound, in its directory and among its checkpoints", () =>
  amongSessions(async (root) => {
    const codes = async (): Promise<readonly string[]> => {
      const host = fixedHost({ at: later() });
      const { findings } = await diagnoseRepository(host, { root });
      return findings.map(({ code }) => code);
    };
    assertEquals(await codes(), []);
    const session = (number: number) => sessionLayout(root, idOf(1, number));
    Deno.symlinkSync("/dev/zero", `${session(1).checkpoints}/cp_2.json`);
    assertEquals(await codes(), ["symbolic_link"]);
    Deno.symlinkSync("/dev/zero", session(2).feedback);
    const { state } = session(3);
    Deno.renameSync(state, `${root}/state.json`);
    Deno.symlinkSync(`${root}/state.json`, state);
    const found = ["symbolic_link", "symbolic_link", "symbolic_link"];
    assertEquals(await codes(), [...found, "damaged_state"]);
    assertEquals(await codes(), [...found, "damaged_state"]);
  }));

Deno.test("diagnoseRepository() follows no link in the place of its index", () =>
  amongSessions(async (root) => {
    const { doctorIndex } = repositoryLayout(root);
    Deno.symlinkSync(`${root}/elsewhere`, doctorIndex);
    for (const text of ["precious", ""]) {
      Deno.writeTextFileSync(`${root}/elsewhere`, text);
      const host = fixedHost({ at: later() });
      const { findings } = await diagnoseRepository(host, { root });
      assertEquals(findings.map(({ path }) => path), [doctorIndex]);
      assertEquals(Deno.readTextFileSync(`${root}/elsewhere`), text);
      assertEquals(Deno.lstatSync(doctorIndex).isSymlink, true);
    }
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
      "lock_foreign",
      "log_not_readable",
      "foreign_current",
    ]);
  }));
