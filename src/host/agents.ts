/**
 * The agents that tell the programs they run who they are; the first that fits counts. A line is a
 * name and its marks, and after the bar the variables that may hold the id of the agent's session,
 * the most exact one first. `NAME` is a variable that is switched on, `NAME=*` one that is set at
 * all, `NAME=text` one with this value in any case, `NAME=*text*` one that holds it, and what `&`
 * ties together only counts together. tests/testdata/agents.json says where each is known from.
 *
 * Claude Code and Cursor stand last: others set their variables too, or are started inside them.
 * What an editor sets in every terminal, such as `CURSOR_TRACE_ID`, is no mark of an agent: a human
 * must be able to approve there. So Windsurf is missing, which sets nothing else.
 */
const TABLE = `
amp AGENT=amp AMP_CURRENT_THREAD_ID | AMP_CURRENT_THREAD_ID AGENT_THREAD_ID
codex CODEX_THREAD_ID CODEX_SANDBOX CODEX_CI CODEX=* TERM_PROGRAM=*codex* | CODEX_THREAD_ID
qwen-code QWEN_CODE | QWEN_CODE_SESSION_ID
gemini-cli GEMINI_CLI
copilot COPILOT_CLI COPILOT_AGENT COPILOT_AGENT_SESSION_ID | COPILOT_AGENT_SESSION_ID
opencode OPENCODE
goose GOOSE_TERMINAL AGENT=goose | AGENT_SESSION_ID
crush CRUSH
pi PI_CODING_AGENT
auggie AUGMENT_AGENT
antigravity ANTIGRAVITY_AGENT
cline CLINE_ACTIVE
roo-code ROO_ACTIVE
kiro KIRO_SESSION_ID | KIRO_SESSION_ID
aider OR_APP_NAME=aider
jules USER=swebot&HOME=/home/jules
claude-code CLAUDECODE CLAUDE_CODE_ENTRYPOINT=* CLAUDE_CODE_SESSION_ID | CLAUDE_CODE_SESSION_ID CLAUDE_CODE_REMOTE_SESSION_ID
cursor CURSOR_AGENT CURSOR_EXTENSION_HOST_ROLE=agent-exec | CURSOR_CONVERSATION_ID CURSOR_TRACE_ID
`;

/** Agents that nothing but their name in a variable of all agents gives away. */
const OTHERS = ["devin", "kilo-code", "openhands", "windsurf"];

const AGENTS = TABLE.trim().split("\n").map((line) => {
  const [own = "", ids = ""] = line.split(" | ");
  const [name = "", ...marks] = own.split(" ");
  return { name, marks, ids: ids.split(" ") };
});

const SWITCHED_ON = /^(?!(?:0|false)?$)/i;
const NAME = /^[a-z][\w@.-]{0,63}$/;

export type Env = (name: string) => string | undefined;

/** The agent that runs orc, as `name:id` where it tells its session's id; null when none gives itself away. */
export function detectAgent(env: Env): string | null {
  const agent = AGENTS.find(({ marks }) =>
    marks.some((mark) => mark.split("&").every((part) => isSet(env, part)))
  );
  if (agent !== undefined) {
    const id = agent.ids.map((variable) => env(variable)).find(Boolean);
    return id === undefined ? agent.name : `${agent.name}:${id}`;
  }
  // What any agent can set.
  const name = env("AI_AGENT")?.trim().toLowerCase() ?? "";
  if (SWITCHED_ON.test(name)) return NAME.test(name) ? name : "unknown";
  return namedByAgent(env("AGENT")?.trim().toLowerCase() ?? "") ??
    (/^llm$/i.test(env("ORCHESTRATOR_MODE") ?? "") ? "unknown" : null);
}

export function isSet(env: Env, mark: string): boolean {
  const [variable = "", wanted] = mark.split("=");
  const value = env(variable)?.toLowerCase();
  if (value === undefined) return false;
  if (wanted === undefined) return SWITCHED_ON.test(value);
  return wanted.startsWith("*")
    ? value.includes(wanted.replaceAll("*", ""))
    : value === wanted;
}

/** Other programs have an `AGENT` too: only what some agent is called, or a plain yes, tells of one. */
function namedByAgent(value: string): string | undefined {
  if (value === "1" || value === "true") return "unknown";
  const name = value.split("@")[0] ?? "";
  const isKnown = OTHERS.includes(name) ||
    AGENTS.some((agent) => agent.name === name);
  return isKnown ? value : undefined;
}
