import { diagnoseRepository } from "../../src/doctor/use.ts";
import type { Liveness } from "../../src/files/lock_record.ts";
import { runProgram } from "../../src/host/process.ts";
import { finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, NOW, tokenOf } from "../session/fixtures.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  edit,
  type Files,
  fixedHost,
  idOf,
  legacyState,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { codesIn, findingsIn } from "./fixtures.ts";
import { eventLine } from "../migration/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ID = idOf(0, 0);
const STATE = `.orchestrator/sessions/${ID}/state.json`;
const LOG = `.orchestrator/sessions/${ID}/log.jsonl`;
const OLD_LOCK = foreignRecord({ at: "2026-03-01T09:00:00Z" });

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

function remove(path: string): (root: string) => void {
  return (root) => Deno.removeSync(`${root}/${path}`);
}

function change(from: string, to: string): (root: string) => void {
  return (root) => edit(`${root}/${STATE}`, from, to);
}

const at = (path: string, text = "") => ({ [`.orchestrator/${path}`]: text });
const own = (path: string, text = "") => at(`sessions/${ID}/${path}`, text);

/** How a repository that is well comes to show one finding: files, or what is done to it. */
type Fixture = readonly [
  code: string,
  made: Files | ((root: string) => void | Promise<void>),
  /** Findings that cannot but come with it. */
  besides?: readonly string[],
  liveness?: Liveness,
];

