import type { Severity } from "../../src/base/finding.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import type { DiagnosisFacts } from "../../src/doctor/facts.ts";
import type { DatabaseLook } from "../../src/postgres/database.ts";
import type { PathFact, Trouble } from "../../src/doctor/look.ts";
import { diagnose } from "../../src/doctor/rules.ts";
import { diagnoseSessions } from "../../src/doctor/session_rules.ts";
import { lockFact, sessionFacts, wellFacts, wellSecrets } from "./facts.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const TROUBLE: Trouble = {
  kind: "corrupt",
  code: "invalid_json",
  message: "/shop/x:1:2 is no JSON",
  path: "/shop/x",
};
const DENIED: Trouble = {
  ...TROUBLE,
  kind: "denied",
  code: "permission_denied",
};
const FOREIGN: Trouble = { ...TROUBLE, code: "foreign_state" };
const NO_FILE: Trouble = { ...TROUBLE, code: "not_a_regular_file" };
const SOME = { count: 7, numbers: [2, 4, 6, 8, 10, 12, 14] };
const { paths, legacy, git, disk, pointers, config, layout, workflow } =
  wellFacts();
const NOTE = { path: "/shop/x", message: "/shop/x:1 is doubtful" };

type Facts = Partial<DiagnosisFacts>;

function path(fact: Partial<PathFact>): Facts {
  const path = "/shop/.orchestrator/secrets/api_token";
  const usual = { path, kind: "file", mode: 0o600, uid: 1 } as const;
  return { paths: [...paths, { ...usual, ...fact }] };
}

function pointing(fact: Partial<DiagnosisFacts["pointers"][number]>): Facts {
  return { pointers: pointers.map((usual) => ({ ...usual, ...fact })) };
}

function lock(...holder: Parameters<typeof lockFact>): Facts {
  return { locks: [lockFact(...holder)] };
}

function session(...facts: Parameters<typeof sessionFacts>): Facts {
  return { sessions: [sessionFacts(...facts)] };
}

const old = (facts: Partial<typeof legacy>): Facts => ({
  legacy: { ...legacy, ...facts },
});
const ofGit = (facts: Partial<typeof git>): Facts => ({
  git: { ...git, ...facts },
});
const onDisk = (facts: Partial<typeof disk>): Facts => ({
  disk: { ...disk, ...facts },
});
const on = (machine: Partial<DiagnosisFacts["machine"]>): Facts => ({
  machine: { ...wellFacts().machine, ...machine },
});
const set = (facts: Partial<typeof config>): Facts => ({
  config: { ...config, ...facts },
});

function store(change: Partial<DatabaseLook>): Partial<DiagnosisFacts> {
  return {
    store: {
      address: 'database "orc" at /shop/socket',
      status: {
        ...{ version: 2, known: 2, clockAheadMs: 2_000, server: "15.18" },
        ...{ encrypted: true, readOnly: false, superuser: false },
        ...{ connections: 90, maxConnections: 100 },
        ...{ missingRights: [], publicRights: [], holders: [] },
        ...change,
      },
    },
  };
}

/** The facts that make each finding, and nothing else. */
const CASES: Readonly<
  Record<Severity, readonly (readonly [string, Facts, isFixable?: true])[]>
