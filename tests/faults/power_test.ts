/**
 * Cuts the power at each call of real commands, and keeps of what was not synced now this and now
 * that. What was acknowledged has to be there when the power is back, and everything has to go on.
 */
import { main } from "../../src/cli/main.ts";
import { repositoryLayout } from "../../src/base/layout.ts";
import { MAX_CARRIED_EVENTS } from "../../src/base/limits.ts";
import { isThere } from "../../src/files/read.ts";
import { readMigrationRecord } from "../../src/transfer/settle.ts";
import { captureStreams } from "../cli/fake.ts";
import { readTree, withTemporaryDirectory } from "../files/temporary.ts";
import { type Repository, repositoryAt } from "../journey/orc.ts";
import { problemsIn, sessionsIn } from "../parallel/whole.ts";
import { fixedHost } from "../work/fixtures.ts";
import { type Cut, Disk, lay, type Picture } from "./disk.ts";
import {
  isUndone,
  layLegacySession,
  LEGACY_FILES,
  loseSession,
  start,
  WORKFLOW,
} from "./scenario.ts";
import { recordOrc, straceProblem } from "./strace.ts";
import { assert, assertEquals } from "@std/assert";

/** Commands whose power is cut, and what has to hold afterwards. */
interface Story {
  readonly name: string;
  /** Makes the repository in which they run. */
  prepare(repository: Repository): Promise<unknown>;
  /** The commands, one after the other. */
  readonly commands: readonly (readonly string[])[];
  /** What is wrong in a repository after so many of them were acknowledged. */
  problems(directory: string, acknowledged: number): Promise<readonly string[]>;
}

/** So many that the events of the first ones leave the state. */
const NOTES = Array.from(
  { length: MAX_CARRIED_EVENTS + 2 },
  (_, index) => `note ${index}`,
);

const STORIES: readonly Story[] = [
  {
    name: "start",
    prepare: ({ write }) => write("workflow.yaml", WORKFLOW),
    commands: [["start", "Kept"]],
    async problems(directory, acknowledged) {
      const status = await inside(directory, ["status", "--full"]);
      const problems = acknowledged > 0 && status.exitCode > 0
        ? [`the session is gone: ${status.out}`]
        : [];
      const begun = ["start", "Next", "--beside"];
      return [...problems, ...await goOn(directory, begun)];
    },
  },
  {
    name: "notes",
    prepare: start,
    commands: NOTES.map((note) => ["note", note]),
    async problems(directory, acknowledged) {
      const problems = await goOn(directory, ["note", "next"]);
      const [session] = await sessionsIn(directory);
      const kept = session?.state.notes.map(({ text }) => text) ?? [];
      const missing = NOTES.slice(0, acknowledged)
        .filter((note) => !kept.includes(note));
      return [...problems, ...missing.map((note) => `"${note}" is gone`)];
    },
  },
  {
    name: "complete, undo, complete, finish",
    prepare: start,
    commands: [
      ["complete", "a", "--notes", "done"],
      ["undo"],
      ["complete", "a", "--notes", "done again"],
      ["finish"],
    ],
    async problems(directory, acknowledged) {
      const [session] = await sessionsIn(directory);
      const serial = session?.serial ?? 0;
      const problems = serial > acknowledged
        ? []
        : [`it is at update ${serial} after ${acknowledged} commands`];
      const isAsTold = isUndone(session) === [1, 3].includes(serial);
      if (!isAsTold) problems.push(`it is not what update ${serial} made it`);
      // What is closed is healed, too, by who is told so.
      const { exitCode, err } = await inside(directory, ["note", "next"]);
      const isHeard = exitCode === (serial === 5 ? 3 : 0);
      if (!isHeard) problems.push(`nobody can go on: ${err}`);
      return [...problems, ...await problemsIn(directory)];
    },
  },
  {
    name: "recover",
    prepare: loseSession,
    commands: [["recover"]],
    async problems(directory, acknowledged) {
      const isThere = (await sessionsIn(directory)).length > 0;
      const problems = acknowledged > 0 && !isThere
        ? ["the session is gone again"]
        : [];
      if (!isThere) {
        const { exitCode, err } = await inside(directory, ["recover"]);
        if (exitCode > 0) problems.push(`it does not come back: ${err}`);
      }
      const { exitCode, err } = await inside(directory, ["note", "next"]);
      if (exitCode > 0) problems.push(`nobody can go on: ${err}`);
      // Whoever holds the repository's lock removes what lies there.
      const begun = await goOn(directory, ["start", "Next", "--beside"]);
      const isKept = (await sessionsIn(directory)).some(({ state }) =>
        state.notes.map(({ text }) => text).join() === "kept,next"
      );
      if (!isKept) problems.push("what was kept is gone");
      return [...problems, ...begun];
    },
  },
  {
    name: "migrate",
    prepare: layLegacySession,
    commands: [["migrate", "--yes"]],
    async problems(directory, acknowledged) {
      const isLegacy = ".workflow_state.json" in readTree(directory);
      const problems = acknowledged > 0 && isLegacy
        ? ["the old files are there again"]
        : [];
      problems.push(...problemsWithRecord(directory));
      // Finishes what was begun, and begins what was not.
      const gone = await goOn(directory, ["migrate", "--yes"]);
      // Where nothing was to be done, nobody had to have the lock.
      problems.push(...gone.filter((text) => text !== "left over: lock"));
      const back = await inside(directory, ["migrate", "--rollback", "--yes"]);
      if (back.exitCode > 0) problems.push(`no way back: ${back.err}`);
      return [...problems, ...problemsWithOriginals(directory)];
    },
  },
  {
    name: "migrate --rollback",
    async prepare(repository) {
      await layLegacySession(repository);
      await repository.result(["migrate", "--yes"]);
    },
    commands: [["migrate", "--rollback", "--yes"]],
    async problems(directory, acknowledged) {
      const isStored = (await sessionsIn(directory)).length > 0;
      const problems = acknowledged > 0 && isStored
        ? ["the session is there again"]
        : [];
      await inside(directory, ["doctor", "--fix"]);
      const back = await inside(directory, ["migrate", "--rollback", "--yes"]);
      const isBack = [0, 4].includes(back.exitCode);
      if (!isBack) problems.push(`no way back: ${back.err}`);
      return [...problems, ...problemsWithOriginals(directory)];
    },
  },
];

