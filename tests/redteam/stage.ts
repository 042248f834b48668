/** A project with git, an agent and a human at work in it, and an agent that lies. */
import { sessionLayout } from "../../src/base/layout.ts";
import { main } from "../../src/cli/main.ts";
import { captureStreams } from "../cli/fake.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { forgeState, type PlainState } from "../session/forge.ts";
import { agent, fixedHost, type Machine } from "../work/fixtures.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

/** A gate that nobody may pass without its test, a human's gate and a phase that a human lets go. */
export const SHOP = `name: Shop
version: "1"
phases:
  - id: PLAN
    name: Plan
    exit_gate: human_approval
    items:
      - {id: idea, name: The idea}
      - {id: plan, name: The plan, verification: {type: file_exists, path: plan.md}}
      - {id: consent, name: Somebody agrees, verification: {type: manual_gate}}
  - id: BUILD
    name: Build
    items:
      - {id: code, name: The code}
      - {id: tests, name: Tests pass, step_type: gate, verification: {type: command, command: test -f passes}}
      - {id: sketch, name: A sketch, required: false, skippable: true}
`;

/** The agent that does the work, and lies. */
export const AGENT = agent("s1");

/** What a command line printed, and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What orc says of a lie. */
export interface Noticed {
  readonly codes: readonly string[];
  readonly messages: readonly string[];
}

/** An answer of `--json`. */
// deno-lint-ignore no-explicit-any
export type Answer = any;

/** A project in which a session is at work. */
export interface Stage {
  readonly root: string;
  /** Id of the session that was started first. */
  readonly session: string;
  readonly state: string;
  readonly log: string;
  /** Where git's own directory keeps second names. */
  readonly spare: string;
  /** Runs orc as the agent, or on another machine. */
  orc(argv: readonly string[], machine?: Machine): Promise<Ran>;
  /** The same, and it must end well; returns the result. */
  done(argv: readonly string[], machine?: Machine): Promise<Answer>;
  /** Runs orc as a human at a terminal who types this. */
  human(argv: readonly string[], ...typed: string[]): Promise<Answer>;
  /** Edits the state as a script does that knows the public checksum. */
  forge(edit: (state: PlainState) => void): Promise<void>;
  /** Edits the lines of the log; none of them has its line feed. */
  editLog(edit: (lines: string[]) => readonly string[]): void;
}

/** Orc in one directory, by processes that follow each other by a second. */
export interface Player {
  orc(argv: readonly string[], machine?: Machine): Promise<Ran>;
  done(argv: readonly string[], machine?: Machine): Promise<Answer>;
  human(argv: readonly string[], ...typed: string[]): Promise<Answer>;
}

/** How many processes ran, each with ids and a second of its own. */
let runs = 0;

/** Plays orc in a directory. */
export function playerIn(root: string): Player {
  const orc: Player["orc"] = async (argv, machine = {}) => {
    const streams = captureStreams();
    const number = 1 + runs++ % 900;
    const host = fixedHost({
      workingDirectory: root,
      environment: AGENT,
      programs: "real",
      at: instantAfter(number),
      number,
      ...machine,
    });
    const exitCode = await main([...argv], host, { streams });
    return { exitCode, out: streams.out, err: streams.err };
  };
  const done: Player["done"] = async (argv, machine) => {
    const ran = await orc([...argv, "--full"], machine);
    assertEquals(ran.exitCode, 0, `${argv.join(" ")}: ${ran.out}${ran.err}`);
    return JSON.parse(ran.out).result;
  };
  const human: Player["human"] = (argv, ...typed) =>
    done(argv, { environment: {}, answers: typed });
  return { orc, done, human };
}

/** An instant of one second after the other. */
export function instantAfter(seconds: number): string {
  return new Date(Date.UTC(2026, 2, 1, 10) + seconds * 1000).toISOString();
}

/** Runs a test where an agent has just started a session, and did this much more. */
export async function onStage(
  test: (stage: Stage) => Promise<void>,
  { workflow = SHOP, before = started }: {
    readonly workflow?: string;
    readonly before?: (stage: Stage) => Promise<void>;
  } = {},
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    // A project may be moved: what was played once is copied.
    const root = `${directory}/shop`;
    await copy(await played(workflow, before), root);
    await test(await stageAt(root));
  });
}

/** Projects that were played so far, by what was done in them. */
const projects = new Map<unknown, Map<string, Promise<string>>>();

function played(
  workflow: string,
  before: (stage: Stage) => Promise<void>,
): Promise<string> {
  const known = projects.get(before) ?? new Map<string, Promise<string>>();
  projects.set(before, known);
  const project = known.get(workflow) ?? play(workflow, before);
  known.set(workflow, project);
  return project;
}

async function play(
  workflow: string,
  before: (stage: Stage) => Promise<void>,
): Promise<string> {
  Deno.mkdirSync("tests/.tmp", { recursive: true });
  const root = Deno.realPathSync(Deno.makeTempDirSync({ dir: "tests/.tmp" }));
  globalThis.addEventListener("unload", () => {
    Deno.removeSync(root, { recursive: true });
  });
  await git(root, "init", "--quiet", "--initial-branch=main");
  writeTree(root, { "workflow.yaml": workflow, "README.md": "A shop\n" });
  await git(root, "add", ".");
  await git(root, "commit", "--quiet", "-m", "Begin");
  await playerIn(root).done(["start", "Sell apples"]);
  await before(await stageAt(root));
  return root;
}