> = {
  error: [
    ["not_readable", { troubles: [DENIED] }],
    ["symbolic_link", { troubles: [{ ...TROUBLE, code: "symbolic_link" }] }],
    ["damaged_repository_meta", { metaTrouble: TROUBLE }],
    ["invalid_workflow", {
      workflow: { ...workflow, sha256: null, trouble: TROUBLE },
    }],
    ["symbolic_link", path({ kind: "symlink", mode: 0o777 })],
    ["foreign_kind", path({ kind: "other", mode: 0o666 })],
    ["not_a_directory", path({ path: "/shop/.orchestrator/bindings" })],
    [
      "not_a_directory",
      path({ path: "/shop/.orchestrator/migration_pending" }),
    ],
    ["lock_foreign", { locks: [{ ...lockFact(null), trouble: TROUBLE }] }],
    ["damaged_current", pointing({ session: null, trouble: TROUBLE }), true],
    ["damaged_current", pointing({ session: null, trouble: NO_FILE })],
    [
      "damaged_binding",
      pointing({ kind: "binding", session: null, trouble: TROUBLE }),
      true,
    ],
    ["damaged_state", session({ state: null, trouble: TROUBLE })],
    ["not_readable", session({ state: null, trouble: DENIED })],
    ["foreign_state", session({ state: null, trouble: FOREIGN })],
    ["changed_outside", session({}, { checksum: "changed" })],
    ["damaged_workflow", session({}, { workflowProblem: "It is not valid" })],
    ["duplicate_id", session({}, { duplicate: { kind: "item", id: "a" } })],
    ["log_not_readable", session({}, {}, { trouble: TROUBLE })],
    ["state_behind_log", session({}, { missingEvents: 1 }, { lastSerial: 5 })],
    ["damaged_legacy_state", old({ trouble: TROUBLE })],
    [
      "invalid_setting",
      set({ troubles: [{ ...TROUBLE, code: "invalid_setting" }] }),
    ],
    ["unreadable_config", set({ troubles: [TROUBLE] })],
    ["not_writable", {
      unwritable: [{
        path: "/shop/.orchestrator",
        kind: "directory",
        mode: 0o755,
        uid: 0,
      }],
    }],
    ["store_unreachable", {
      store: { trouble: { ...TROUBLE, code: "store_unreachable" } },
    }],
    ["store_auth", { store: { trouble: { ...DENIED, code: "store_auth" } } }],
    ["store_not_prepared", store({ version: 0 })],
    [
      "store_rights_missing",
      store({ missingRights: ["insert on orc.log"] }),
    ],
    [
      "key_beside_secrets",
      { secrets: { ...wellSecrets(), keysBeside: ["/shop/.env"] } },
    ],
  ],
  warning: [
    ["doubtful_workflow", {
      workflow: { ...workflow, doubts: ["/shop/workflow.yaml:1:1: It passes"] },
    }],
    ["machine_vanishes", on({ vanishes: "yes" })],
    ["notify_failed", {
      notify: { at: "2026-03-01T10:00:00Z", message: "It is not there" },
    }],
    ["newer_store", store({ version: 3 })],
    ["store_read_only", store({ readOnly: true })],
    ["store_clock", store({ clockAheadMs: 2_001 })],
    ["store_clock", store({ clockAheadMs: -2_001 })],
    ["store_rights_wide", store({ publicRights: ["select on orc.log"] })],
    ["store_held", store({ holders: [{ pid: 9, user: "ada", seconds: 61 }] })],
    ["store_crowded", store({ connections: 91 })],
    ["unfinished_migration", { unfinishedMigrations: ["/shop/m"] }, true],
    ["damaged_migration_record", { migrationTrouble: TROUBLE }],
    ["not_ignored", ofGit({ isIgnored: false, hasIgnoreFile: false }), true],
    ["not_ignored", ofGit({ isIgnored: false })],
    ["not_ignored", ofGit({ unlisted: ["doctor_index.json"] }), true],
    ["tracked_by_git", ofGit({ isTracked: true })],
    ["stranded_state", {
      stranded: [{ layout: repositoryLayout("/linked"), sessions: ["0"] }],
    }],
    ["state_of_no_project", { isProject: false }],
    ["disk_space_low", onDisk({ freeBytes: 1000 })],
    ["read_only_file_system", onDisk({ isReadOnly: true })],
    ["network_file_system", onDisk({ type: "nfs4" })],
    ["network_file_system", onDisk({ type: "fuse.sshfs" })],
    ["missing_permission", path({ mode: 0o400 })],
    ["missing_permission", path({ kind: "directory" })],
    ["writable_by_others", path({ mode: 0o602 })],
    [
      "secret_readable",
      path({ path: "/shop/.orchestrator/api_token", mode: 0o640 }),
    ],
    ["foreign_owner", path({ uid: 0 })],
    ["lock_held_long", lock({ ageMs: 61_000 })],
    ["lock_of_unknown", lock({ liveness: "unknown", ageMs: 61_000 })],
    ["foreign_current", { foreignNames: ["current"] }],
    ["current_names_nothing", pointing({ session: "0" }), true],
    [
      "binding_names_nothing",
      pointing({ kind: "binding", session: "0" }),
      true,
    ],
    ["unfinished_session", session({ state: null })],
    ["damaged_meta", session({ metaTrouble: TROUBLE })],
    ["newer_format", session({}, { isNewer: true })],
    ["log_missing", session({}, {}, { isThere: false, lastSerial: 0 }), true],
    ["log_damaged_lines", session({}, {}, { damaged: SOME })],
    ["log_gaps", session({}, {}, { gaps: SOME })],
    ["legacy_beside_new", old({ session: { id: "0", adoption: "none" } })],
    ["legacy_changed", old({ session: { id: "0", adoption: "changed" } })],
    ["unreadable_secrets", { secrets: { trouble: TROUBLE } }],
    [
      "invalid_setting",
      set({
        troubles: [{ ...TROUBLE, code: "invalid_setting", isHarmless: true }],
      }),
    ],
  ],
  info: [
    ["workflow_changed", { workflow: { ...workflow, sha256: "ff" } }],
    ["no_hard_links", onDisk({ type: "exfat" })],
    ["foreign_files", { foreignNames: ["audit.jsonl"] }],
    ["lock_held", lock({})],
    ["lock_stale", lock({ liveness: "dead" }), true],
    ["lock_of_unknown", lock({ liveness: "unknown" })],
    ["lock_unreadable", lock(null), true],
    ["leftovers", {
      leftovers: [{ directory: "/shop/x", session: null, names: ["lock.tmp"] }],
    }, true],
    ["current_is_closed", session({}, { status: "completed" })],
    ["log_behind_state", session({}, { missingEvents: 2 }), true],
    ["log_torn", session({}, {}, { isTorn: true }), true],
    ["log_repeated_lines", session({}, {}, { repeated: SOME })],
    ["legacy_files", old({ paths: ["/shop/old"] })],
    ["custom_legacy_files", old({ custom: [".workflow_mine"] })],
    ["server_state", old({ isServer: true })],
    ["doubtful_setting", set({ notes: [NOTE] })],
    ["legacy_config", set({ legacyFiles: [layout.legacyOverrides] })],
    ["legacy_config", set({ legacyFiles: ["/shop/home/config.yaml"] })],
    ["unreadable_secrets", {
      secrets: { trouble: { ...DENIED, code: "permission_missing" } },
    }],
    ["machine_vanishes", on({ place: "Gitpod", vanishes: "maybe" })],
    ["store_rights_wide", store({ superuser: true })],
  ],
};

