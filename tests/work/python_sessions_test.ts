import { listSessions } from "../../src/sessions/list.ts";
import { addNote } from "../../src/work/item.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  NOW,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
} from "./fixtures.ts";
import { checksumOf } from "./python_checksum.ts";
import { assert, assertEquals } from "@std/assert";

const PROJECTS = "tests/testdata/python-projects";

/** A project of the Python tool, and where its session lies. */
interface PythonProject {
  readonly name: string;
  readonly session: string;
  /** Path of the state in the project. */
  readonly statePath: string;
}

/** A session without a workflow follows workflow.yaml, which here has more items than the state. */
const UNPINNED_PHASES = [
  { id: "PLAN", status: "active", completed: 1, skipped: 0, total: 4 },
  { id: "EXECUTE", status: "pending", completed: 0, skipped: 0, total: 3 },
];

/** The state as any reader of JSON sees it. */
// deno-lint-ignore no-explicit-any
type State = any;

function projects(): readonly PythonProject[] {
  return Array.from(Deno.readDirSync(PROJECTS), ({ name }) => name).sort()
    .map((name) => ({ name, ...sessionIn(`${PROJECTS}/${name}`) }));
}

function sessionIn(directory: string): Omit<PythonProject, "name"> {
  const tree = readTree(directory);
  const session = tree[".orchestrator/current"];
  if (session !== undefined) {
    const statePath = `.orchestrator/sessions/${session}/state.json`;
    return { session, statePath };
  }
  const statePath = ".workflow_state.json";
  const { workflow_id } = JSON.parse(tree[statePath] ?? "");
  return { session: workflow_id.replace("wf_", ""), statePath };
}

/** Runs a test on a copy of a project. */
function withCopy(
  { name }: PythonProject,
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withRoot({}, (root) => {
    writeTree(root, readTree(`${PROJECTS}/${name}`));
    return test(root);
  });
}

function textAt(root: string, path: string): string {
  return Deno.readTextFileSync(`${root}/${path}`);
}

function stateAt(root: string, path: string): State {
  return JSON.parse(textAt(root, path));
}

/** How many items of a phase in the state have a status. */
function countIn(phase: State, status: string): number {
  const items: State[] = Object.values(phase.items);
  return items.filter((item) => item.status === status).length;
}

/** What a status must say about each phase, taken from the state alone. */
function phasesOf(state: State): readonly State[] {
  return Object.values(state.phases).map((phase: State) => ({
    id: phase.id,
    status: phase.status,
    completed: countIn(phase, "completed"),
    skipped: countIn(phase, "skipped"),
    total: Object.keys(phase.items).length,
  }));
}

function sum(phases: readonly State[], key: string): number {
  return phases.reduce((total, phase) => total + phase[key], 0);
}

/** What an update has to change in every state, besides its own change. */
function withoutStamps(state: State): State {
  const stamps = ["_checksum", "_updated_at", "_version", "updated_at"];
  const { orc: _orc, ...metadata } = state.metadata;
  const rest = Object.entries({ ...state, metadata })
    .filter(([key]) => !stamps.includes(key));
  return Object.fromEntries(rest);
}

