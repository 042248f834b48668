import { onRefusal } from "../base/error.ts";
import { asObject, type JsonObject, textAt } from "../base/json.ts";
import { closedIn } from "../engine/state.ts";
import type { Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import { fileKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import type { Past, PastOptions, PastSession } from "../repository/past.ts";
import {
  type OpenedSession,
  openSession,
  type SessionSource,
} from "../repository/select.ts";

/** What of a session is looked at. */
export interface StatusOptions extends PastOptions {
  /** Also compares the files that checks saw with those that are there, which runs git. */
  readonly check?: boolean;
}

/** Where a session stands. */
export interface Status extends Summary {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Id of the session. */
  readonly session: string;
  /** What people call it; null when nobody gave it a name. */
  readonly name: string | null;
  /** How it was decided that this session is meant. */
  readonly sessionSource: SessionSource;
  /** Number of the session's last update; 0 when only the Python tool wrote it. */
  readonly serial: number;
  /** Whether the session still lies in the older tool's file. */
  readonly legacy: boolean;
  /** One of the workflow's words; null where it has no sizes. */
  readonly size: string | null;
  /** Now, an instant in UTC, so that the age of things can be shown. */
  readonly at: string;
  /** That it is shown as it was, where that was asked for. */
  readonly past?: Past;
  /** What to know before going on, such as a state changed outside orc, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Reads where a session stands, or stood. Takes no lock, writes nothing, works in a read-only directory.
 *
 * Requires `--allow-read` and, with `check`, `--allow-run` of git.
 *
 * @throws {OrcError} `no_session` or `no_such_session` (not_found), `invalid_json` or
 *   `invalid_state` (corrupt)
 * @throws {OrcError} `no_such_update` or `not_covered` (not_found), `invalid_number` (usage) for `at`
 */
export async function readStatus(
  host: Host,
  options: StatusOptions = {},
): Promise<Status> {
  return (await openStatus(host, options)).status;
}

/** The same, with the session that it was read from. */
export async function openStatus(
  host: Host,
  { at, check, ...options }: StatusOptions,
): Promise<{ readonly status: Status; readonly opened: OpenedSession }> {
  const now = await openSession(host, options, {});
  const then: Partial<PastSession> = at === undefined
    ? {}
    : await (await import("../repository/past.ts")).asItWas(now, at);
  const { opened = now, past, doubts = [] } = then;
  const { session, source, workflow, place, repository } = opened;
  const legacy = session.legacyPath !== null;
  const warnings = [...doubts, ...await warningsOf(opened)];
  if (check) {
    const { renewalWarnings } = await import("./renewal.ts");
    warnings.push(...await renewalWarnings(host, opened));
  }
  const meta = legacy ? undefined : await repository.store.meta(session.id)
    .catch(onRefusal(({ message }) => void warnings.push(message)));
  if (meta?.has("arrivals")) {
    const { approvedElsewhere } = await import("./approvals.ts");
    warnings.push(...await approvedElsewhere(repository, session));
  }
  if (meta?.has("moved")) {
    const { movedAway, movedText } = await import("../session/kept/carried.ts");
    warnings.push(...[movedAway(meta) ?? []].flat().map(movedText));
  }
  const sizing = asObject(asObject(session.state.definition)?.get("sizing"));
  const status = {
    ...summarize(workflow, session.state),
    place,
    session: session.id,
    name: meta && textAt(meta, "name") || null,
    sessionSource: source,
    serial: session.serial,
    legacy,
    size: textAt(sizing ?? new Map(), "size"),
    at: host.now(),
    ...past && { past },
    warnings,
  };
  return { status, opened };
}

/** Most sessions follow the workflow's file alone. */
export async function overrideWarnings(
  metadata: JsonObject,
): Promise<readonly string[]> {
  if (!metadata.has("overrides")) return [];
  const module = await import("../repository/overrides.ts");
  return module.overrideTexts(module.overridesIn(metadata));
}

async function warningsOf(opened: OpenedSession): Promise<string[]> {
  const { session, repository, refusal } = opened;
  const warnings: string[] = [];
  if (refusal !== null) {
    warnings.push(`${refusal.message}; it is shown, and updates are refused`);
  }
  if (session.checksum === "changed") {
    warnings.push(
      "state.json was changed outside orc; it is shown, and updates are refused",
    );
  }
  const { layout } = repository;
  if (!session.legacyPath && fileKind(layout.legacyState) !== "absent") {
    const { legacyConflict } = await import("../session/legacy.ts");
    warnings.push(...await legacyConflict(layout));
  }
  warnings.push(
    ...await contradictions(opened),
    ...await overrideWarnings(session.state.metadata),
    ...textAt(session.state.metadata, "workflow_yaml_path") !== null
      ? await (await import("./drift.ts")).workflowDrift(opened)
      : [],
  );
  return warnings;
}

/** Says so when a state does not follow from its log; all of it is read only where it looks so at a glance. */
async function contradictions(
  { repository, session, workflow }: OpenedSession,
): Promise<readonly string[]> {
  const { chain, id, lastEvents, state } = session;
  if (chain === null) return [];
  const last = lastEvents.at(-1)?.link?.chain ?? chain.head;
  const isInStep = closedIn(state) === chain.closed && last === chain.head &&
    await repository.store.logBytes(id) >= chain.offsetBytes;
  if (isInStep) return [];
  const { contradictionsIn } = await import("../session/trace.ts");
  return await contradictionsIn(repository, session, workflow);
}