Deno.test("diagnose() finds nothing in a repository that is well", () => {
  assertEquals(diagnose(wellFacts()), []);
});

for (const severity of ["error", "warning", "info"] as const) {
  for (const [code, facts, isFixable = false] of CASES[severity]) {
    const suffix = isFixable ? ", which can be fixed" : "";
    Deno.test(`diagnose() finds the ${severity} ${code}${suffix}`, () => {
      const findings = diagnose(wellFacts(facts));
      assertEquals(
        findings.map((each) => [each.severity, each.code, each.fixable]),
        [[severity, code, isFixable]],
      );
      const [{ remedy, message } = { remedy: "", message: "" }] = findings;
      assert(remedy !== "");
      assertStringIncludes(message, "/shop");
    });
  }
}

/** Codes of what is found, in their order. */
function codesOf(facts: Facts): readonly string[] {
  return diagnose(wellFacts(facts)).map(({ code }) => code);
}

Deno.test("diagnose() says once what is wrong with a path that settings and secrets need too", () => {
  const codes = codesOf({
    metaTrouble: TROUBLE,
    ...set({ troubles: [TROUBLE] }),
    secrets: { trouble: TROUBLE },
  });
  assertEquals(codes, ["damaged_repository_meta"]);
});

Deno.test("diagnose() leaves what lies among the secrets to their own checks", () => {
  assertEquals(codesOf(path({ mode: 0o640 })), []);
});

Deno.test("diagnose() takes a migration that still runs for no damage", () => {
  const codes = codesOf({
    unfinishedMigrations: [layout.migrationPending],
    locks: [{ ...lockFact({}), session: null }],
  });
  assertEquals(codes, ["lock_held"]);
});

Deno.test("diagnose() names the worst first", () => {
  const codes = codesOf({
    metaTrouble: TROUBLE,
    foreignNames: ["x"],
    ...ofGit({ isTracked: true }),
  });
  const ranked = ["damaged_repository_meta", "tracked_by_git", "foreign_files"];
  assertEquals(codes, ranked);
});

Deno.test("diagnose() takes what a living process has not finished for no damage", () => {
  const busy = sessionFacts({}, { missingEvents: 1 }, { isTorn: true });
  const { directory, id } = busy;
  const codes = codesOf({
    sessions: [busy],
    ...lock({}),
    leftovers: [{ directory, session: id, names: ["state.json.1.tmp"] }],
  });
  assertEquals(codes, ["lock_held"]);
});

Deno.test("diagnose() asks one session after the other, and then about all logs", () => {
  const ill = (id: string) =>
    sessionFacts(
      { id, metaTrouble: TROUBLE },
      { missingEvents: 1, isNewer: true },
      { isTorn: true, damaged: SOME },
    );
  const findings = diagnose(wellFacts({
    pointers: [],
    sessions: [ill("a"), ill("b")],
  }));
  assertEquals(findings.map(({ code, session }) => `${code} ${session}`), [
    ...["damaged_meta a", "newer_format a", "damaged_meta b", "newer_format b"],
    ...["log_damaged_lines a", "log_damaged_lines b"],
    ...["log_behind_state a", "log_torn a", "log_behind_state b", "log_torn b"],
  ]);
});

