/** Everything a command did is on the disk by the time that it says so. */
import { REMOVED_PREFIX } from "../../src/base/layout.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { repositoryAt, runtimeCaches } from "../journey/orc.ts";
import { Disk, type Picture } from "./disk.ts";
import { WORKFLOW } from "./scenario.ts";
import { recordOrc, straceProblem } from "./strace.ts";
import { fileCalls } from "./trace.ts";
import { assert, assertEquals } from "@std/assert";

/** Words of the commands that stand for what is known only then, or for who runs them. */
const AGENT = { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "one" };

/** A command, or something that befalls the repository. */
type Step = readonly string[] | ((directory: string) => void);

/** Commands that write, one after the other. */
const STEPS: readonly Step[] = [
  ["init"],
  ["start", "Confirmed"],
  ["session", "switch", "SESSION", "AGENT"],
  ["start", "Beside", "--beside", "AGENT"],
  ["start-item", "a"],
  loseLog,
  ["note", "Kept"],
  ["checkpoint", "--message", "Here"],
  ["complete", "a", "--notes", "Done"],
  ["session", "rename", "SESSION", "Named"],
  ["config", "set", "color", "never"],
  ["config", "set", "feedback", "true", "--global"],
  ["secrets", "init"],
  ["secrets", "set", "TOKEN", "--file", "secret.txt"],
  ["secrets", "set", "OTHER", "--file", "secret.txt", "--private"],
  ["secrets", "rm", "TOKEN", "--yes"],
  ["feedback", "capture", "--learnings", "A lot"],
  ["generate-md"],
  ["learn", "--save"],
  ["checkpoints", "--cleanup", "--keep", "0", "--yes"],
  ["finish"],
  ["session", "pack", "--all"],
  ["session", "unpack", "--all"],
  ["session", "cleanup", "--older-than", "0", "--yes"],
  leaveDeadEnds,
  ["doctor", "--fix"],
];

const problem = straceProblem();

/** What is not on the disk, and which locks were made under their names, by the command. */
interface Recorded {
  readonly unconfirmed: Readonly<Record<string, readonly string[]>>;
  readonly locks: number;
  readonly unfinishedLocks: readonly string[];
}

let recording: Promise<Recorded> | undefined;

/** Both tests look at the same run. */
async function recorded(): Promise<Recorded> {
  const unconfirmed: Record<string, readonly string[]> = {};
  const unfinishedLocks: string[] = [];
  let locks = 0;
  await withTemporaryDirectory(async (directory) => {
    const root = `${directory}/repository`;
    Deno.mkdirSync(`${root}/home`, { recursive: true });
    const { write } = repositoryAt(root);
    await write("workflow.yaml", WORKFLOW);
    await write("secret.txt", "opensesame");
    for (const step of STEPS) {
      if (typeof step === "function") {
        step(`${root}/.orchestrator`);
        continue;
      }
      const disk = new Disk(root);
      const trace = await recordOrc(root, ...callOf(step, root));
      disk.record(trace, root);
      const found = missingFrom(disk);
      if (found.length > 0) unconfirmed[step.join(" ")] = found;
      const made = locksIn(trace, root);
      locks += made.length;
      unfinishedLocks.push(...made.filter((text) => text !== "whole"));
    }
  });
  return { unconfirmed, locks, unfinishedLocks };
}

function callOf(
  step: readonly string[],
  root: string,
): readonly [readonly string[], Readonly<Record<string, string>>] {
  const args = step.filter((word) => word !== "AGENT").map((word) =>
    word === "SESSION"
      ? Deno.readTextFileSync(`${root}/.orchestrator/current`)
      : word
  );
  const agent = args.length < step.length ? AGENT : {};
  return [args, { ...runtimeCaches(), HOME: `${root}/home`, ...agent }];
}

/** Somebody deletes the log of the session. */
function loseLog(directory: string): void {
  const session = Deno.readTextFileSync(`${directory}/current`);
  Deno.removeSync(`${directory}/sessions/${session}/log.jsonl`);
}

/** What an older orc may have left: an agent in a session that is gone, and a `current` that is none. */
function leaveDeadEnds(directory: string): void {
  const gone = "01kjtest00000000000000gone";
  Deno.writeTextFileSync(`${directory}/current`, gone);
  const binding = { worktree: "/gone", session: gone, at: "2026-01-01" };
  const name = "0123456789abcdef0123456789abcdef";
  Deno.writeTextFileSync(
    `${directory}/bindings/${name}.json`,
    JSON.stringify(binding),
  );
}

/** What a power cut may take, of all that everybody sees. */
function missingFrom(disk: Disk): readonly string[] {
  const [least, whole] = [disk.least(), disk.whole()];
  const paths = new Set([...least.keys(), ...whole.keys()]);
  return [...paths].filter((path) => !isSame(path, least, whole)).sort();
}

/**
 * Locks are nobody's by then, the next cleanup removes what is left of a removed session, and the
 * state holds what a log may lose.
 */
function isSame(path: string, least: Picture, whole: Picture): boolean {
  const isLitter = /\/lock(?:\.[^/]*)?$/.test(path) ||
    path.includes(`/${REMOVED_PREFIX}`);
  if (isLitter) return true;
  return least.has(path) === whole.has(path) &&
    (path.endsWith("/log.jsonl") ||
      String(least.get(path)) === String(whole.get(path)));
}

/** For each lock that was made, whether its name ever showed less than the whole record. */
function locksIn(trace: string, root: string): readonly string[] {
  const filled = new Set<string>();
  const made: string[] = [];
  for (const { name, paths: [from = "", to = ""] } of fileCalls(trace, root)) {
    if (name === "write") filled.add(from);
    if (name === "openat" && from.endsWith("/lock")) made.push(from);
    if (name === "linkat" && to.endsWith("/lock")) {
      made.push(filled.has(from) ? "whole" : to);
    }
  }
  return made;
}

function test(name: string, check: (found: Recorded) => void): void {
  Deno.test({
    name: problem === undefined ? name : `${name} (skipped: ${problem})`,
    ignore: problem !== undefined,
    fn: async () => check(await (recording ??= recorded())),
  });
}

test("orc acknowledges only what is on the disk", ({ unconfirmed }) => {
  assertEquals(unconfirmed, {});
});

test("no lock ever shows an unfinished record", ({ locks, unfinishedLocks }) => {
  assert(locks >= 10, `only ${locks} locks were made`);
  assertEquals(unfinishedLocks, []);
});
