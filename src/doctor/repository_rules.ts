import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { listOf } from "../base/text.ts";
import type { DiagnosisFacts } from "./diagnosis_facts.ts";

/** What the older Python tool left beside `.orchestrator/`. */
export const legacyChecks = [
  toMigrate,
  custom,
  damagedState,
  besideNew,
  changedSinceAdoption,
  serverState,
];

const MIGRATE = "see what would move: orc migrate --dry-run";

function toMigrate({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  const [first] = legacy.paths;
  if (first === undefined) return [];
  const named = listOf(legacy.paths.map(nameOf), MAX_CANDIDATES);
  return [infoFinding({
    code: "legacy_files",
    path: first,
    message: `"${layout.root}" holds files of the older tool: ${named}`,
    remedy: MIGRATE,
  })];
}

function custom({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  if (legacy.custom.length === 0) return [];
  const named = listOf(legacy.custom, MAX_CANDIDATES);
  return [infoFinding({
    code: "custom_legacy_files",
    path: layout.root,
    message:
      `"${layout.root}" holds files that are named like those of the older tool: ${named}`,
    remedy: "nothing to do: a migration leaves them",
  })];
}

function damagedState({ legacy }: DiagnosisFacts): readonly Finding[] {
  const { trouble } = legacy;
  if (trouble === null) return [];
  return [errorFinding({
    code: "damaged_legacy_state",
    path: trouble.path,
    message: trouble.message,
    remedy: trouble.kind === "denied"
      ? "see who owns it and what its mode allows, with ls -l"
      : "put back a good copy of the file, or move it away",
  })];
}

/** The new place wins, so that a session in the old one is hidden by any that is open. */
function besideNew(
  { legacy, sessions, layout }: DiagnosisFacts,
): readonly Finding[] {
  const isHidden = legacy.session?.adoption === "none" &&
    sessions.some(({ state }) => state?.status === "active");
  if (!isHidden) return [];
  return [warningFinding({
    code: "legacy_beside_new",
    path: layout.legacyState,
    session: legacy.session?.id ?? null,
    message:
      `Both "${layout.directory}" and "${layout.legacyState}" hold a session; the first one is used`,
    remedy: MIGRATE,
  })];
}

function changedSinceAdoption(
  { legacy, layout }: DiagnosisFacts,
): readonly Finding[] {
  if (legacy.session?.adoption !== "changed") return [];
  return [warningFinding({
    code: "legacy_changed",
    path: layout.legacyState,
    session: legacy.session.id,
    message:
      `"${layout.legacyState}" has changed since its session was taken over; that change is not in "${layout.directory}"`,
    remedy: MIGRATE,
  })];
}

function serverState({ legacy, layout }: DiagnosisFacts): readonly Finding[] {
  if (legacy.sessionless !== "server") return [];
  return [infoFinding({
    code: "server_state",
    path: layout.sessionlessState,
    message:
      `"${layout.sessionlessState}" is no session: the older tool's server keeps its data there`,
    remedy: "leave it to that server; orc does not touch it",
  })];
}
