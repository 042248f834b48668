import type { Severity } from "../../src/base/finding.ts";
import { diagnose } from "../../src/doctor/rules.ts";
import type {
  DiagnosisFacts,
  PathFact,
  Trouble,
} from "../../src/doctor/session_rules.ts";
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
const SOME = { count: 7, numbers: [2, 4, 6, 8, 10, 12, 14] };
const { paths, legacy, git, disk, pointers, config, layout } = wellFacts();
const NOTE = { path: "/shop/x", message: "/shop/x:1 is doubtful" };

function pathFact(fact: Partial<PathFact>): Pick<DiagnosisFacts, "paths"> {
  const path = "/shop/.orchestrator/secrets/api_token";
  const usual = { path, kind: "file", mode: 0o600, uid: 1 } as const;
  return { paths: [...paths, { ...usual, ...fact }] };
}

function pointing(
  fact: Partial<DiagnosisFacts["pointers"][number]>,
): Pick<DiagnosisFacts, "pointers"> {
  return { pointers: pointers.map((usual) => ({ ...usual, ...fact })) };
}

/** What makes each finding, and nothing else. */
const CASES: readonly (readonly [
  Severity,
  code: string,
  Partial<DiagnosisFacts>,
  isFixable?: true,
])[] = [
  ["error", "not_readable", { troubles: [DENIED] }],
  ["error", "symbolic_link", {
    troubles: [{ ...TROUBLE, code: "symbolic_link" }],
  }],
  ["error", "damaged_repository_meta", { metaTrouble: TROUBLE }],
  ["error", "invalid_workflow", {
    workflow: { sha256: null, trouble: TROUBLE },
  }],
  ["info", "workflow_changed", { workflow: { sha256: "ff", trouble: null } }],
  [
    "warning",
    "unfinished_migration",
    { unfinishedMigrations: ["/shop/m"] },
    true,
  ],
  ["warning", "damaged_migration_record", { migrationTrouble: TROUBLE }],
  ["warning", "not_ignored", {
    git: { ...git, isIgnored: false, hasIgnoreFile: false },
  }, true],
  ["warning", "not_ignored", { git: { ...git, isIgnored: false } }],
  ["warning", "tracked_by_git", { git: { ...git, isTracked: true } }],
  ["warning", "disk_space_low", { disk: { ...disk, freeBytes: 1000 } }],
  ["warning", "read_only_file_system", { disk: { ...disk, isReadOnly: true } }],
  ["warning", "network_file_system", { disk: { ...disk, type: "nfs4" } }],
  ["warning", "network_file_system", { disk: { ...disk, type: "fuse.sshfs" } }],
  ["info", "no_hard_links", { disk: { ...disk, type: "exfat" } }],
  ["error", "symbolic_link", pathFact({ kind: "symlink", mode: 0o777 })],
  ["error", "foreign_kind", pathFact({ kind: "other", mode: 0o666 })],
  [
    "error",
    "not_a_directory",
    pathFact({ path: "/shop/.orchestrator/bindings" }),
  ],
  [
    "error",
    "not_a_directory",
    pathFact({ path: "/shop/.orchestrator/migration_pending" }),
  ],
  ["warning", "missing_permission", pathFact({ mode: 0o400 })],
  ["warning", "missing_permission", pathFact({ kind: "directory" })],
  ["warning", "writable_by_others", pathFact({ mode: 0o602 })],
  [
    "warning",
    "secret_readable",
    pathFact({
      path: "/shop/.orchestrator/api_token",
      mode: 0o640,
    }),
  ],
  ["warning", "foreign_owner", pathFact({ uid: 0 })],
  ["info", "foreign_files", { foreignNames: ["audit.jsonl"] }],
  ["info", "lock_held", { locks: [lockFact({})] }],
  ["warning", "lock_held_long", { locks: [lockFact({ ageMs: 61_000 })] }],
  ["info", "lock_stale", { locks: [lockFact({ liveness: "dead" })] }, true],
  ["info", "lock_of_unknown", { locks: [lockFact({ liveness: "unknown" })] }],
  ["warning", "lock_of_unknown", {
    locks: [lockFact({ liveness: "unknown", ageMs: 61_000 })],
  }],
  ["info", "lock_unreadable", { locks: [lockFact(null)] }, true],
  ["error", "lock_foreign", {
    locks: [{ ...lockFact(null), trouble: TROUBLE }],
  }],
  ["info", "leftovers", {
    leftovers: [{ directory: "/shop/x", session: null, names: ["lock.1.tmp"] }],
  }, true],
  [
    "error",
    "damaged_current",
    pointing({ session: null, trouble: TROUBLE }),
    true,
  ],
  [
    "error",
    "damaged_current",
    pointing({
      session: null,
      trouble: { ...TROUBLE, code: "not_a_regular_file" },
    }),
  ],
  [
    "error",
    "damaged_binding",
    pointing({
      kind: "binding",
      session: null,
      trouble: TROUBLE,
    }),
    true,
  ],
  ["warning", "current_names_nothing", pointing({ session: "0" }), true],
  [
    "warning",
    "binding_names_nothing",
    pointing({
      kind: "binding",
      session: "0",
    }),
    true,
  ],
  ["info", "current_is_closed", {
    sessions: [sessionFacts({}, { status: "completed" })],
  }],
  ["warning", "unfinished_session", {
    sessions: [sessionFacts({ state: null })],
  }],
  ["error", "damaged_state", {
    sessions: [sessionFacts({ state: null, trouble: TROUBLE })],
  }],
  ["error", "not_readable", {
    sessions: [sessionFacts({ state: null, trouble: DENIED })],
  }],
  ["error", "foreign_state", {
    sessions: [
      sessionFacts({
        state: null,
        trouble: { ...TROUBLE, code: "foreign_state" },
      }),
    ],
  }],
  ["warning", "damaged_meta", {
    sessions: [sessionFacts({ metaTrouble: TROUBLE })],
  }],
  ["error", "changed_outside", {
    sessions: [sessionFacts({}, { checksum: "changed" })],
  }],
  ["warning", "newer_format", {
    sessions: [sessionFacts({}, { isNewer: true })],
  }],
  ["error", "damaged_workflow", {
    sessions: [sessionFacts({}, { workflowProblem: "It is not valid" })],
  }],
  ["error", "duplicate_id", {
    sessions: [sessionFacts({}, { duplicate: { kind: "item", id: "a" } })],
  }],
  ["error", "log_not_readable", {
    sessions: [sessionFacts({}, {}, { trouble: TROUBLE })],
  }],
  ["error", "state_behind_log", {
    sessions: [sessionFacts({}, {}, { lastSerial: 5 })],
  }],
  ["warning", "log_missing", {
    sessions: [sessionFacts({}, {}, { isThere: false, lastSerial: 0 })],
  }, true],
  ["info", "log_behind_state", {
    sessions: [sessionFacts({}, { missingEvents: 2 })],
  }, true],
  [
    "info",
    "log_torn",
    { sessions: [sessionFacts({}, {}, { isTorn: true })] },
    true,
  ],
  ["warning", "log_damaged_lines", {
    sessions: [sessionFacts({}, {}, { damaged: SOME })],
  }],
  ["info", "log_repeated_lines", {
    sessions: [sessionFacts({}, {}, { repeated: SOME })],
  }],
  ["warning", "log_gaps", { sessions: [sessionFacts({}, {}, { gaps: SOME })] }],
  ["info", "legacy_files", { legacy: { ...legacy, paths: ["/shop/old"] } }],
  ["info", "custom_legacy_files", {
    legacy: { ...legacy, custom: [".workflow_mine"] },
  }],
  ["error", "damaged_legacy_state", {
    legacy: { ...legacy, trouble: TROUBLE },
  }],
  ["warning", "legacy_beside_new", {
    legacy: { ...legacy, session: { id: "0", adoption: "none" } },
  }],
  ["warning", "legacy_changed", {
    legacy: { ...legacy, session: { id: "0", adoption: "changed" } },
  }],
  ["info", "server_state", { legacy: { ...legacy, sessionless: "server" } }],
  ["error", "invalid_setting", {
    config: {
      ...config,
      troubles: [{ ...TROUBLE, code: "invalid_setting" }],
    },
  }],
  ["error", "unreadable_config", { config: { ...config, troubles: [DENIED] } }],
  ["info", "doubtful_setting", { config: { ...config, notes: [NOTE] } }],
  ["info", "legacy_config", {
    config: { ...config, legacyFiles: [layout.legacyOverrides] },
  }],
  ["info", "legacy_config", {
    config: { ...config, legacyFiles: ["/shop/home/config.yaml"] },
  }],
  ["error", "key_beside_secrets", {
    secrets: { ...wellSecrets(), keysBeside: ["/shop/.env"] },
  }],
  ["warning", "unreadable_secrets", { secrets: { trouble: TROUBLE } }],
  ["info", "unreadable_secrets", {
    secrets: { trouble: { ...DENIED, code: "permission_missing" } },
  }],
];

