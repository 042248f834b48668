import { agentOf } from "../../src/host/ancestor_rules.ts";
import { assertEquals } from "@std/assert";

const KNOWN: readonly (readonly [string, readonly string[], string])[] = [
  ["claude", ["claude"], "claude-code"],
  ["MainThread", ["/usr/local/bin/claude", "--print"], "claude-code"],
  ["claude", ["/bin/bash", "/home/ada/bin/claude"], "claude-code"],
  [
    "node",
    ["node", "/lib/node_modules/@anthropic-ai/claude-code/cli.js"],
    "claude-code",
  ],
  ["codex", ["/opt/codex"], "codex"],
  ["node", ["node", "--no-warnings", "/usr/bin/gemini"], "gemini-cli"],
  [
    "node",
    ["/home/ada/.local/share/cursor-agent/versions/1/node", "index.js"],
    "cursor",
  ],
  ["aider", ["/venv/bin/python3.12", "/venv/bin/aider"], "aider"],
  ["python3", ["python3", "-m", "aider"], "aider"],
  ["opencode", ["opencode"], "opencode"],
  ["node", ["node", "/lib/node_modules/@sourcegraph/amp/dist/main.js"], "amp"],
];

const PEOPLE: readonly (readonly [string, readonly string[]])[] = [
  ["bash", ["-bash"]],
  ["zsh", ["/bin/zsh", "-l"]],
  ["code", ["/usr/share/code/code", "--type=utility"]],
  ["cursor", ["/usr/share/cursor/cursor"]],
  ["tmux: server", ["tmux", "new", "-s", "claude"]],
  ["su", ["su", "claude"]],
  ["ssh", ["ssh", "codex"]],
  ["vim", ["vim", "claude"]],
  ["less", ["less", "/docs/@openai/codex/README.md"]],
  ["bash", ["bash", "-c", "echo gemini"]],
  ["bash", ["bash", "claude.sh"]],
  ["amp", ["amp", "file.txt"]],
  ["ssh-agent", ["ssh-agent"]],
  ["systemd", []],
];

Deno.test("agentOf() knows the programs of agents, run by themselves or by an interpreter", () => {
  for (const [name, words, agent] of KNOWN) {
    assertEquals(agentOf({ name, words }), agent, words.join(" "));
  }
});

Deno.test("agentOf() takes nobody's shell, editor or session of a terminal for an agent", () => {
  for (const [name, words] of PEOPLE) {
    assertEquals(agentOf({ name, words }), undefined, words.join(" "));
  }
});
