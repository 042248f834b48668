import { diagnoseRepository } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/lock.ts";
import { runProgram } from "../../src/host/process.ts";
import { finishSession } from "../../src/work/phase.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, tokenOf } from "../session/fixtures.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { codesIn, findingsIn } from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ID = idOf(0, 0);
const STATE = `.orchestrator/sessions/${ID}/state.json`;
const LOG = `.orchestrator/sessions/${ID}/log.jsonl`;
const OLD_LOCK = foreignRecord({ at: "2026-03-01T09:00:00Z" });

/** A repository that shows one finding, made from one that is well. */
interface Fixture {
  readonly code: string;
  /** Files to write. */
  readonly files?: Readonly<Record<string, string>>;
  readonly make?: (root: string) => void | Promise<void>;
  /** Findings that cannot but come with it. */
  readonly besides?: readonly string[];
  readonly liveness?: Liveness;
}

function append(root: string, path: string, text: string): void {
  Deno.writeTextFileSync(`${root}/${path}`, text, { append: true });
}

function lastLine(root: string): string {
  const lines = Deno.readTextFileSync(`${root}/${LOG}`).trimEnd().split("\n");
  return `${lines.at(-1)}\n`;
}

/** A line of the log that no update wrote. */
function eventOf(root: string, serial: number): string {
  return lastLine(root).replace(/"id": "[^"]+"/, '"id": "x"')
    .replace('"serial": 1', `"serial": ${serial}`);
}

async function git(root: string, ...words: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram({
    command: ["git", "-C", root, ...words],
    workingDirectory: root,
    timeoutMs: 20_000,
  });
  assertEquals(exitCode, 0, stderr);
}

