import { repositoryLayout } from "../../src/base/layout.ts";
import { decodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { traceSession } from "../../src/session/trace.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import { fillTexts } from "../../src/workflow/template.ts";
import { workflowOf } from "../engine/fixtures.ts";
import { damageCount } from "../../src/session/log_read.ts";
import { fileStore } from "../../src/session/read.ts";
import type { Session, SessionStore } from "../../src/session/store.ts";
import { completedItems, namesIn, storeContext } from "../session/fixtures.ts";

const REPOSITORY_FILES = [
  ".gitignore",
  ".migration_complete",
  "bindings",
  "cache",
  "current",
  "meta.json",
  "migration_backup",
  "sessions",
];
const SESSION_FILES = ["log.jsonl", "meta.json", "outputs", "state.json"];

/** All sessions below a root, as the store reads them. */
export async function sessionsIn(root: string): Promise<readonly Session[]> {
  return await sessionsOf(storeIn(root));
}

export async function sessionsOf(
  store: SessionStore,
): Promise<readonly Session[]> {
  return await Promise.all((await store.ids()).map((id) => store.read(id)));
}

function storeIn(root: string): SessionStore {
  return fileStore(repositoryLayout(root), storeContext());
}

/** What is not as it has to be when nobody is at work: files that are left over, and what a store has of it. */
export async function problemsIn(root: string): Promise<readonly string[]> {
  const left = filesLeftOver(root).map((name) => `left over: ${name}`);
  return [...left, ...await problemsOf(storeIn(root))];
}

/**
 * Updates that are not in the log, or not in order, or not once, and logs that tell other things than states.
 */
export async function problemsOf(
  store: SessionStore,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const session of await sessionsOf(store)) {
    problems.push(
      ...await problemsWithLog(store, session),
      ...await contradictionsIn(store, session),
    );
  }
  return problems;
}

/** Whatever breaks an update, nobody is accused of having changed anything. */
async function contradictionsIn(
  store: SessionStore,
  session: Session,
): Promise<readonly string[]> {
  const { definition } = session.state;
  const isReal = definition !== null;
  const workflow = isReal
    ? fillTexts(decodeDefinition(definition))
    : workflowOf([]);
  const traceable = { layout: { root: "/nowhere" }, store };
  const { contradictions } = await traceSession(traceable, session, workflow);
  return contradictions
    .filter(({ code }) => isReal || /^(?:chain|log)_/.test(code))
    // The older tool alone has no chain.
    .filter(({ code }) => session.serial > 0 || code !== "chain_missing")
    .map(({ code, message }) => `${code}: ${message}`);
}

function filesLeftOver(root: string): readonly string[] {
  const { directory, sessions } = repositoryLayout(root);
  return [
    ...namesIn(directory).filter((name) =>
      !REPOSITORY_FILES.includes(name) && !isTicket(name)
    ),
    ...namesIn(sessions).flatMap((id) =>
      namesIn(`${sessions}/${id}`)
        .filter((name) => !SESSION_FILES.includes(name) && !isTicket(name))
        .map((name) => `${id}/${name}`)
    ),
  ];
}

/** What somebody left who was killed while waiting: it is advice, and stays for a minute. */
function isTicket(name: string): boolean {
  return name.startsWith("lock.wait.");
}

async function problemsWithLog(
  store: SessionStore,
  { id, serial, state }: Session,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const lines: string[] = [];
  let isEnded = true;
  for await (const batch of store.log(id)) {
    for (const line of batch) {
      lines.push(line.text ?? "no text");
      isEnded = line.isEnded;
    }
  }
  if (!isEnded) problems.push("the log's last line has no end");
  const events = lines.map(decodeLogLine).filter((event) =>
    event !== undefined
  );
  if (damagedLinesIn(lines) > 0) problems.push("a line of the log is damaged");
  problems.push(
    ...difference("updates", serialsOf(events), numbersUpTo(serial)),
    ...difference(
      "notes",
      events.filter(isNote)
        .map(({ details }) => String(details.get("note"))),
      state.notes.map(({ text }) => text),
    ),
    ...difference(
      "completed items",
      completedBy(events).toSorted(),
      completedItems(state).toSorted(),
    ),
  );
  return problems;
}

/** An undo is logged as one, too, since the older tool knows no other type for it. */
function isNote({ type, details }: RecordedEvent): boolean {
  return type === "note_added" && !details.has("undone");
}

/** What the events leave completed: an undo takes back what the updates before it did. */
function completedBy(events: readonly RecordedEvent[]): readonly string[] {
  let completed: readonly RecordedEvent[] = [];
  for (const event of events) {
    const undone = Number(event.details.get("undone") ?? 0);
    if (undone > 0) {
      const first = event.serial - undone;
      completed = completed.filter(({ serial }) => serial < first);
    }
    if (event.type === "item_completed") completed = [...completed, event];
  }
  return completed.map(({ itemId }) => itemId ?? "");
}

function damagedLinesIn(lines: readonly string[]): number {
  const damage = damageCount("forwards");
  for (const line of lines) {
    damage.take(line, decodeLogLine(line) !== undefined);
  }
  return damage.total();
}

/** Each update once, in order, provided that each of its events is there once. */
function serialsOf(events: readonly RecordedEvent[]): readonly string[] {
  // The Python tool's events have no ids.
  const own = events.filter(({ id }) => id !== "");
  const ids = own.map(({ id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  const serials = own.map(({ serial }) => serial)
    .filter((serial, index, all) => serial !== all[index - 1]);
  return [...serials.map(String), ...repeated.map((id) => `again ${id}`)];
}

function numbersUpTo(last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => String(index + 1));
}

function difference(
  what: string,
  logged: readonly string[],
  stored: readonly string[],
): readonly string[] {
  return logged.join() === stored.join()
    ? []
    : [`${what} in the log: ${logged}; in the state: ${stored}`];
}
