/**
 * Claude Code and Codex themselves, with a model that follows a script: what the hooks that orc installs do
 * in them. The programs are looked for in ORC_HOSTS_DIR, else on PATH; who has none is told so.
 */
import { writeTree } from "../files/temporary.ts";
import { type ListedHook, listHooks, trustHooks } from "./codex.ts";
import type { Ask, Model, Turn } from "./model.ts";
import {
  assertFired,
  assertGoneAgain,
  assertHeld,
  byServer,
  CONTEXT,
  drive,
  exists,
  neverFired,
  OF_PHASE,
  onStage,
  programOf,
  SENT_BACK,
  SERVER,
  type Stage,
  timesIn,
  turnsFor,
  withModel,
} from "./stage.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** Of each hook, orc says as Codex itself whether it is trusted. */
async function assertTrust(
  { orc }: Stage,
  hooks: readonly ListedHook[],
  trust: string,
): Promise<void> {
  assertEquals(
    hooks.map(({ trustStatus }) => trustStatus),
    Array(5).fill(trust),
  );
  const said = await orc("agents", "status", "--host", "codex", "--full");
  const [host] = JSON.parse(said).result.agents;
  const told = host.hooks.map((hook: { trust: string }) => hook.trust);
  assertEquals(told, Array(5).fill(trust));
}

const claude = programOf("claude", "Claude Code");
const codex = programOf("codex", "Codex");

Deno.test({
  name:
    "Claude Code: the context arrives, edits are denied, and an agent that stops is sent back once",
  ignore: claude === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root } = stage;
      await stage.orc("agents", "install", "--host", "claude");
      const turns = turnsFor({
        shell: (command) => ({
          tool: "Bash",
          input: { command, description: "from the script" },
        }),
        write: (path) => ({
          tool: "Write",
          input: { file_path: `${root}/${path}`, content: "x\n" },
        }),
        serve: (path) => ({
          tool: "mcp__files__write_file",
          input: byServer(root, path),
        }),
      });
      await withModel(turns, async (model) => {
        const said = await runClaude(stage, model, [
          "--mcp-config",
          JSON.stringify({ mcpServers: { files: SERVER } }),
        ]);
        assertStringIncludes(said, '"is_error":false');
        await assertHeld(stage, model);
      });
      await assertFired(stage, "claude");
      await assertGoneAgain(stage);
    }),
});

/** Runs it as a program that may use each tool of the script. */
async function runClaude(
  stage: Stage,
  { url }: Model,
  flags: readonly string[],
  prompt = "do the work",
): Promise<string> {
  const tools = "Bash,Write,mcp__files__write_file";
  const args = ["-p", prompt, "--allowedTools", tools, ...flags];
  return await drive(stage, claude ?? "", {
    args: [...args, "--output-format", "json"],
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "x",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      // Else tools of servers are told only to a model that searches for them.
      ENABLE_TOOL_SEARCH: "false",
    },
  });
}

/** What of the position reached the model in a request. */
const POSITION = "Task: Fix it\nPhases: [PLAN 0/2]\nItem: One\nNext: orc";

/** How often a request holds a text, as JSON has it. */
function countIn(request: string | undefined, text: string): number {
  return (request ?? "").split(JSON.stringify(text).slice(1, -1)).length - 1;
}

Deno.test({
  name: "Claude Code: what a compaction cuts away comes back",
  ignore: claude === undefined,
  fn: () =>
    onStage(async (stage) => {
      await stage.orc("agents", "install", "--host", "claude");
      await stage.orc("start", "Fix it");
      await withModel([], async (model) => {
        await runClaude(stage, model, []);
        await runClaude(stage, model, ["--continue"], "/compact");
        const count = model.requests.length;
        await runClaude(stage, model, ["--continue"], "go on");
        const [after] = model.requests.slice(count);
        assertStringIncludes(after ?? "", "continued from a previous");
        assert(countIn(after, POSITION) >= 1, after);
      });
      assertEquals(await neverFired(stage, "claude"), ["PreToolUse"]);
    }),
});

Deno.test({
  name: "Claude Code takes the plugin of this repository, and it works there",
  ignore: claude === undefined,
  fn: () =>
    onStage(async (stage) => {
      const plugin = `${Deno.cwd()}/plugins/orc`;
      for (const place of [Deno.cwd(), plugin]) {
        const args = ["plugin", "validate", place];
        const said = await drive(stage, claude ?? "", { args, env: {} });
        assertStringIncludes(said, "Validation passed");
      }
      await stage.orc("start", "Fix it");
      const file_path = `${stage.root}/src/a.ts`;
      const turns: readonly Turn[] = [
        { tool: "Write", input: { file_path, content: "x\n" } },
        "stop",
      ];
      await withModel(turns, async (model) => {
        await runClaude(stage, model, ["--plugin-dir", plugin]);
        assertStringIncludes(model.requests[0] ?? "", "Task: Fix it");
        assertEquals(timesIn(model, OF_PHASE), 1);
        assertEquals(exists(file_path), false);
        assert(timesIn(model, SENT_BACK) >= 1);
      });
    }),
});