Deno.test("diagnose() finds nothing in a repository that is well", () => {
  assertEquals(diagnose(wellFacts()), []);
});

for (const [severity, code, facts, isFixable = false] of CASES) {
  const suffix = isFixable ? ", which can be fixed" : "";
  Deno.test(`diagnose() finds the ${severity} ${code}${suffix}`, () => {
    const findings = diagnose(wellFacts(facts));
    assertEquals(
      findings.map((finding) => [finding.severity, finding.code]),
      [[severity, code]],
    );
    const [finding] = findings;
    assert(finding);
    assertEquals(finding.fixable, isFixable);
    assert(finding.remedy !== "");
    assertStringIncludes(finding.message, "/shop");
  });
}

Deno.test("diagnose() says once what is wrong with a path that settings and secrets need too", () => {
  const findings = diagnose(wellFacts({
    metaTrouble: TROUBLE,
    config: { ...config, troubles: [TROUBLE] },
    secrets: { trouble: TROUBLE },
  }));
  assertEquals(findings.map(({ code }) => code), ["damaged_repository_meta"]);
});

Deno.test("diagnose() leaves what lies among the secrets to their own checks", () => {
  assertEquals(diagnose(wellFacts(pathFact({ mode: 0o640 }))), []);
});

Deno.test("diagnose() takes a migration that still runs for no damage", () => {
  const findings = diagnose(wellFacts({
    unfinishedMigrations: [layout.migrationPending],
    locks: [{ ...lockFact({}), session: null }],
  }));
  assertEquals(findings.map(({ code }) => code), ["lock_held"]);
});