Deno.test("diagnose() does not promise to mend the log of a state that cannot be updated", () => {
  const state = { checksum: "changed", missingEvents: 1 } as const;
  const findings = diagnose(wellFacts(session({}, state)));
  assertEquals(findings.map(({ code, fixable }) => [code, fixable]), [
    ["changed_outside", false],
    ["log_behind_state", false],
  ]);
});

Deno.test("diagnose() offers the way back to a checkpoint where there is one", () => {
  const facts = { state: null, trouble: TROUBLE, checkpoints: 2 };
  const [finding] = diagnose(wellFacts(session(facts)));
  assertStringIncludes(finding?.remedy ?? "", "orc doctor --restore 1a2b3c4d");
});

Deno.test("diagnose() leaves closed sessions with a bad workflow alone", () => {
  const duplicate = { kind: "item", id: "a" } as const;
  const closed = session({}, {
    status: "abandoned",
    duplicate,
    workflowProblem: "x",
  });
  assertEquals(codesOf({ pointers: [], ...closed }), []);
});

Deno.test("diagnose() names the topmost directory that others may change, and none below it", () => {
  const directory = "/shop/.orchestrator/sessions";
  const findings = diagnose(wellFacts({
    paths: [
      ...paths,
      { path: directory, kind: "directory", mode: 0o777, uid: 1 },
      { path: `${directory}/a/b`, kind: "file", mode: 0o666, uid: 1 },
    ],
  }));
  assertEquals(findings.map(({ path }) => path), [directory]);
});

Deno.test("diagnose() does not ask a portable repository to be ignored", () => {
  const open = ofGit({ isIgnored: false, isTracked: true });
  // Git puts a copy of the state into each linked worktree.
  const copy = { layout: repositoryLayout("/linked"), sessions: ["0"] };
  const facts = { isPortable: true, stranded: [copy], ...open };
  assertEquals(codesOf(facts), []);
});

Deno.test("diagnose() takes current for well that names the session of the older tool", () => {
  const session = { id: "1a2b3c4d", adoption: "none" } as const;
  assertEquals(codesOf({ sessions: [], ...old({ session }) }), []);
});

Deno.test("diagnose() says of what is not permitted only that, whatever was to be read", () => {
  const at = (path: string): Trouble => ({ ...DENIED, path });
  const { current, meta, sessionlessState } = layout;
  const codes = codesOf({
    metaTrouble: at(meta),
    migrationTrouble: at(layout.migrationRecord),
    workflow: { ...workflow, trouble: at(workflow.path ?? "") },
    locks: [{ ...lockFact(null), trouble: at("/shop/lock") }],
    ...pointing({ path: current, session: null, trouble: at(current) }),
    ...session({ metaTrouble: at("/shop/m") }, {}, { trouble: at("/shop/l") }),
    ...old({
      trouble: at(layout.legacyState),
      sessionlessTrouble: at(sessionlessState),
    }),
    ...set({ troubles: [at(layout.config)] }),
    secrets: { trouble: at(layout.secrets) },
  });
  assertEquals(new Set(codes), new Set(["not_readable"]));
  assertEquals(codes.length, 11);
});

Deno.test("diagnose() says once that a directory may not be seen, and nothing of what lies in it", () => {
  const { directory, meta } = layout;
  const findings = diagnose(wellFacts({
    troubles: [{ ...DENIED, path: directory }],
    metaTrouble: { ...DENIED, path: meta },
    unwritable: [{ path: directory, kind: "directory", mode: 0o700, uid: 0 }],
  }));
  assertEquals(
    findings.map(({ code, path }) => [code, path]),
    [["not_readable", directory]],
  );
});

Deno.test("diagnose() names the flag where this process may not look", () => {
  const hint = "run it again with --allow-read=/shop";
  const trouble: Trouble = { ...DENIED, code: "permission_missing", hint };
  const [finding] = diagnose(wellFacts({ metaTrouble: trouble }));
  assertEquals(finding?.remedy, hint);
});

Deno.test("diagnoseSessions() says nothing of what may be hidden by what is looked at later", () => {
  const { layout } = wellFacts();
  const denied = sessionFacts({ state: null, trouble: DENIED });
  const damaged = sessionFacts({ state: null, trouble: TROUBLE });
  const facts = { ...wellFacts(), sessions: [denied, damaged] };
  const view = { layout, sessions: facts.sessions, locks: [], leftovers: [] };
  const early = diagnoseSessions(view);
  assertEquals(early.map(({ code }) => code), ["damaged_state"]);
  const all = diagnose(facts).map(({ code }) => code);
  assertEquals(all.sort(), ["damaged_state", "not_readable"]);
});