const FIXTURES: readonly Fixture[] = [
  {
    code: "damaged_repository_meta",
    files: { ".orchestrator/meta.json": "{" },
  },
  { code: "invalid_workflow", files: { "workflow.yaml": "phases: 1" } },
  {
    code: "workflow_changed",
    make: (root) => append(root, "workflow.yaml", "# changed\n"),
  },
  {
    code: "not_ignored",
    files: { ".git/HEAD": "ref: refs/heads/main\n" },
    make: (root) => Deno.removeSync(`${root}/.orchestrator/.gitignore`),
  },
  {
    code: "not_ignored",
    files: { ".git/": "", ".orchestrator/.gitignore": "lock\n" },
  },
  {
    code: "tracked_by_git",
    make: async (root) => {
      await git(root, "init", "-q");
      await git(root, "add", "-f", ".orchestrator");
    },
  },
  {
    code: "missing_permission",
    make: (root) => Deno.chmodSync(`${root}/${STATE}`, 0o444),
  },
  {
    code: "writable_by_others",
    make: (root) => Deno.chmodSync(`${root}/.orchestrator/sessions`, 0o777),
  },
  {
    code: "secret_readable",
    files: { ".orchestrator/secrets/api_token": "s3cret" },
    besides: ["secret_plaintext"],
  },
  {
    code: "secret_readable",
    files: { ".orchestrator/api_token": "s3cret" },
    besides: ["foreign_files"],
  },
  {
    code: "secret_missing",
    make: (root) => append(root, "workflow.yaml", "secrets: [API_KEY]\n"),
    besides: ["workflow_changed"],
  },
  {
    code: "token_in_file",
    files: { ".orchestrator/config.yaml": `# ghp_${"a1".repeat(18)}\n` },
  },
  {
    code: "legacy_secrets",
    files: { ".orchestrator/secrets/.secrets.enc": "" },
  },
  {
    code: "not_a_directory",
    files: { ".orchestrator/secrets": "" },
    besides: ["secret_readable"],
  },
  {
    code: "invalid_setting",
    files: { ".orchestrator/config.yaml": "lock_timeout_seconds: soon\n" },
  },
  { code: "unreadable_config", files: { ".orchestrator/config.yaml": "{" } },
  {
    code: "doubtful_setting",
    files: { ".orchestrator/config.yaml": "colour: never\n" },
  },
  { code: "legacy_config", files: { ".orchestrator.yaml": "a: 1\n" } },
  {
    code: "unfinished_migration",
    files: { ".orchestrator/migration_pending/": "" },
  },
  {
    code: "damaged_migration_record",
    files: { ".orchestrator/.migration_complete": "{" },
  },
  { code: "not_a_directory", files: { ".orchestrator/bindings": "" } },
  { code: "foreign_files", files: { ".orchestrator/audit.jsonl": "" } },
  {
    code: "lock_held",
    files: { ".orchestrator/lock": lockText(foreignRecord()) },
  },
  {
    code: "lock_held_long",
    files: { [`.orchestrator/sessions/${ID}/lock`]: lockText(OLD_LOCK) },
  },
  {
    code: "lock_stale",
    files: { ".orchestrator/lock": lockText(foreignRecord()) },
    liveness: "dead",
  },
  {
    code: "lock_of_unknown",
    files: { ".orchestrator/lock": lockText(OLD_LOCK) },
    liveness: "unknown",
  },
  { code: "lock_unreadable", files: { ".orchestrator/lock": "{" } },
  { code: "lock_foreign", files: { ".orchestrator/lock/": "" } },
  {
    code: "leftovers",
    files: { [`.orchestrator/lock.${tokenOf(1)}.tmp`]: "" },
  },
  {
    code: "leftovers",
    files: { [`.orchestrator/sessions/.new-${tokenOf(1)}/`]: "" },
  },
  {
    code: "leftovers",
    files: { [`.orchestrator/sessions/.removed-${tokenOf(1)}/`]: "" },
  },
  { code: "damaged_current", files: { ".orchestrator/current": "../etc" } },
  { code: "current_names_nothing", files: { ".orchestrator/current": "gone" } },
  { code: "damaged_binding", files: { ".orchestrator/bindings/a.json": "{" } },
  {
    code: "binding_names_nothing",
    files: { ".orchestrator/bindings/a.json": '{"session": "gone"}' },
  },
  {
    code: "current_is_closed",
    make: async (root) => {
      const host = fixedHost({ number: 1, environment: APPROVING });
      await finishSession(host, { root, force: true });
    },
  },
  {
    code: "unfinished_session",
    files: { ".orchestrator/sessions/1a2b3c4d/": "" },
  },
  { code: "damaged_state", files: { [STATE]: "" } },
  { code: "damaged_state", files: { [STATE]: "\0".repeat(99) } },
  { code: "damaged_state", files: { [STATE]: "{" } },
  { code: "damaged_state", files: { [STATE]: "{}" } },
  {
    code: "foreign_state",
    make: (root) => {
      const copy = `${root}/.orchestrator/sessions/1a2b3c4d`;
      Deno.mkdirSync(copy);
      Deno.copyFileSync(`${root}/${STATE}`, `${copy}/state.json`);
    },
  },
  {
    code: "damaged_meta",
    files: { [`.orchestrator/sessions/${ID}/meta.json`]: "[" },
  },
  {
    code: "changed_outside",
    make: (root) => edit(`${root}/${STATE}`, "Add login", "Add logout"),
  },
  {
    code: "newer_format",
    make: (root) => edit(`${root}/${STATE}`, '"format": 1', '"format": 2'),
    besides: ["changed_outside"],
  },
  {
    code: "damaged_workflow",
    make: (root) =>
      edit(`${root}/${STATE}`, '"name": "Tiny"', '"name": {"a": 1}'),
    besides: ["changed_outside"],
  },
  {
    code: "duplicate_id",
    files: {
      ".orchestrator/sessions/1a2b3c4d/state.json": legacyState({
        workflow_definition: {
          name: "Easy",
          phases: [
            { id: "DO", name: "Do", items: [] },
            { id: "DO", name: "Do more", items: [] },
          ],
        },
      }),
    },
  },
  {
    code: "state_behind_log",
    make: (root) => append(root, LOG, eventOf(root, 2)),
  },
  {
    code: "log_missing",
    make: (root) => Deno.removeSync(`${root}/${LOG}`),
  },
  { code: "log_behind_state", files: { [LOG]: "" } },
  {
    code: "log_torn",
    make: (root) => append(root, LOG, lastLine(root).slice(0, 40)),
  },
  {
    code: "log_damaged_lines",
    make: (root) => append(root, LOG, "{\n\u00ff\n"),
  },
  {
    code: "log_repeated_lines",
    make: (root) => append(root, LOG, lastLine(root)),
  },
  {
    code: "log_gaps",
    make: (root) => append(root, LOG, eventOf(root, 5)),
    besides: ["state_behind_log"],
  },
  {
    code: "log_not_readable",
    make: (root) => {
      Deno.removeSync(`${root}/${LOG}`);
      Deno.mkdirSync(`${root}/${LOG}`);
    },
  },
  { code: "legacy_files", files: { ".workflow_log.jsonl": "" } },
  { code: "custom_legacy_files", files: { ".workflow_mine": "" } },
  {
    code: "damaged_legacy_state",
    files: { ".workflow_state.json": "{" },
    besides: ["legacy_files"],
  },
  {
    code: "legacy_beside_new",
    files: { ".workflow_state.json": legacyState() },
    besides: ["legacy_files"],
  },
  {
    code: "legacy_changed",
    files: {
      ".workflow_state.json": legacyState(),
      ".orchestrator/sessions/1a2b3c4d/state.json": legacyState(),
      ".orchestrator/sessions/1a2b3c4d/meta.json": '{"adopted_sha256": "0"}',
    },
    besides: ["legacy_files"],
  },
  {
    code: "server_state",
    files: { ".orchestrator/state.json": '{"tasks": []}' },
  },
  {
    code: "legacy_files",
    files: { ".orchestrator/state.json": legacyState() },
  },
];

