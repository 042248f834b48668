import { asObject, parseJson } from "../../src/base/json.ts";
import type { LegacyFile } from "../../src/files/tree.ts";
import type {
  LegacyFacts,
  PresentSession,
} from "../../src/migration/session_plan.ts";
import { decodeUnsigned } from "../../src/session/codec.ts";
import type { MigrationRecord } from "../../src/transfer/record.ts";
import type { SessionState } from "../../src/workflow/types.ts";

/** A legacy file that somebody found. */
export function file(path: string, sha256 = `hash of ${path}`): LegacyFile {
  const attributes = { sizeBytes: 100, mode: 0o644, mtimeMs: 1, sha256 };
  return { path, kind: "file", ...attributes };
}

/** A state with one item. */
export function state(
  workflowId: string,
  fields: Readonly<Record<string, unknown>> = {},
): SessionState {
  const text = JSON.stringify({
    workflow_id: workflowId,
    workflow_type: "T",
    workflow_version: "1",
    task_description: `Task of ${workflowId}`,
    current_phase_id: "DO",
    phases: { DO: { id: "DO", items: { it: { id: "it" } } } },
    ...fields,
  });
  const value = parseJson(text, "state");
  if (asObject(value) === undefined) throw new Error("no object");
  return decodeUnsigned(value, "state").state;
}

/** A session in the new place. */
export function present(
  id: string,
  workflowId: string,
  fields: Partial<PresentSession> = {},
): PresentSession {
  return {
    id,
    state: state(workflowId),
    stateSha256: `state of ${id}`,
    adoptedSha256: null,
    checkpointNames: new Set(),
    feedback: new Set(),
    ...fields,
  };
}

/** Nothing at all, and what a test adds. */
export function facts(fields: Partial<LegacyFacts> = {}): LegacyFacts {
  return {
    states: [],
    lines: [],
    checkpoints: [],
    wholes: [],
    trees: [],
    files: [],
    rebuilt: [],
    left: [],
    warnings: [],
    present: [],
    sessionIds: new Set(fields.present?.map(({ id }) => id)),
    hasCurrent: false,
    freeBytes: null,
    canLink: true,
    ...fields,
  };
}

/** The record of a migration that made one session. */
export const RECORD: MigrationRecord = {
  id: "20260301t100000z-1",
  at: "2026-03-01T10:00:00Z",
  version: "0.1.0",
  importedFrom: null,
  files: [file(".workflow_state.json")],
  retired: [".workflow_state.json"],
  placed: [{ path: "sessions/a/state.json", sizeBytes: 1, sha256: "x" }],
  units: [{ path: "sessions/a", replaces: false }],
  sessions: ["a"],
  made: [".", "sessions"],
};
