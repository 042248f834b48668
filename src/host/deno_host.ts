import { hexOf } from "../base/checksum.ts";
import { external, usage } from "../base/error.ts";
import { isAbsolutePath, normalisePath } from "../base/path.ts";
import { instantOf } from "../base/time.ts";
import { ifAllowed, isGranted } from "../files/read.ts";
import type { Host } from "./host.ts";
import { livenessOf, ownIdentity } from "./liveness.ts";
import { openTerminal, readInput } from "./terminal.ts";

/**
 * Opens this machine for orc. What takes long to load is loaded by the first call that needs it.
 *
 * It touches no signals: they belong to the program that calls.
 *
 * Requires no permission by itself: a variable that may not be read counts as unset. With
 * `--allow-read`, `--allow-run` and `--allow-sys=hostname` it tells at once that the holder of a
 * lock is dead; otherwise the lock it left behind keeps others waiting.
 */
export function denoHost(): Host {
  return {
    get workingDirectory() {
      return workingDirectory();
    },
    terminal: openTerminal(readVariable),
    now: () => instantOf(Date.now()),
    localNow: () => localTime(new Date()),
    env: readVariable,
    readInput,
    newToken,
    idSource,
    homeDirectory,
    identity: ownIdentity,
    livenessOf,
    runProgram: async (request) => {
      const { runProgram } = await import("./process.ts");
      return runProgram(request);
    },
    agentAbove: async () => (await import("./ancestors.ts")).findAgentAbove(),
    caller: () => ({ agent: detectAgent(manyVariables()), approval: null }),
  };
}

function workingDirectory(): string {
  try {
    return normalisePath(Deno.cwd());
  } catch (cause) {
    const isUnreadable = cause instanceof Error && cause.name === "InvalidData";
    throw external(
      "no_working_directory",
      isUnreadable
        ? "Cannot use the working directory: its path is not valid Unicode"
        : "Cannot find the working directory: it no longer exists",
      { hint: "change to another directory, or use --root", cause },
    );
  }
}

function readVariable(name: string): string | undefined {
  if (!isReadable(name)) return undefined;
  try {
    return Deno.env.get(name);
  } catch (cause) {
    throw usage(
      "environment_invalid",
      `Cannot read the environment variable "${name}": it is not valid Unicode`,
      { hint: `unset ${name}`, cause },
    );
  }
}

/** For whoever asks for dozens of variables: they are read at once, if they all may and can be. */
function manyVariables(): Host["env"] {
  const all = ifAllowed({ name: "env" }, () => Deno.env.toObject());
  return all === undefined ? readVariable : (name) => all[name];
}

/** Asked once for all variables where all are granted: one by one, it takes as long as a file. */
let isAllReadable: boolean | undefined;

function isReadable(variable: string): boolean {
  isAllReadable ??= isGranted({ name: "env" });
  return isAllReadable || isGranted({ name: "env", variable });
}

/** Local time in the form of Python's `isoformat()`, which counts microseconds. */
function localTime(date: Date): string {
  const offsetMs = date.getTimezoneOffset() * 60_000;
  const local = new Date(date.getTime() - offsetMs).toISOString();
  return `${local.slice(0, -1)}000`;
}

function newToken(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

async function idSource(): Promise<() => string> {
  const { monotonicUlid } = await import("@std/ulid");
  // At the very first millisecond of all clocks, the library fails.
  return () => monotonicUlid(Date.now() || 1).toLowerCase();
}

function homeDirectory(): string | undefined {
  const path = readVariable("HOME") || readVariable("USERPROFILE");
  return path && isAbsolutePath(path) ? normalisePath(path) : undefined;
}

/** A variable that gives an agent away, and what its value must look like. */
type Mark = readonly [variable: string, value?: RegExp];

interface AgentKind {
  readonly name: string;
  readonly marks: readonly Mark[];
  /** Variables that may hold the id of the agent's session, the most exact one first. */
  readonly ids: readonly string[];
}

const SWITCHED_ON = /^(?!(?:0|false)?$)/i;
const PRESENT = /^/;
const NAME = /^[a-z][\w@.-]{0,63}$/;

/**
 * The agents that tell the programs they run who they are; the first that fits counts.
 *
 * Claude Code and Cursor stand last: others set their variables too, or are started inside them.
 * What an editor sets in every terminal, such as `CURSOR_TRACE_ID`, is no mark of an agent:
 * a human must be able to approve there.
 */
const AGENTS: readonly AgentKind[] = [
  {
    name: "amp",
    marks: [["AGENT", /^amp$/i], ["AMP_CURRENT_THREAD_ID"]],
    ids: ["AMP_CURRENT_THREAD_ID"],
  },
  {
    name: "codex",
    marks: [
      ["CODEX_THREAD_ID"],
      ["CODEX_SANDBOX"],
      ["CODEX_CI"],
      ["CODEX", PRESENT],
      ["TERM_PROGRAM", /codex/i],
    ],
    ids: ["CODEX_THREAD_ID"],
  },
  { name: "gemini-cli", marks: [["GEMINI_CLI"]], ids: [] },
  { name: "qwen-code", marks: [["QWEN_CODE"]], ids: [] },
  {
    name: "copilot",
    marks: [["COPILOT_CLI"], ["COPILOT_AGENT"], ["COPILOT_AGENT_SESSION_ID"]],
    ids: ["COPILOT_AGENT_SESSION_ID"],
  },
  { name: "opencode", marks: [["OPENCODE"]], ids: [] },
  {
    name: "goose",
    marks: [["GOOSE_TERMINAL"], ["AGENT", /^goose$/i]],
    ids: ["AGENT_SESSION_ID"],
  },
  { name: "crush", marks: [["CRUSH"]], ids: [] },
  { name: "pi", marks: [["PI_CODING_AGENT"]], ids: [] },
  { name: "auggie", marks: [["AUGMENT_AGENT"]], ids: [] },
  { name: "antigravity", marks: [["ANTIGRAVITY_AGENT"]], ids: [] },
  { name: "cline", marks: [["CLINE_ACTIVE"]], ids: [] },
  {
    name: "claude-code",
    marks: [
      ["CLAUDECODE"],
      ["CLAUDE_CODE_ENTRYPOINT", PRESENT],
      ["CLAUDE_CODE_SESSION_ID"],
    ],
    ids: ["CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_REMOTE_SESSION_ID"],
  },
  {
    name: "cursor",
    marks: [["CURSOR_AGENT"], ["CURSOR_EXTENSION_HOST_ROLE", /^agent-exec$/]],
    ids: ["CURSOR_CONVERSATION_ID", "CURSOR_TRACE_ID"],
  },
];

/** The agent that runs orc, as `name:id` where it tells its session's id; null when none gives itself away. */
export function detectAgent(env: Host["env"]): string | null {
  const kind = AGENTS.find(({ marks }) =>
    marks.some(([variable, value = SWITCHED_ON]) =>
      matches(env(variable), value)
    )
  );
  if (kind !== undefined) {
    const id = kind.ids.map((variable) => env(variable)).find(Boolean);
    return id === undefined ? kind.name : `${kind.name}:${id}`;
  }
  // What any agent can set.
  const name = env("AI_AGENT")?.trim().toLowerCase() ?? "";
  if (SWITCHED_ON.test(name)) return NAME.test(name) ? name : "unknown";
  return matches(env("ORCHESTRATOR_MODE"), /^llm$/i) ? "unknown" : null;
}

function matches(text: string | undefined, pattern: RegExp): boolean {
  return text !== undefined && pattern.test(text);
}