for (const project of projects()) {
  const { name, session, statePath } = project;

  Deno.test(`readStatus() and listSessions() show the session that the Python tool left in "${name}"`, () =>
    withCopy(project, async (root) => {
      const state = stateAt(root, statePath);
      const { status, sessions, warnings } = await withoutTrace(
        root,
        async () => ({
          status: await readStatus(fixedHost(), { root }),
          ...await listSessions(fixedHost(), { root }),
        }),
      );
      const told = [session, state.task_description, state.status];
      assertEquals([status.session, status.task, status.status], told);
      assertEquals(
        sessions.map(({ id, task, status }) => [id, task, status]),
        [told],
      );
      assertEquals([sessions[0]?.problem, warnings], [null, []]);
      assertEquals(status.workflowId, state.workflow_id);
      assertEquals(status.phaseId, state.current_phase_id);
      assertEquals(status.legacy, statePath === ".workflow_state.json");
      assertEquals(status.constraints, state.constraints);
      const expected = state.workflow_definition === null
        ? UNPINNED_PHASES
        : phasesOf(state);
      assertEquals(
        status.phases.map(({ name: _name, ...phase }) => phase),
        expected,
      );
      assertEquals(status.progress, {
        completed: sum(expected, "completed"),
        skipped: sum(expected, "skipped"),
        total: sum(expected, "total"),
      });
      const known: State = state.phases[state.current_phase_id].items;
      const shown = status.items.filter(({ id }) => id in known).map((
        item,
      ) => [item.id, item.status, item.tries, item.skipReason, item.startedAt]);
      assertEquals(
        shown,
        Object.values(known).map((item: State) => [
          item.id,
          item.status,
          item.retry_count ?? 0,
          item.skip_reason,
          item.started_at,
        ]),
      );
    }));

  Deno.test(`addNote() keeps all else that the Python tool wrote in "${name}"`, () =>
    withCopy(project, async (root) => {
      const before = readTree(root);
      const state = stateAt(root, statePath);
      if (state.status !== "active") {
        const error = await refusalWithoutTrace(
          root,
          () => addNote(fixedHost(), { root, text: "Too late" }),
        );
        assertEquals(error.code, "session_closed");
        return;
      }
      // The test's own arithmetic is right where Python signed.
      assertEquals(await checksumOf(textAt(root, statePath)), state._checksum);
      const { warnings } = await addNote(fixedHost(), { root, text: "Noted" });
      assertEquals(warnings, []);
      const after = stateAt(root, statePath);
      assertEquals(withoutStamps(after), withoutStamps(state));
      assertEquals(Object.keys(after), Object.keys(state));
      assertEquals(after._checksum, await checksumOf(textAt(root, statePath)));
      assertEquals([after._version, after.updated_at], ["3.0", NOW]);
      const { orc } = after.metadata;
      assertEquals([orc.serial, orc.session], [1, session]);
      assertEquals(orc.notes.length, 1);
      assertUntouched(before, readTree(root), statePath);
      const { notes } = await readStatus(fixedHost(), { root });
      assertEquals(notes, ["Noted"]);
    }));
}

/** Signed sessions that carry their workflow; "lfb" lies in the older place anyway. */
const SIGNED = projects().filter(({ name }) => !["lfb", "min"].includes(name));

for (const { name, statePath } of SIGNED) {
  Deno.test(`addNote() adopts the session of "${name}" from the older tool's file, and keeps all of it`, () =>
    withRoot({}, async (root) => {
      const text = Deno.readTextFileSync(`${PROJECTS}/${name}/${statePath}`);
      writeTree(root, { ".workflow_state.json": text });
      const state = JSON.parse(text);
      const { place } = await addNote(fixedHost(), { root, text: "Noted" });
      assertEquals(place.session, state.workflow_id.replace("wf_", ""));
      const adopted = `.orchestrator/sessions/${place.session}/state.json`;
      const after = stateAt(root, adopted);
      assertEquals(withoutStamps(after), withoutStamps(state));
      assertEquals(after._checksum, await checksumOf(textAt(root, adopted)));
      assertEquals(textAt(root, ".workflow_state.json"), text);
    }));
}

/** Every file is as it was, but the state; the log has grown at its end. */
function assertUntouched(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  statePath: string,
): void {
  const logPath = statePath.replace("state.json", "log.jsonl");
  for (const [path, text] of Object.entries(before)) {
    if (path === statePath) continue;
    if (path !== logPath) assertEquals(after[path], text, path);
    else assert(after[path]?.startsWith(text) && after[path] !== text, path);
  }
  assertEquals(Object.keys(after).sort(), Object.keys(before).sort());
}