Deno.test({
  name:
    "Codex: the context arrives, edits are denied, and an agent that stops is sent back once",
  ignore: codex === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root, home } = stage;
      await stage.orc("agents", "install", "--host", "codex");
      const shell = (cmd: string): Ask => ({
        tool: "exec_command",
        input: { cmd },
      });
      const turns = turnsFor({
        shell,
        write: (path) =>
          shell(
            `apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch\nEOF`,
          ),
        serve: (path) => ({
          tool: "write_file",
          namespace: "mcp__files",
          input: byServer(root, path),
        }),
      });
      const start = { program: codex ?? "", root, env: stage.env };
      // Nobody trusts the hooks: none runs, and it is orc alone that says so.
      await withModel(["stop"], async (model) => {
        await runCodex(stage, model);
        const [first = ""] = model.requests;
        assert(first !== "" && !first.includes(CONTEXT));
      });
      await assertTrust(stage, await listHooks(start), "untrusted");
      await trustHooks(start);
      await assertTrust(stage, await listHooks(start), "trusted");
      const settings = Deno.readTextFileSync(`${home}/.codex/config.toml`);
      const trust = settings.slice(settings.indexOf("[hooks.state"));
      await withModel(turns, async (model) => {
        await runCodex(stage, model, trust);
        await assertHeld(stage, model);
      });
      await assertFired(stage, "codex");
      await assertGoneAgain(stage);
    }),
});

/** Runs it with settings of a user who trusts the repository, and what else they say. */
async function runCodex(
  stage: Stage,
  model: Model,
  trust = "",
): Promise<string> {
  const text = `${codexSettings(stage.root, model)}${trust}`;
  writeTree(stage.home, { ".codex/config.toml": text });
  return await execCodex(stage);
}

async function execCodex(stage: Stage): Promise<string> {
  return await drive(stage, codex ?? "", {
    args: ["exec", "--skip-git-repo-check", "do the work"],
    env: { OPENAI_API_KEY: "x" },
  });
}

Deno.test({
  name: "Codex: what a compaction cuts away comes back",
  ignore: codex === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root, home, env } = stage;
      await stage.orc("agents", "install", "--host", "codex");
      await stage.orc("start", "Fix it");
      // Whatever was said is too much.
      const limit = "model_auto_compact_token_limit = 1\n";
      const turns: readonly Turn[] = [
        { tool: "exec_command", input: { cmd: "echo one" } },
        "stop",
      ];
      await withModel(turns, async (model) => {
        const text = limit + codexSettings(root, model);
        writeTree(home, { ".codex/config.toml": text });
        await trustHooks({ program: codex ?? "", root, env });
        await execCodex(stage);
        const [before, after] = ["echo one", "Another language model"].map(
          (words) => model.requests.find((text) => text.includes(words)),
        );
        assertEquals(countIn(before, POSITION), 1);
        assertEquals(countIn(after, "echo one"), 0, after);
        assertEquals(countIn(after, POSITION), 1, after);
      });
      assertEquals(await neverFired(stage, "codex"), []);
    }),
});

Deno.test({
  name: "Codex takes the plugin of this repository, with its hooks",
  ignore: codex === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root, home, env } = stage;
      const program = codex ?? "";
      const trusted = `[projects."${root}"]\ntrust_level = "trusted"\n`;
      writeTree(home, { ".codex/config.toml": trusted });
      for (
        const args of [
          ["plugin", "marketplace", "add", Deno.cwd()],
          ["plugin", "add", "orc@orc"],
        ]
      ) await drive(stage, program, { args, env: {} });
      const hooks = await listHooks({ program, root, env });
      assertEquals(
        hooks.map(({ key }) => key.split(":").at(-3)).sort(),
        ["pre_compact", "pre_tool_use", "session_end", "session_start", "stop"],
      );
      assert(hooks.every(({ key }) => key.startsWith("orc@orc:")));
    }),
});

function codexSettings(root: string, { url }: Model): string {
  return `model = "mock"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
[mcp_servers.files]
command = ${JSON.stringify(SERVER.command)}
args = ${JSON.stringify(SERVER.args)}
[projects."${root}"]
trust_level = "trusted"
`;
}