const FIXTURES: readonly Fixture[] = [
  ["damaged_repository_meta", at("meta.json", "{")],
  ["invalid_workflow", { "workflow.yaml": "phases: 1" }],
  [
    "doubtful_workflow",
    {
      "workflow.yaml": EASY_WORKFLOW.replace(
        "name: It}",
        'name: It, verification: {type: command, command: "true"}}',
      ),
    },
    ["workflow_changed"],
  ],
  ["workflow_changed", (root) => append(root, "workflow.yaml", "# changed\n")],
  ["not_ignored", (root) => {
    writeTree(root, { ".git/HEAD": "ref: refs/heads/main\n" });
    remove(".orchestrator/.gitignore")(root);
  }],
  ["not_ignored", { ".git/": "", ...at(".gitignore", "lock\n") }],
  ["tracked_by_git", async (root) => {
    await git(root, "init", "-q");
    await git(root, "add", "-f", ".orchestrator");
    // What git tracks may come from elsewhere, and nobody knew git when it began.
  }, ["session_not_trusted"]],
  ["missing_permission", (root) => Deno.chmodSync(`${root}/${STATE}`, 0o444)],
  [
    "writable_by_others",
    (root) => Deno.chmodSync(`${root}/.orchestrator/sessions`, 0o777),
  ],
  ["secret_readable", at("secrets/api_token", "s3cret"), ["secret_plaintext"]],
  ["secret_readable", own("api_token", "s3cret")],
  [
    "secret_missing",
    (root) => append(root, "workflow.yaml", "secrets: [API_KEY]\n"),
    ["workflow_changed"],
  ],
  ["token_in_file", at("config.yaml", `# ghp_${"a1".repeat(18)}\n`)],
  ["legacy_secrets", at("secrets/.secrets.enc")],
  ["not_a_directory", at("secrets"), ["secret_readable"]],
  ["invalid_setting", at("config.yaml", "lock_timeout_seconds: soon\n")],
  ["unreadable_config", at("config.yaml", "{")],
  ["doubtful_setting", at("config.yaml", "colour: never\n")],
  ["legacy_config", { ".orchestrator.yaml": "a: 1\n" }],
  ["unfinished_migration", at("migration_pending/")],
  ["damaged_migration_record", at(".migration_complete", "{")],
  ["not_a_directory", at("bindings")],
  ["foreign_files", at("audit.jsonl")],
  ["lock_held", at("lock", lockText(foreignRecord()))],
  ["lock_held_long", own("lock", lockText(OLD_LOCK))],
  ["lock_stale", at("lock", lockText(foreignRecord())), [], "dead"],
  ["lock_of_unknown", at("lock", lockText(OLD_LOCK)), [], "unknown"],
  ["lock_unreadable", at("lock", "{")],
  ["lock_foreign", at("lock/")],
  ["leftovers", at(`lock.${tokenOf(1)}.tmp`)],
  ["leftovers", at(`lock.wait.000000000000000.${tokenOf(1)}.tmp`)],
  ["leftovers", at(`sessions/.new-${tokenOf(1)}/`)],
  ["leftovers", at(`sessions/.removed-${tokenOf(1)}/`)],
  ["foreign_current", at("current", "../etc")],
  ["current_names_nothing", at("current", "01kk0000000000000000000009")],
  ["damaged_binding", at("bindings/a.json", "{")],
  ["binding_names_nothing", at("bindings/a.json", '{"session": "gone"}')],
  ["current_is_closed", async (root) => {
    const host = fixedHost({ number: 1, environment: APPROVING });
    await finishSession(host, { root, force: true });
  }],
  ["unfinished_session", at("sessions/1a2b3c4d/")],
  ["damaged_state", own("state.json")],
  ["damaged_state", own("state.json", "\0".repeat(99))],
  ["damaged_state", own("state.json", "{")],
  ["damaged_state", own("state.json", "{}")],
  ["foreign_state", (root) => {
    const copy = `${root}/.orchestrator/sessions/1a2b3c4d`;
    Deno.mkdirSync(copy);
    Deno.copyFileSync(`${root}/${STATE}`, `${copy}/state.json`);
  }],
  ["damaged_meta", own("meta.json", "[")],
  ["changed_outside", change("Add login", "Add logout")],
  ["newer_format", change('"format": 1', '"format": 2'), ["changed_outside"]],
  ["newer_format", change('"_version": "3.0"', '"_version": "4.0"')],
  [
    "damaged_workflow",
    change('"name": "Tiny"', '"name": {"a": 1}'),
    ["changed_outside"],
  ],
  [
    "duplicate_id",
    at(
      "sessions/1a2b3c4d/state.json",
      legacyState({
        workflow_definition: {
          name: "Easy",
          phases: [
            { id: "DO", name: "Do", items: [] },
            { id: "DO", name: "Do more", items: [] },
          ],
        },
      }),
    ),
  ],
  ["state_behind_log", (root) => append(root, LOG, eventOf(root, 2))],
  ["log_missing", remove(LOG)],
  ["log_behind_state", own("log.jsonl")],
  ["log_torn", (root) => append(root, LOG, lastLine(root).slice(0, 40))],
  ["log_damaged_lines", (root) => append(root, LOG, "{\n\u00ff\n")],
  ["log_repeated_lines", (root) => append(root, LOG, lastLine(root))],
  [
    "log_gaps",
    (root) => append(root, LOG, eventOf(root, 5)),
    ["state_behind_log"],
  ],
  ["log_not_readable", (root) => {
    remove(LOG)(root);
    Deno.mkdirSync(`${root}/${LOG}`);
  }],
  ["legacy_files", {
    ".workflow_log.jsonl": eventLine("wf_1a2b3c4d", "workflow_started"),
  }],
  ["custom_legacy_files", { ".workflow_mine": "" }],
  [
    "damaged_legacy_state",
    { ".workflow_state.json": "{" },
    ["legacy_files"],
  ],
  [
    "legacy_beside_new",
    { ".workflow_state.json": legacyState() },
    ["legacy_files"],
  ],
  [
    "legacy_changed",
    {
      ".workflow_state.json": legacyState(),
      ...at("sessions/1a2b3c4d/state.json", legacyState()),
      ...at("sessions/1a2b3c4d/meta.json", '{"adopted_sha256": "0"}'),
    },
    ["legacy_files"],
  ],
  ["server_state", at("state.json", '{"tasks": []}')],
  ["legacy_files", at("state.json", legacyState())],
];