/** Also where `.orchestrator/` holds more than what was moved there. */
const BESIDE: Story = {
  name: "migrate --rollback, beside a session",
  async prepare(repository) {
    await layLegacySession(repository);
    await repository.result(["start", "Other", "--beside"]);
    await repository.result(["migrate", "--yes"]);
  },
  commands: [["migrate", "--rollback", "--yes"]],
  async problems(directory) {
    const back = await inside(directory, ["migrate", "--rollback", "--yes"]);
    const isBack = [0, 4].includes(back.exitCode);
    return [
      ...isBack ? [] : [`no way back: ${back.err}`],
      ...await goOn(directory, ["start", "Next", "--beside"]),
      ...problemsWithOriginals(directory),
    ];
  },
};

const problem = straceProblem();

/** More problems than this say nothing new. */
const ENOUGH = 20;

for (const story of [...STORIES, BESIDE]) {
  Deno.test({
    name:
      `a power cut takes nothing from "${story.name}" that was acknowledged ${
        problem === undefined ? "" : `(skipped: ${problem})`
      }`.trim(),
    ignore: problem !== undefined,
    fn: () =>
      withTemporaryDirectory(async (directory) => {
        const disk = await recorded(directory, story);
        assertEquals(await problemsAfterCuts(directory, story, disk), []);
      }),
  });
}

async function recorded(directory: string, story: Story): Promise<Disk> {
  const repository = `${directory}/repository`;
  Deno.mkdirSync(repository);
  await story.prepare(repositoryAt(repository));
  const disk = new Disk(repository);
  for (const args of story.commands) {
    disk.record(await recordOrc(repository, args), repository);
  }
  return disk;
}

async function problemsAfterCuts(
  directory: string,
  story: Story,
  disk: Disk,
): Promise<readonly string[]> {
  const problems: string[] = [];
  let count = 0;
  for (const { acknowledged, what, picture } of disk.cuts()) {
    // A copy of the same name each time: a session knows the path of its repository.
    const copy = `${directory}/repository`;
    Deno.removeSync(copy, { recursive: true });
    lay(withoutEmptyLocks(picture), copy);
    const found = await problemsOf(story, copy, acknowledged);
    problems.push(...found.map((text) => `${what}: ${text}`));
    if (problems.length > ENOUGH) return problems;
    count++;
  }
  assert(count >= 20, `there are only ${count} cuts`);
  return problems;
}

async function problemsOf(
  story: Story,
  directory: string,
  acknowledged: Cut["acknowledged"],
): Promise<readonly string[]> {
  machines = 0;
  try {
    return await story.problems(directory, acknowledged);
  } catch (error) {
    return [String(error)];
  }
}

/** One that a power cut emptied is waited for, which the tests of the lock do once. */
function withoutEmptyLocks(picture: Picture): Picture {
  return new Map(
    Array.from(picture).filter(([path, bytes]) =>
      !path.endsWith("/lock") || bytes?.length !== 0
    ),
  );
}

/** Runs orc in this process, on a machine on which nobody lives who had a lock. */
async function inside(directory: string, args: readonly string[]) {
  const streams = captureStreams();
  const host = fixedHost({ workingDirectory: directory, number: ++machines });
  const exitCode = await main(
    ["--root", directory, ...args],
    { ...host, livenessOf: () => "dead" },
    { streams },
  );
  return { exitCode, out: streams.out, err: streams.err };
}

let machines = 0;

async function goOn(
  directory: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const { exitCode, out, err } = await inside(directory, args);
  if (exitCode > 0) return [`"${args.join(" ")}" failed: ${out}${err}`];
  return await problemsIn(directory);
}

/** A migration counts only with its files, which nobody could bring back otherwise. */
function problemsWithRecord(directory: string): readonly string[] {
  const layout = repositoryLayout(directory);
  const record = readMigrationRecord(layout);
  if (record === undefined) return [];
  const backup = `${layout.migrationBackup}/${record.id}`;
  return [layout.migrationPending, backup].some(isThere)
    ? []
    : ["it counts, but nobody knows where the old files are"];
}

/** The files of the older tool have to be what they were, byte by byte. */
function problemsWithOriginals(directory: string): readonly string[] {
  const now = readTree(directory);
  return Object.entries(LEGACY_FILES)
    .filter(([name, source]) => now[name] !== Deno.readTextFileSync(source))
    .map(([name]) => `"${name}" is not what it was`);
}