/** The stage in a root whose newest chosen session is meant. */
export async function stageAt(
  root: string,
  player: Player = playerIn(root),
): Promise<Stage> {
  const { session } = JSON.parse((await player.orc(["status", "--full"])).out);
  const { state, log } = sessionLayout(root, session);
  return {
    ...player,
    root,
    session,
    state,
    log,
    spare: `${root}/.git/orchestrator/sessions/${session}`,
    forge: (edit) => forgeState(state, edit),
    editLog: (edit) => {
      const lines = Deno.readTextFileSync(log).split("\n").slice(0, -1);
      const edited = edit(lines).map((line) => `${line}\n`).join("");
      replaceFile(log, edited);
    },
  };
}

/** Writes a file anew, as editors do: other names of the old one keep what it held. */
export function replaceFile(path: string, text: string): void {
  Deno.writeTextFileSync(`${path}.new`, text);
  Deno.renameSync(`${path}.new`, path);
}

/** Does the first half by the rules: all of PLAN but what a human says. */
export async function plan({ root, done }: Stage): Promise<void> {
  await done(["complete", "idea", "--notes", "Sell apples to everyone"]);
  writeTree(root, { "plan.md": "Buy apples, sell apples\n" });
  await done(["complete", "plan"]);
}

/** Does all of PLAN, the human's part too. */
export async function planned(stage: Stage): Promise<void> {
  await plan(stage);
  await stage.human(["approve-item", "consent"], "consent");
  await stage.human(["approve"], "PLAN");
  await stage.done(["advance"]);
}

/** Does everything but `orc finish`. */
export async function worked(stage: Stage): Promise<void> {
  await planned(stage);
  await stage.done(["complete", "code", "--notes", "Written"]);
  writeTree(stage.root, { passes: "" });
  await stage.done(["complete", "tests"]);
}

/** Marks all items of a state as completed, all phases too. */
export function completeAll(state: PlainState): void {
  for (const phase of Object.values<PlainState>(state.phases)) {
    phase.status = "completed";
    for (const item of Object.values<PlainState>(phase.items)) {
      item.status = "completed";
    }
  }
  state.current_phase_id = Object.keys(state.phases).at(-1);
}

/** What `orc verify` says. */
export async function verified(
  { orc }: Pick<Player, "orc">,
  session?: string,
): Promise<Noticed & { readonly exitCode: number; readonly text: string }> {
  const ran = await orc(["verify", ...session ? [session] : [], "--full"]);
  const { result, error } = JSON.parse(ran.out);
  const findings: Answer[] = result?.findings ?? [error];
  return {
    exitCode: ran.exitCode,
    codes: [...new Set(findings.map(({ code }) => code))],
    messages: findings.map(({ message }) => message),
    text: ran.out,
  };
}

/**
 * Fails unless a lie is noticed: `orc verify` names it by all of these codes, `orc doctor` does not
 * call it healthy, and `orc finish` does not close the session as completed.
 */
export async function assertNoticed(
  stage: Pick<Stage, "orc">,
  ...expected: readonly string[]
): Promise<void> {
  const { exitCode, codes, text } = await verified(stage);
  assertNotEquals(exitCode, 0, text);
  const missing = expected.filter((code) => !codes.includes(code));
  assertEquals(missing, [], `verify names ${codes.join(", ")}: ${text}`);
  const doctor = await stage.orc(["doctor"]);
  assert(!/Healthy/.test(doctor.out), `doctor: ${doctor.out}`);
  const finish = await stage.orc(["finish", "--full"]);
  assertNotEquals(finish.exitCode, 0, `finish: ${finish.out}`);
}

/** Fails if anything is said against honest work; it need not be finished. */
export async function assertHonest(
  player: Pick<Player, "orc">,
  session?: string,
  allowed: readonly string[] = ["session_open", "vouched"],
): Promise<void> {
  const { codes, text } = await verified(player, session);
  const accused = codes.filter((code) => !allowed.includes(code));
  assert(accused.length === 0, `${accused.join(", ")}: ${text}`);
  const status = await player.orc([
    "status",
    ...session ? ["--session", session] : [],
  ]);
  assertEquals(status.exitCode, 0, status.err);
  assert(!/orc verify/.test(status.err), status.err);
}

/** One test: a trick, how far the honest work went before it, and what `orc verify` must call it. */
export function trick(
  name: string,
  before: (stage: Stage) => Promise<void>,
  lie: (stage: Stage) => void | Promise<void>,
  ...codes: readonly string[]
): void {
  Deno.test(name, () =>
    onStage(async (stage) => {
      await lie(stage);
      await assertNoticed(stage, ...codes);
    }, { before }));
}

/** Nothing was done but `orc start`. */
export async function started(): Promise<void> {}

/** Copies a file or a directory with all that is in it. */
export async function copy(from: string, to: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-a", from, to] }).output();
}

/** Runs git as somebody who needs no configuration. */
export async function git(root: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args],
    cwd: root,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