Deno.test("diagnoseRepository() finds nothing in a repository that is well", () =>
  withSession(async (root) => {
    assertEquals(await findingsIn(root), []);
  }));

Deno.test("diagnoseRepository() finds nothing where nothing is yet", () =>
  withRoot({}, async (root) => {
    assertEquals(await findingsIn(root), []);
  }));

Deno.test("diagnoseRepository() finds nothing foreign in what orc itself may keep", () =>
  withSession(async (root) => {
    writeTree(root, {
      ...at("cache/files/0"),
      ...at("config.yaml", "color: never\n"),
      ...at("doctor_index.json", "{}"),
      ...at("legacy/.workflow_mine"),
      // Somebody waits for the lock, or has until a moment ago.
      ...at(`lock.wait.00${Date.parse(NOW)}.${tokenOf(1)}.tmp`),
      ...at("migration_backup/"),
      ...at("migration_notice", "2026-03-01"),
      ...at("prd/state.json", "{}"),
      ...at("secrets/"),
      ...at("workflow.schema.json", "{}"),
    });
    assertEquals(await findingsIn(root), []);
  }));

for (const [code, made, besides = [], liveness] of FIXTURES) {
  const files = typeof made === "function" ? "" : Object.keys(made).join(" ");
  Deno.test(`diagnoseRepository() finds ${code} ${files}`, () =>
    withSession(async (root) => {
      assert(!(await codesIn(root, liveness)).includes(code));
      if (typeof made === "function") await made(root);
      else writeTree(root, made);
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

Deno.test("diagnoseRepository() judges the workflow that a start here would use, in a linked worktree too", () =>
  withRoot({ ...WORKTREES, "wt/workflow.yaml": "phases: 1" }, async (root) => {
    const foundFrom = async (place: string) => {
      const host = fixedHost({ workingDirectory: `${root}/${place}` });
      const { findings } = await diagnoseRepository(host);
      return findings.filter(({ code }) => code === "invalid_workflow")
        .map(({ path }) => path);
    };
    assertEquals(await foundFrom("main"), []);
    assertEquals(await foundFrom("wt"), [`${root}/wt/workflow.yaml`]);
    const host = fixedHost({ workingDirectory: `${root}/wt` });
    const { code } = await refusalOf(() => startSession(host, { task: "x" }));
    assertEquals(code, "invalid_workflow");
  }));

Deno.test("diagnoseRepository() blames no workflow.yaml where the built-in workflow is used", () =>
  withRoot({ ".orchestrator.yaml": 'test_command: "true"\n' }, async (root) => {
    const findings = (await findingsIn(root))
      .filter(({ code }) => code === "doubtful_workflow");
    assert(findings.length > 0);
    for (const { path, message, severity } of findings) {
      assertEquals([path, severity], [root, "warning"]);
      assertStringIncludes(message, "the built-in workflow:");
    }
    await startSession(fixedHost(), { root, task: "Add login" });
  }));

Deno.test("a wrong setting is no error where work goes on", () =>
  withSession(async (root) => {
    const severities: string[] = [];
    for (const line of ["output: x", "secrets_repo: []", "secrets: x"]) {
      writeTree(root, { ".orchestrator/config.yaml": `${line}\n` });
      for (const { code, severity } of await findingsIn(root)) {
        if (code === "invalid_setting") severities.push(severity);
      }
    }
    assertEquals(severities, ["warning", "warning", "error"]);
  }));

Deno.test("diagnoseRepository() finds no error in a setting that does not count there", () =>
  withSession(async (root) => {
    writeTree(root, at("config.yaml", "supervision_mode: nonsense\n"));
    const severities = (await findingsIn(root)).map(({ severity }) => severity);
    assertEquals(new Set(severities), new Set(["info"]));
  }));
