import type { Session } from "../../src/session/store.ts";
import { type Ended, type Repository, repositoryAt } from "../journey/orc.ts";
import { killsAt, type Scenario } from "./fault.ts";
import { traceOrc } from "./strace.ts";
import { isThere } from "../../src/files/read.ts";
import { PACK_SCENARIOS } from "./pack_scenario.ts";
import { PERSIST_SCENARIOS } from "./persist_scenario.ts";
import { copySync } from "@std/fs/copy";

/** A workflow with one item. */
export const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items: [{ id: a, name: A }]
`;

/** A workflow whose item a program checks, whose output is kept with its receipt. */
const CHECKED_WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items:
      - id: a
        name: A
        verification: { type: command, command: echo seen }
`;

/** A session of the Python tool, used here as its scattered state and log. */
const LEGACY = "tests/testdata/python-projects/cp/.orchestrator/sessions/" +
  "3f1eb0bb";

/** The same files where the older tool kept them, by their names there. */
export const LEGACY_FILES: Readonly<Record<string, string>> = {
  ".workflow_state.json": `${LEGACY}/state.json`,
  ".workflow_log.jsonl": `${LEGACY}/log.jsonl`,
};

/** The next command must not have to wait for anything. */
const AT_ONCE = ["--lock-timeout", "1"];

/** A snapshot beside the state. */
const SNAPSHOT = "session.orc";

/** All commands that are broken. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...note(),
    name: "note",
    usualCount: 24,
    prepare: start,
  },
  {
    ...note(),
    name: "note, after a killed one",
    prepare: leaveWreckage,
  },
  {
    ...note(),
    name: "note, the first on a legacy session",
    prepare: layLegacySession,
    goOn: (repository) => goOnWithAll(repository),
  },
  {
    name: "migrate",
    usualCount: 10,
    args: ["migrate", "--yes"],
    prepare: layLegacySession,
    isStored: (sessions) => sessions.length > 0,
    mayFailStored: true,
    goOn: (repository) => goOnWithAll(repository),
  },
  {
    name: "migrate --rollback",
    usualCount: 10,
    args: ["migrate", "--rollback", "--yes"],
    async prepare(repository) {
      await layLegacySession(repository);
      await repository.result(["migrate", "--yes"]);
    },
    // What is there has to go.
    isStored: (sessions) => sessions.length === 0,
    mayFailStored: true,
    goOn: (repository) => goOnWithAll(repository),
  },
  {
    name: "start",
    usualCount: 10,
    args: ["start", "Broken"],
    prepare: ({ write }) => write("workflow.yaml", WORKFLOW),
    isStored: (sessions) => sessions.some(({ state }) => state.task !== "Next"),
    mayFailStored: true,
    async goOn(repository, isStored) {
      if (!isStored) await repository.result(["start", "Again", ...AT_ONCE]);
      return await goOnWithAll(repository);
    },
  },
  {
    name: "complete, with a check",
    usualCount: 10,
    args: ["complete", "a", "--notes", "done"],
    async prepare({ write, result }) {
      await write("workflow.yaml", CHECKED_WORKFLOW);
      await result(["start", "Test"]);
    },
    isStored: ([session]) =>
      session?.state.phases[0]?.items[0]?.status === "completed",
    mayFailStored: false,
    goOn: ({ orc }) => orc(["complete", "a", ...AT_ONCE]),
  },
  {
    name: "finish",
    usualCount: 10,
    args: ["finish"],
    async prepare(repository) {
      await start(repository);
      await repository.result(["complete", "a", "--notes", "done"]);
    },
    isStored: ([session]) => session?.state.status === "completed",
    mayFailStored: false,
    async goOn(repository, isStored) {
      const ended = await repository.orc(["finish", ...AT_ONCE]);
      // A session that is closed never changes again; to hear so is what counts here.
      return isStored && ended.code === 3 ? { ...ended, code: 0 } : ended;
    },
  },
  {
    name: "undo",
    usualCount: 10,
    args: ["undo"],
    async prepare(repository) {
      await start(repository);
      await repository.result(["complete", "a", "--notes", "done"]);
    },
    isStored: ([session]) => isUndone(session),
    mayFailStored: false,
    async goOn({ orc }, isStored) {
      const noted = await orc(["note", "next", ...AT_ONCE]);
      if (noted.code !== 0 || isStored) return noted;
      return await orc(["undo", "2", ...AT_ONCE]);
    },
  },
  {
    name: "recover",
    usualCount: 10,
    args: ["recover"],
    prepare: loseSession,
    isStored: (sessions) => sessions.length > 0,
    mayFailStored: true,
    async goOn(repository, isStored) {
      if (!isStored) await repository.result(["recover", ...AT_ONCE]);
      return await goOnWithAll(repository);
    },
  },
  {
    name: "snapshot export",
    usualCount: 10,
    args: ["snapshot", "export", "--plain", "-o", SNAPSHOT],
    prepare: start,
    isStored: (_sessions, { directory }) => isThere(`${directory}/${SNAPSHOT}`),
    mayFailStored: true,
    async goOn(repository, isStored) {
      if (!isStored) {
        await repository.result(["snapshot", "export", "-o", SNAPSHOT, "-q"]);
      }
      await repository.result(["snapshot", "inspect", SNAPSHOT]);
      return await goOnWithAll(repository);
    },
  },
  {
    ...importing(),
    name: "snapshot import",
    async prepare(repository) {
      await start(repository);
      await noteAndExport(repository);
      Deno.removeSync(`${repository.directory}/.orchestrator`, {
        recursive: true,
      });
    },
  },
  {
    ...importing(),
    name: "snapshot import, over what the session was before",
    async prepare(repository) {
      await start(repository);
      const state = `${repository.directory}/.orchestrator`;
      copySync(state, `${state}-before`);
      await noteAndExport(repository);
      Deno.removeSync(state, { recursive: true });
      Deno.renameSync(`${state}-before`, state);
    },
  },
  ...PACK_SCENARIOS,
  ...PERSIST_SCENARIOS,
];

function importing(): Omit<Scenario, "name" | "prepare"> {
  const args = ["snapshot", "import", SNAPSHOT, "--other-repository"];
  return {
    usualCount: 16,
    args,
    isStored: (sessions) =>
      sessions.some(({ state }) =>
        state.notes.some(({ text }) => text === "there")
      ),
    mayFailStored: true,
    async goOn(repository, isStored) {
      if (!isStored) await repository.result([...args, ...AT_ONCE]);
      return await goOnWithAll(repository);
    },
  };
}

async function noteAndExport({ result }: Repository): Promise<void> {
  await result(["note", "there"]);
  await result(["snapshot", "export", "--plain", "-o", SNAPSHOT]);
}

/** Whether the item that was completed first is open again. */
export function isUndone(session: Session | undefined): boolean {
  const [phase] = session?.state.phases ?? [];
  return phase?.items[0]?.status === "pending";
}