Deno.test("diagnose() names the worst first", () => {
  const findings = diagnose(wellFacts({
    metaTrouble: TROUBLE,
    foreignNames: ["x"],
    git: { ...git, isTracked: true },
  }));
  assertEquals(findings.map(({ severity }) => severity), [
    "error",
    "warning",
    "info",
  ]);
});

Deno.test("diagnose() takes what a living process has not finished for no damage", () => {
  const session = sessionFacts({}, { missingEvents: 1 }, { isTorn: true });
  const { directory, id } = session;
  const findings = diagnose(wellFacts({
    sessions: [session],
    locks: [lockFact({})],
    leftovers: [{ directory, session: id, names: ["state.json.1.tmp"] }],
  }));
  assertEquals(findings.map(({ code }) => code), ["lock_held"]);
});

Deno.test("diagnose() does not promise to mend the log of a state that cannot be updated", () => {
  const state = { checksum: "changed", missingEvents: 1 } as const;
  const findings = diagnose(wellFacts({ sessions: [sessionFacts({}, state)] }));
  assertEquals(findings.map(({ code, fixable }) => [code, fixable]), [
    ["changed_outside", false],
    ["log_behind_state", false],
  ]);
});

Deno.test("diagnose() offers the way back to a checkpoint where there is one", () => {
  const session = sessionFacts({
    state: null,
    trouble: TROUBLE,
    checkpoints: 2,
  });
  const [finding] = diagnose(wellFacts({ sessions: [session] }));
  assertStringIncludes(finding?.remedy ?? "", "orc doctor --restore 1a2b3c4d");
});

Deno.test("diagnose() leaves closed sessions with a bad workflow alone", () => {
  const duplicate = { kind: "item", id: "a" } as const;
  const facts = wellFacts({
    pointers: [],
    sessions: [
      sessionFacts({}, {
        status: "abandoned",
        duplicate,
        workflowProblem: "x",
      }),
    ],
  });
  assertEquals(diagnose(facts), []);
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
  const facts = wellFacts({
    isPortable: true,
    git: { ...git, isIgnored: false, isTracked: true },
  });
  assertEquals(diagnose(facts), []);
});

Deno.test("diagnose() takes current for well that names the session of the older tool", () => {
  const facts = wellFacts({
    sessions: [],
    legacy: { ...legacy, session: { id: "1a2b3c4d", adoption: "none" } },
  });
  assertEquals(diagnose(facts), []);
});
