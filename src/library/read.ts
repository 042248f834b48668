import type { ChecksumVerdict } from "../base/checksum.ts";
import type { JsonNumber } from "../base/json.ts";
import { plainOf } from "../base/plain.ts";
import { type OpenGate, openGates } from "../engine/gates.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import type { Past, PastOptions } from "../repository/past.ts";
import {
  openSession,
  type SessionOptions,
  type SessionSource,
} from "../repository/select.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";

/**
 * Data as `JSON.stringify` and `structuredClone` take it: mappings are objects. A number that a
 * double would spell otherwise is the text of its digits.
 */
export type Plain<Value> = Value extends JsonNumber ? number | string
  : Value extends ReadonlyMap<string, infer Member>
    ? { readonly [key: string]: Plain<Member> }
  : Value extends readonly (infer Entry)[] ? readonly Plain<Entry>[]
  : Value extends object ? { readonly [Key in keyof Value]: Plain<Value[Key]> }
  : Value;

/** The open gates of a session. */
export interface Gates {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Those of all phases, in the order of the workflow. */
  readonly gates: readonly OpenGate[];
}

/**
 * Reads which gates of a session are open, in all phases. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function readGates(
  host: Host,
  options: SessionOptions = {},
): Promise<Gates> {
  const { place, workflow, session } = await openSession(host, options, {});
  return { place, gates: openGates(workflow, session.state) };
}

/** All that orc keeps of a session, as plain data. */
export interface SessionReading {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Its id. */
  readonly session: string;
  /** How it was decided that this session is meant. */
  readonly sessionSource: SessionSource;
  /** Number of its last update; 0 when only the Python tool wrote it. */
  readonly serial: number;
  /** Whether it still lies in the older tool's file. */
  readonly legacy: boolean;
  /** Whether the state is what its last writer signed. */
  readonly checksum: ChecksumVerdict;
  /** Phases and items, and what was said of them. */
  readonly state: Plain<SessionState>;
  /** The process it follows, with its texts filled in. */
  readonly workflow: Plain<Workflow>;
  /** That the state is as it was, where that was asked for. */
  readonly past?: Past;
}

/**
 * Reads the state of a session, its workflow and its number, also of a legacy session. Takes no lock
 * and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `no_such_update` or `not_covered` (not_found), `invalid_number` (usage) for `at`
 */
export async function readSession(
  host: Host,
  { at, ...options }: PastOptions = {},
): Promise<SessionReading> {
  const now = await openSession(host, options, {});
  const { opened, past } = at === undefined
    ? { opened: now, past: undefined }
    : await (await import("../repository/past.ts")).asItWas(now, at);
  const { place, session, source, workflow } = opened;
  return {
    place,
    session: session.id,
    sessionSource: source,
    serial: session.serial,
    legacy: session.legacyPath !== null,
    checksum: session.checksum,
    state: plainOf(session.state) as Plain<SessionState>,
    workflow: plainOf(workflow) as Plain<Workflow>,
    ...past && { past },
  };
}
