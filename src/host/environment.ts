/** Reads a variable; undefined when it is unset or may not be read. */
export type ReadVariable = (name: string) => string | undefined;

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
export function detectAgent(env: ReadVariable): string | null {
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

/** The signals that end orc, with the exit code a shell reports for each. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that ends orc. */
export type EndingSignal = keyof typeof EXIT_CODES;

export const ENDING_SIGNALS: readonly EndingSignal[] = [
  "SIGHUP",
  "SIGINT",
  "SIGTERM",
];

/**
 * Thrown when a signal reached orc while it ran a program; the program has been ended.
 *
 * The signal was taken from its default action, so whoever catches this must make orc end with
 * {@linkcode Interrupted.exitCode}.
 */
export class Interrupted extends Error {
  /** The class name, which survives where `instanceof` does not. */
  override readonly name = "Interrupted";
  /** What orc must exit with. */
  readonly exitCode: number;

  /** Says which signal came. */
  constructor(readonly signal: EndingSignal) {
    super(`Interrupted by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}
