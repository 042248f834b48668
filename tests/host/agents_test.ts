import { detectAgent } from "../../src/host/agents.ts";
import { assert, assertEquals } from "@std/assert";

type Variables = Readonly<Record<string, string>>;

/** Environments as they were seen or are described, each with its source. */
const RECORDED: {
  readonly agents: readonly {
    readonly agent: string;
    readonly id: string | null;
    readonly variables: Variables;
    readonly source: string;
  }[];
  readonly humans: readonly {
    readonly variables: Variables;
    readonly what: string;
  }[];
} = JSON.parse(
  Deno.readTextFileSync(new URL("../testdata/agents.json", import.meta.url)),
);

function detect(variables: Variables): string | null {
  return detectAgent((name) => variables[name]);
}

Deno.test("detectAgent() knows the agents whose environments are recorded", () => {
  assert(RECORDED.agents.length > 25);
  for (const { agent, id, variables, source } of RECORDED.agents) {
    assert(/https:|seen in/.test(source), `${agent} has no source`);
    const name = id === null ? agent : `${agent}:${id}`;
    assertEquals(detect(variables), name, JSON.stringify(variables));
  }
});

Deno.test("detectAgent() finds no agent in a human's terminal", () => {
  assert(RECORDED.humans.length > 10);
  for (const { variables, what } of RECORDED.humans) {
    assertEquals(detect(variables), null, what);
  }
});

Deno.test("detectAgent() knows each of its agents by one variable alone", () => {
  const alone: readonly (readonly [Variables, string])[] = [
    [{ AMP_CURRENT_THREAD_ID: "T-1" }, "amp:T-1"],
    [{ AGENT: "Amp" }, "amp"],
    [{ CODEX_THREAD_ID: "t1" }, "codex:t1"],
    [{ CODEX: "" }, "codex"],
    [{ TERM_PROGRAM: "OpenAI-Codex" }, "codex"],
    [{ COPILOT_AGENT_SESSION_ID: "c1" }, "copilot:c1"],
    [{ AGENT: "goose" }, "goose"],
    [{ CLAUDE_CODE_SESSION_ID: "s1" }, "claude-code:s1"],
    [{ CLAUDE_CODE_ENTRYPOINT: "" }, "claude-code"],
    [{ AI_AGENT: "Devin@1" }, "devin@1"],
    [{ AI_AGENT: "1" }, "unknown"],
    [{ AI_AGENT: "a:b\n" }, "unknown"],
    [{ AGENT: "true" }, "unknown"],
    [{ ORCHESTRATOR_MODE: "LLM" }, "unknown"],
  ];
  for (const [variables, name] of alone) {
    assertEquals(detect(variables), name, JSON.stringify(variables));
  }
});

Deno.test("detectAgent() takes the most exact id there is", () => {
  const cursor = { CURSOR_AGENT: "1", CURSOR_TRACE_ID: "r1" };
  assertEquals(
    detect({ ...cursor, CURSOR_CONVERSATION_ID: "c1" }),
    "cursor:c1",
  );
  const amp = { AMP_CURRENT_THREAD_ID: "T-1", AGENT_THREAD_ID: "T-2" };
  assertEquals(detect(amp), "amp:T-1");
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
