import { decodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { detectAgent } from "../../src/host/agents.ts";
import type {
  Host,
  ProgramRequest,
  ProgramResult,
} from "../../src/host/host.ts";
import { runProgram } from "../../src/host/process.ts";
import { ENDED_WELL, testHost } from "../../src/host/test_host.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { OWN_IDENTITY } from "../session/fixtures.ts";

export {
  codeOf,
  codeWithoutTrace,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
} from "../files/temporary.ts";

/** When everything happens, unless a test says otherwise. */
export const NOW = "2026-03-01T10:00:00Z";

/** The environment of an agent that tells its own id. */
export function agent(id: string): Readonly<Record<string, string>> {
  return { CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: id };
}

/** The setting under which tests may approve. */
export const APPROVING = { ORCHESTRATOR_APPROVALS: "any" } as const;

/** How a program ends, by its words joined with blanks, or by the text for the shell. */
export type Programs = Readonly<Record<string, Partial<ProgramResult>>>;

const INERT_GIT =
  "git --no-pager -c core.fsmonitor=false -c core.hooksPath=/dev/null";

/** How orc asks git for files; a machine without an answer has no git. */
export const GIT_LS_FILES =
  `${INERT_GIT} ls-files -z --modified --others --exclude-standard`;

/** How orc asks git for the filters that it turns off. */
export const GIT_FILTERS =
  `${INERT_GIT} config -z --name-only --get-regexp ^filter\\.`;

/** What git says unless a test wants something else: nobody set up a filter. */
const NO_FILTERS: Programs = { [GIT_FILTERS]: { exitCode: 1 } };

/** What a test may say about its machine. */
export interface Machine {
  readonly environment?: Readonly<Record<string, string>>;
  /** What a human types, one answer for each question; undefined is the end of input. */
  readonly answers?: readonly (string | undefined)[];
  readonly programs?: Programs | "real";
  /** What comes from standard input. */
  readonly input?: string;
  readonly workingDirectory?: string;
  /** The user's directory; without it none is known. */
  readonly home?: string;
  /** Columns of the terminal; without it, output goes elsewhere. */
  readonly columns?: number;
  readonly at?: string;
  /** Keeps the ids and tokens of several machines apart; up to 999. */
  readonly number?: number;
}

/** A machine on which nothing happens by chance, and what it was asked for. */
export interface FixedHost extends Host {
  readonly questions: string[];
  readonly requests: readonly ProgramRequest[];
  /** What was shown of the progress, one after the other. */
  readonly progress: (string | undefined)[];
}

/** A machine with a stopped clock and counted ids. */
export function fixedHost(machine: Machine = {}): FixedHost {
  const { environment = {}, answers, at = NOW, number = 0 } = machine;
  const questions: string[] = [];
  const progress: (string | undefined)[] = [];
  const env = (name: string): string | undefined => environment[name];
  const answer = (question: string) => answers?.[questions.push(question) - 1];
  const host = testHost({
    now: at,
    number,
    env,
    workingDirectory: machine.workingDirectory ?? "/nowhere",
    terminal: {
      isInteractive: answers !== undefined,
      isOutputTerminal: machine.columns !== undefined,
      isErrorTerminal: answers !== undefined,
      columns: machine.columns ?? 80,
      readLine: answer,
      readHidden: answer,
      showProgress: (line) => {
        progress.push(line);
      },
    },
    readInput: () => new TextEncoder().encode(machine.input),
    homeDirectory: () => machine.home,
    identity: () => ({ ...OWN_IDENTITY, runtime: "deno 1.2.3" }),
    runProgram: (request) => endingOf(machine.programs ?? {}, request),
    caller: () => ({ agent: detectAgent(env), approval: null }),
  });
  return { ...host, questions, progress };
}

/**
 * The number of the nth machine, from 0. An id begins with it, so none of three digits ends in zero:
 * it would begin like another with two. After some 900 they come again.
 */
export function machineNumber(count: number): number {
  if (count < 100) return count;
  const rest = (count - 100) % 810;
  return 101 + Math.floor(rest / 9) * 10 + rest % 9;
}

/** The id a machine gives away as its nth, from 0; the first is that of its first session. */
export function idOf(machine: number, count: number): string {
  const head = `01kk${String(machine).padStart(2, "0")}`;
  return head + String(count).padStart(26 - head.length, "0");
}

async function endingOf(
  programs: Programs | "real",
  request: ProgramRequest,
): Promise<ProgramResult> {
  if (programs === "real") return await runProgram(request);
  const { command } = request;
  const text = "shell" in command ? command.shell : command.join(" ");
  // Without an answer it has no git that lists the files of a tree.
  const noGit = text.startsWith("git --git-dir=")
    ? { exitCode: 127, stderr: "git: not found" }
    : undefined;
  const ending = programs[text] ?? NO_FILTERS[text] ?? noGit;
  if (ending === undefined) throw new Error(`Nobody expects "${text}"`);
  return { ...ENDED_WELL, ...ending };
}

/** A workflow with each kind of item. */
export const WORKFLOW = `name: Tiny
settings:
  test_command: make test
phases:
  - id: PLAN
    name: Plan
    exit_gate: human_approval
    notes: [Change no code yet]
    items:
      - {id: idea, name: The idea, description: What it is about, notes: [Be brief]}
      - {id: plan, name: Plan written, verification: {type: file_exists, path: docs/plan.md}}
      - {id: sketch, name: Sketch drawn, required: false}
      - {id: tests, name: Tests pass, step_type: gate, verification: {type: command, command: "{{test_command}}"}}
      - {id: consent, name: Somebody agrees, verification: {type: manual_gate}}
  - id: BUILD
    name: Build
    items:
      - {id: code, name: Code written}
`;

/** The smallest workflow that can be finished at once. */
export const EASY_WORKFLOW = `name: Easy
phases:
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;

/** Manual gates of every risk, in hybrid supervision. */
export const HYBRID_WORKFLOW = `name: Watched
settings: {supervision_mode: hybrid, approval_timeout_minutes: 30}
phases:
  - id: DO
    name: Do
    items:
      - {id: glance, name: Glance, risk: low, verification: {type: manual_gate}}
      - {id: look, name: Look, verification: {type: manual_gate}}
      - {id: study, name: Study, risk: high, verification: {type: manual_gate}}
`;

/** Files of a repository by their paths. */
export type Files = Readonly<Record<string, string>>;

/** Runs a test in a new directory with these files. */
export function withRoot(
  files: Files,
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withTemporaryDirectory((root) => {
    writeTree(root, files);
    return test(root);
  });
}

/** Runs a test on a session that has started with {@linkcode WORKFLOW} or another workflow. */
export function withSession(
  test: (root: string) => Promise<void>,
  workflow: string = WORKFLOW,
): Promise<void> {
  return withRoot({ "workflow.yaml": workflow }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    await test(root);
  });
}

/** Ids of the sessions in a repository. */
export function sessionsIn(root: string): readonly string[] {
  const sessions = Array.from(
    Deno.readDirSync(`${root}/.orchestrator/sessions`),
    ({ name }) => name,
  );
  return sessions.sort();
}

/** The state of a session as any program reads it. */
// deno-lint-ignore no-explicit-any
export function stateOf(root: string, id: string = idOf(0, 0)): any {
  const path = `${root}/.orchestrator/sessions/${id}/state.json`;
  return JSON.parse(Deno.readTextFileSync(path));
}

/** Replaces a text in a file by another. */
export function edit(path: string, from: string, to: string): void {
  const text = Deno.readTextFileSync(path);
  if (!text.includes(from)) throw new Error(`"${path}" lacks ${from}`);
  Deno.writeTextFileSync(path, text.replace(from, to));
}

/** The events in a session's log. */
export function eventsOf(
  root: string,
  id: string = idOf(0, 0),
): readonly RecordedEvent[] {
  const path = `${root}/.orchestrator/sessions/${id}/log.jsonl`;
  return Deno.readTextFileSync(path).split("\n").flatMap((line) =>
    decodeLogLine(line) ?? []
  );
}

/** Types of the events in a session's log. */
export function loggedTypes(
  root: string,
  id: string = idOf(0, 0),
): readonly string[] {
  return eventsOf(root, id).map(({ type }) => type);
}

/** A state as the older Python tool left it in the root; follows {@linkcode EASY_WORKFLOW}. */
export function legacyState(
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const items = [{ id: "it", name: "It" }];
  const state = {
    workflow_id: "wf_1a2b3c4d",
    workflow_type: "Easy",
    workflow_version: "1.0",
    task_description: "Old task",
    project: null,
    status: "active",
    current_phase_id: "DO",
    phases: { DO: { id: "DO", status: "active", items: { it: { id: "it" } } } },
    created_at: "2026-01-02T03:04:05Z",
    updated_at: "2026-01-02T03:04:05Z",
    completed_at: null,
    metadata: {},
    workflow_definition: {
      name: "Easy",
      phases: [{ id: "DO", name: "Do", items }],
    },
    constraints: [],
    ...fields,
  };
  return JSON.stringify(state, null, 2);
}

/** Id of the session in {@linkcode legacyState}. */
export const LEGACY_ID = "1a2b3c4d";

/** A main worktree and a linked one, as git lays them out. */
export const WORKTREES: Files = {
  "main/.git/HEAD": "ref: refs/heads/main\n",
  "main/.git/config": "[core]\n\tbare = false\n",
  "main/.git/worktrees/wt/commondir": "../..\n",
  "main/.orchestrator/sessions/": "",
  "main/workflow.yaml": EASY_WORKFLOW,
  "wt/.git": "gitdir: ../main/.git/worktrees/wt\n",
  "wt/workflow.yaml": EASY_WORKFLOW,
};
