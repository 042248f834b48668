import { repositoryLayout } from "../../src/base/layout.ts";
import type { DiagnosisFacts } from "../../src/doctor/facts.ts";
import type { LockFact } from "../../src/doctor/look.ts";
import type {
  LogFacts,
  SessionFacts,
  StateFacts,
} from "../../src/doctor/session_facts.ts";
import type { SecretFacts } from "../../src/secrets/rules.ts";

/** A part of some facts, at every depth. */
type Some<Facts> = Partial<Facts>;

const NONE = { count: 0, numbers: [] } as const;

/** A session that is well. */
export function sessionFacts(
  facts: Some<SessionFacts> = {},
  state: Some<StateFacts> = {},
  log: Some<LogFacts> = {},
): SessionFacts {
  const directory = "/shop/.orchestrator/sessions/1a2b3c4d";
  return {
    id: "1a2b3c4d",
    directory,
    statePath: `${directory}/state.json`,
    state: {
      status: "active",
      serial: 3,
      isNewer: false,
      checksum: "valid",
      missingEvents: 0,
      duplicate: null,
      workflowProblem: null,
      pinned: { path: "/shop/workflow.yaml", sha256: "abcd" },
      ...state,
    },
    trouble: null,
    log: {
      path: `${directory}/log.jsonl`,
      isThere: true,
      trouble: null,
      lastSerial: 3,
      recentIds: new Set(),
      isTorn: false,
      fromByte: 0,
      damaged: NONE,
      repeated: NONE,
      gaps: NONE,
      ...log,
    },
    contradictions: [],
    merge: null,
    metaTrouble: null,
    checkpoints: 0,
    odd: [],
    sight: null,
    isUnchanged: false,
    ...facts,
  };
}

/** The lock of the session. */
export function lockFact(
  holder: Some<NonNullable<LockFact["holder"]>> | null,
): LockFact {
  const usual = { pid: 7, host: "here", purpose: "orc complete a" };
  return {
    path: "/shop/.orchestrator/sessions/1a2b3c4d/lock",
    session: "1a2b3c4d",
    holder: holder &&
      { ...usual, ageMs: 1500, liveness: "alive", ...holder },
    trouble: null,
  };
}

/** No secrets, and none that is asked for. */
export function wellSecrets(): SecretFacts {
  return {
    directory: "/shop/.orchestrator/secrets",
    missing: [],
    files: [],
    identity: null,
    keysBeside: [],
    tokenFiles: [],
    legacyPath: null,
  };
}

/** A repository that is well. */
export function wellFacts(facts: Some<DiagnosisFacts> = {}): DiagnosisFacts {
  return {
    layout: repositoryLayout("/shop"),
    isProject: true,
    foreign: [],
    stranded: [],
    notify: null,
    machine: { place: null, vanishes: "no", branchPrefix: null },
    paths: [
      { path: "/shop/.orchestrator", kind: "directory", mode: 0o755, uid: 1 },
      {
        path: "/shop/.orchestrator/current",
        kind: "file",
        mode: 0o644,
        uid: 1,
      },
    ],
    foreignNames: [],
    unfinishedMigrations: [],
    migrationTrouble: null,
    isPortable: false,
    troubles: [],
    metaTrouble: null,
    locks: [],
    leftovers: [],
    sessions: [sessionFacts()],
    index: null,
    pointers: [{
      path: "/shop/.orchestrator/current",
      kind: "current",
      session: "1a2b3c4d",
      trouble: null,
    }],
    missing: [],
    legacy: {
      paths: [],
      custom: [],
      session: null,
      trouble: null,
      isServer: false,
      sessionlessTrouble: null,
    },
    git: {
      isRepository: true,
      isIgnored: true,
      hasIgnoreFile: true,
      lacksMergeRules: false,
      unlisted: [],
      isTracked: false,
    },
    disk: {
      path: "/shop/.orchestrator",
      freeBytes: 1e9,
      type: "ext4",
      isReadOnly: false,
    },
    unwritable: [],
    workflow: {
      path: "/shop/workflow.yaml",
      sha256: "abcdef",
      trouble: null,
      doubts: [],
    },
    config: { legacyFiles: [], troubles: [], notes: [] },
    secrets: wellSecrets(),
    store: null,
    ...facts,
  };
}
