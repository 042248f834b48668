import { detectAgent } from "../../src/host/deno_host.ts";
import { assertEquals } from "@std/assert";

function detect(variables: Readonly<Record<string, string>>): string | null {
  return detectAgent((name) => variables[name]);
}

const DETECTED: readonly (readonly [
  variables: Readonly<Record<string, string>>,
  name: string,
  id: string | null,
])[] = [
  [{ CLAUDECODE: "1" }, "claude-code", null],
  [{ CLAUDECODE: "1", CLAUDE_CODE_SESSION_ID: "s1" }, "claude-code", "s1"],
  [{ CLAUDE_CODE_SESSION_ID: "s1" }, "claude-code", "s1"],
  [{ CLAUDE_CODE_ENTRYPOINT: "" }, "claude-code", null],
  [
    { CLAUDECODE: "1", CLAUDE_CODE_REMOTE_SESSION_ID: "cse_1" },
    "claude-code",
    "cse_1",
  ],
  [{ CODEX_THREAD_ID: "t1" }, "codex", "t1"],
  [{ CODEX_SANDBOX: "seatbelt" }, "codex", null],
  [{ CODEX: "" }, "codex", null],
  [{ TERM_PROGRAM: "OpenAI-Codex" }, "codex", null],
  [{ GEMINI_CLI: "1" }, "gemini-cli", null],
  [{ QWEN_CODE: "1" }, "qwen-code", null],
  [{ COPILOT_CLI: "1", COPILOT_AGENT_SESSION_ID: "c1" }, "copilot", "c1"],
  [{ OPENCODE: "1", AGENT: "1" }, "opencode", null],
  [{ GOOSE_TERMINAL: "1", AGENT_SESSION_ID: "g1" }, "goose", "g1"],
  [{ AGENT: "goose" }, "goose", null],
  [{ CRUSH: "1", AI_AGENT: "crush" }, "crush", null],
  [{ PI_CODING_AGENT: "true" }, "pi", null],
  [{ AUGMENT_AGENT: "1" }, "auggie", null],
  [{ ANTIGRAVITY_AGENT: "1" }, "antigravity", null],
  [{ CLINE_ACTIVE: "true" }, "cline", null],
  [{ CURSOR_AGENT: "1", CURSOR_TRACE_ID: "r1" }, "cursor", "r1"],
  [
    {
      CURSOR_AGENT: "1",
      CURSOR_TRACE_ID: "r1",
      CURSOR_CONVERSATION_ID: "c1",
    },
    "cursor",
    "c1",
  ],
  [{ CURSOR_EXTENSION_HOST_ROLE: "agent-exec" }, "cursor", null],
  [{ AI_AGENT: "Devin@1" }, "devin@1", null],
  [{ AI_AGENT: "1" }, "unknown", null],
  [{ AI_AGENT: "a:b\n" }, "unknown", null],
  [{ ORCHESTRATOR_MODE: "LLM" }, "unknown", null],
];

Deno.test("detectAgent() knows agents by what they set for their programs", () => {
  for (const [variables, name, id] of DETECTED) {
    const agent = id === null ? name : `${name}:${id}`;
    assertEquals(detect(variables), agent, JSON.stringify(variables));
  }
});

Deno.test("detectAgent() finds no agent in a human's terminal", () => {
  const terminals: Readonly<Record<string, string>>[] = [
    {},
    { TERM_PROGRAM: "vscode" },
    { CURSOR_TRACE_ID: "r1", TERM_PROGRAM: "vscode" },
    { CURSOR_EXTENSION_HOST_ROLE: "user" },
    { AGENT: "jenkins" },
    { AGENT_SESSION_ID: "x" },
    { ORCHESTRATOR_MODE: "human" },
    { CLAUDECODE: "", CODEX_CI: "0", GEMINI_CLI: "false", AI_AGENT: "false" },
  ];
  for (const variables of terminals) {
    assertEquals(detect(variables), null, JSON.stringify(variables));
  }
});

Deno.test("detectAgent() tells an agent from the one whose variables it also sets", () => {
  const amp = { CLAUDECODE: "1", AGENT: "amp", AMP_CURRENT_THREAD_ID: "T-1" };
  assertEquals(detect(amp), "amp:T-1");
  const nested = { CODEX_THREAD_ID: "t1", CLAUDECODE: "1" };
  assertEquals(detect(nested), "codex:t1");
});

Deno.test("detectAgent() is not switched off by the mode human", () => {
  const variables = { ORCHESTRATOR_MODE: "human", CLAUDECODE: "1" };
  assertEquals(detect(variables), "claude-code");
});