/** A session of two updates in a repository of git, of which only the second names are left. */
export async function loseSession(repository: Repository): Promise<void> {
  await repository.write(".git/HEAD", "ref: refs/heads/main\n");
  await start(repository);
  await repository.result(["note", "kept"]);
  const state = `${repository.directory}/.orchestrator`;
  Deno.removeSync(state, { recursive: true });
}

function note(): Omit<Scenario, "name" | "prepare"> {
  return {
    usualCount: 10,
    args: ["note", "broken"],
    isStored: (sessions) =>
      sessions.some(({ state }) =>
        state.notes.some(({ text }) => text === "broken")
      ),
    mayFailStored: false,
    goOn: ({ orc }) => orc(["note", "next", ...AT_ONCE]),
  };
}

/** Starts a further session, too: whoever holds the repository's lock removes what lies there. */
async function goOnWithAll({ orc }: Repository): Promise<Ended> {
  const noted = await orc(["note", "next", ...AT_ONCE]);
  if (noted.code !== 0) return noted;
  return await orc(["start", "Next", "--beside", ...AT_ONCE]);
}

/** Starts a session. */
export async function start({ write, result }: Repository): Promise<void> {
  await write("workflow.yaml", WORKFLOW);
  await result(["start", "Test"]);
}

/** All that a killed update can leave at once: its lock, a staged state, a claim and a torn log. */
async function leaveWreckage(repository: Repository): Promise<void> {
  await start(repository);
  const { directory } = repository;
  const { calls } = await traceOrc(directory, ["note", "killed"]);
  const unlocking = killsAt(calls).at(-1);
  if (unlocking === undefined) throw new Error("The note made no calls");
  await traceOrc(directory, ["note", "killed"], unlocking);
  const [session] = Deno.readDirSync(`${directory}/.orchestrator/sessions`);
  const path = `${directory}/.orchestrator/sessions/${session?.name}`;
  const lock = Deno.readTextFileSync(`${path}/lock`);
  const { token } = JSON.parse(lock);
  Deno.writeTextFileSync(`${path}/state.json.${token}.tmp`, "{");
  Deno.writeTextFileSync(`${path}/lock.break.${token}.0`, lock);
  Deno.truncateSync(
    `${path}/log.jsonl`,
    Deno.statSync(`${path}/log.jsonl`).size - 40,
  );
}

/** Puts state and log of the older tool where it kept them. */
export async function layLegacySession(
  { directory, write }: Repository,
): Promise<void> {
  await write("workflow.yaml", WORKFLOW);
  for (const [name, source] of Object.entries(LEGACY_FILES)) {
    Deno.copyFileSync(source, `${directory}/${name}`);
  }
}

/** Makes a copy of a prepared repository, which is broken once. */
export function copyOf(directory: string, copy: string): Repository {
  copySync(directory, copy);
  return repositoryAt(copy);
}
