import { LOCK_NAME, sessionLayout } from "../../src/base/layout.ts";
import { decodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { lookAt } from "../../src/files/lock_record.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import type { Session } from "../../src/session/store.ts";
import { startSession } from "../../src/work/start.ts";
import type { Decision, SessionState } from "../../src/workflow/types.ts";

/** A session in which each process has an item of its own to count in. */
export interface TortureSession {
  readonly root: string;
  readonly id: string;
}

/** The item of a process. */
export function itemOf(process: number): string {
  return `process_${process}`;
}

/** Starts a session in a new directory. */
export async function startTorture(
  root: string,
  processes: number,
): Promise<TortureSession> {
  const items = Array.from(
    { length: processes },
    (_, process) => `      - { id: ${itemOf(process)}, name: Counts }\n`,
  );
  Deno.writeTextFileSync(
    `${root}/workflow.yaml`,
    `name: Torture\nphases:\n  - id: COUNT\n    name: Count\n    items:\n${
      items.join("")
    }`,
  );
  const host = { ...denoHost(), env: () => undefined };
  const { place } = await startSession(host, { root, task: "Be tortured" });
  if (place.session === null) throw new Error("No session was started");
  return { root, id: place.session };
}

/** How far an item has counted. */
export function countOf({ phases }: SessionState, itemId: string): number {
  const item = phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId);
  if (item === undefined) throw new Error(`There is no ${itemId}`);
  return Number(item.notes ?? 0);
}

/** Decides to count one further: an update that is lost is missing in the count for ever. */
export function countFurther(
  { state }: Pick<Session, "state">,
  itemId: string,
): Decision {
  const count = countOf(state, itemId) + 1;
  const phases = state.phases.map((phase) => ({
    ...phase,
    items: phase.items.map((item) =>
      item.id === itemId ? { ...item, notes: String(count) } : item
    ),
  }));
  return {
    state: { ...state, phases },
    events: [{
      type: "note_added",
      phaseId: "COUNT",
      itemId,
      message: `Counted: ${count}`,
      details: new Map([["note", String(count)]]),
      actor: "system",
    }],
  };
}

/**
 * Makes one more update, as a command two minutes later would: it heals what the killed ones left.
 * Until then the ticket of a killed process may be that of one that still waits.
 */
export async function healTorture(
  { root, id }: TortureSession,
): Promise<Session> {
  const now = () => new Date(Date.now() + 120_000).toISOString();
  const { store } = openRepository({ ...denoHost(), now }, { root });
  const { session } = await store.update(
    id,
    (session) => countFurther(session, itemOf(0)),
  );
  return session;
}

/** The lines of the session's log as events; one that is none, and was not healed, is undefined. */
export function eventsOf(
  { root, id }: TortureSession,
): readonly (RecordedEvent | undefined)[] {
  const text = Deno.readTextFileSync(sessionLayout(root, id).log);
  const lines = text.slice(0, -1).split("\n");
  return lines.flatMap((line, index) => {
    const event = decodeLogLine(line);
    const isHealed = lines[index + 1]?.startsWith(line) ?? false;
    return event === undefined && isHealed ? [] : [event];
  });
}

/** Names in the session's directory. */
export function filesOf({ root, id }: TortureSession): readonly string[] {
  const { directory } = sessionLayout(root, id);
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** Process id of whoever holds the session's lock just now. */
export function holderOf({ root, id }: TortureSession): number | undefined {
  const { directory } = sessionLayout(root, id);
  const seen = lookAt(`${directory}/${LOCK_NAME}`);
  return seen.kind === "record" ? seen.record.pid : undefined;
}
