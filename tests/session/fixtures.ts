import {
  type RepositoryLayout,
  repositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../../src/base/layout.ts";
import { eventOf } from "../../src/contract/fixtures.ts";
import { decide } from "../../src/engine/decide.ts";
import { decodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import type {
  Liveness,
  LockRecord,
  ProcessIdentity,
} from "../../src/files/lock_record.ts";
import { fileStore } from "../../src/session/read.ts";
import type { SessionStore, StoreContext } from "../../src/session/store.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import {
  HUMAN,
  itemOf,
  phaseOf,
  START,
  workflowOf,
} from "../engine/fixtures.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";

export {
  complete,
  completedItems,
  eventOf,
  noteOf,
} from "../../src/contract/fixtures.ts";

/** The instant at which everything happens in these tests. */
export const NOW = "2026-03-01T10:00:00Z";

/** Id of the session in {@linkcode withSession}. */
export const SESSION_ID = "01kjtest00000000000000abcd";

/** This process, as its locks name it. */
export const OWN_IDENTITY: ProcessIdentity = {
  pid: 4711,
  start: "123456",
  startedAtMs: 1_772_359_000_000,
  boot: "b0",
  namespace: "pid:[1]",
  host: "here",
  runtime: "deno",
};

/** A token that is never used twice: its number in 32 digits. */
export function tokenOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}

/** The lock of another process. */
export function foreignRecord(overrides: Partial<LockRecord> = {}): LockRecord {
  return {
    ...OWN_IDENTITY,
    pid: 815,
    start: "99",
    token: tokenOf(0xf00),
    at: "2026-03-01T09:59:48Z",
    purpose: "complete",
    ...overrides,
  };
}

/** The text of a lock file, spelled out here so that its format cannot change unnoticed. */
export function lockText(record: LockRecord): string {
  const { startedAtMs, ...rest } = record;
  const fields = { format: 1, ...rest, started_at_ms: startedAtMs };
  return `${JSON.stringify(fields)}\n`;
}

/** What tests may decide about the surroundings of a store. */
export interface ContextOptions {
  readonly timeoutMs?: number;
  readonly livenessOf?: (holder: ProcessIdentity) => Liveness;
  readonly now?: () => string;
  /** Number of the first token. */
  readonly firstToken?: number;
  /** Number of the first event. */
  readonly firstEvent?: number;
}

/** Surroundings of a store in which nothing happens by chance. */
export function storeContext(options: ContextOptions = {}): StoreContext {
  let token = options.firstToken ?? 1;
  let event = options.firstEvent ?? 0;
  const newId = () => `01kjevent${String(event++).padStart(17, "0")}`;
  return {
    timeoutMs: options.timeoutMs ?? 60,
    purpose: "test",
    now: options.now ?? (() => NOW),
    newToken: () => tokenOf(token++),
    identity: () => OWN_IDENTITY,
    livenessOf: options.livenessOf ?? (() => "alive"),
    idSource: () => Promise.resolve(newId),
  };
}

/** The state of a session that has just started, with one phase of untouched items. */
export function startedState(itemIds: readonly string[]): SessionState {
  const items = itemIds.map((id) => itemOf(id));
  const workflow = workflowOf([phaseOf("PLAN", items)]);
  return decide(workflow, undefined, START, { at: NOW, caller: HUMAN }).state;
}

/** A session on disk, and the store it is in. */
export interface StoredFixture {
  readonly layout: RepositoryLayout;
  readonly paths: SessionLayout;
  readonly context: StoreContext;
  readonly store: SessionStore;
}

/** What tests may decide about a session. */
export interface SessionOptions extends ContextOptions {
  /** Ids of its items; `a`, `b` and `c` without it. */
  readonly items?: readonly string[];
}

/** Runs a test on a new session. */
export function withSession(
  test: (fixture: StoredFixture) => void | Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  return withTemporaryDirectory(async (root) => {
    const context = storeContext(options);
    const layout = repositoryLayout(root);
    Deno.mkdirSync(layout.sessions, { recursive: true });
    const store = fileStore(layout, context);
    const decision = {
      state: startedState(options.items ?? ["a", "b", "c"]),
      events: [eventOf("workflow_started", null)],
    };
    const localTime = "2026-03-01T11:00:00.000";
    await store.create({ id: SESSION_ID, decision, localTime });
    await test({
      layout,
      paths: sessionLayout(root, SESSION_ID),
      context,
      store,
    });
  });
}

/** A test on a new session of its own. */
export function test(
  name: string,
  run: (fixture: StoredFixture) => void | Promise<void>,
): void {
  Deno.test(name, () => withSession(run));
}

/** Names in a directory, sorted. */
export function namesIn(directory: string): readonly string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** The lines of a log that are events. */
export function eventsIn(path: string): readonly RecordedEvent[] {
  return Deno.readTextFileSync(path).split("\n").flatMap((line) =>
    decodeLogLine(line) ?? []
  );
}

/** Types of the events in a log, each with its item. */
export function loggedIn(path: string): readonly string[] {
  return eventsIn(path).map(({ type, itemId }) => `${type} ${itemId ?? "-"}`);
}