async function lay(root: string, { files = {}, make }: Fixture): Promise<void> {
  writeTree(root, files);
  await make?.(root);
}

Deno.test("diagnoseRepository() finds nothing in a repository that is well", () =>
  withSession(async (root) => {
    assertEquals(await findingsIn(root), []);
  }));

Deno.test("diagnoseRepository() finds nothing where nothing is yet", () =>
  withRoot({}, async (root) => {
    assertEquals(await findingsIn(root), []);
  }));

/** What lies in `.orchestrator/` for a reason of its own. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  ".orchestrator/config.yaml": "color: never\n",
  ".orchestrator/legacy/.workflow_mine": "",
  ".orchestrator/migration_backup/": "",
  ".orchestrator/migration_notice": "2026-03-01",
  ".orchestrator/prd/state.json": "{}",
  ".orchestrator/secrets/": "",
  ".orchestrator/workflow.schema.json": "{}",
};

Deno.test("diagnoseRepository() finds nothing foreign in what orc itself may keep", () =>
  withSession(async (root) => {
    writeTree(root, OWN_NAMES);
    assertEquals(await findingsIn(root), []);
  }));

for (const fixture of FIXTURES) {
  const { code, besides = [], liveness } = fixture;
  const files = Object.keys(fixture.files ?? {}).join(" ");
  Deno.test(`diagnoseRepository() finds ${code} ${files}`, () =>
    withSession(async (root) => {
      assert(!(await codesIn(root, liveness)).includes(code));
      await lay(root, fixture);
      const found = await codesIn(root, liveness);
      assertEquals(found.toSorted(), [code, ...besides].toSorted());
    }));
}

Deno.test("diagnoseRepository() changes nothing", () =>
  withSession(async (root) => {
    writeTree(root, {
      ".git/": "",
      ".orchestrator/lock": "{",
      ".orchestrator/current": "../etc",
      [`.orchestrator/lock.${tokenOf(1)}.tmp`]: "",
      ".orchestrator/sessions/1a2b3c4d/": "",
      [LOG]: "{",
    });
    const times = (): unknown =>
      Object.keys(readTree(root)).map((name) =>
        Deno.lstatSync(`${root}/${name}`).mtime?.getTime()
      );
    const before = times();
    await withoutTrace(root, () => findingsIn(root));
    assertEquals(times(), before);
  }));

Deno.test("diagnoseRepository() names the lines of a log that hold no event", () =>
  withSession(async (root) => {
    append(root, LOG, "{\n\n[1]\n");
    const [finding] = await findingsIn(root);
    assertStringIncludes(finding?.message ?? "", "in lines 3, 5;");
  }));

Deno.test("diagnoseRepository() says where a state is no JSON", () =>
  withSession(async (root) => {
    Deno.writeTextFileSync(`${root}/${STATE}`, '{\n  "a": x');
    const [finding] = await findingsIn(root);
    assertStringIncludes(finding?.message ?? "", "state.json:2:8");
    assertEquals(finding?.session, ID);
  }));

Deno.test("diagnoseRepository() finds a session that was adopted, and its unchanged file, to be well", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    writeTree(root, { ".workflow_state.json": legacyState() });
    assertEquals(await codesIn(root), ["legacy_files"]);
  }));

Deno.test("diagnoseRepository() tells whether all is well, and how much it looked at", () =>
  withSession(async (root) => {
    const well = await diagnoseRepository(fixedHost(), { root });
    assertEquals([well.sessions, well.fixed, well.repaired], [1, [], null]);
    Deno.writeTextFileSync(`${root}/${STATE}`, "");
    const ill = await diagnoseRepository(fixedHost(), { root });
    assertEquals([ill.sessions, ill.healthy], [1, false]);
  }));
