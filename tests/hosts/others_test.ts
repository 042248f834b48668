/**
 * Gemini CLI, GitHub Copilot and opencode themselves, with a model that follows a script: what the hooks
 * that orc installs do in them. The programs are looked for as those of the other hosts.
 */
import { writeTree } from "../files/temporary.ts";
import type { Model, Turn } from "./model.ts";
import {
  assertFired,
  assertGoneAgain,
  assertHeld,
  byServer,
  CONTEXT,
  drive,
  exists,
  onStage,
  programOf,
  SERVER,
  timesIn,
  type Tools,
  turnsFor,
  withModel,
} from "./stage.ts";
import { assert, assertEquals } from "@std/assert";

interface Driven {
  /** What `--host` takes, and the name of its program. */
  readonly name: string;
  readonly title: string;
  /** What orc cannot do there. */
  readonly without: readonly ("start" | "stop")[];
  tools(root: string): Tools;
  /** Arguments and variables of a run that may use all tools, in a directory whose hooks are trusted or not. */
  run(
    model: Model,
    isTrusted: boolean,
  ): {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  /** Whether it asks its user to trust a directory before it runs hooks of there. */
  readonly asksTrust: boolean;
  /** Files of its user. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The same for a shell whose tool takes a command and says what it is for. */
function described(tool: string): Tools["shell"] {
  return (command) => ({
    tool,
    input: { command, description: "from the script" },
  });
}

const HOSTS: readonly Driven[] = [
  {
    name: "gemini",
    title: "Gemini CLI",
    asksTrust: true,
    without: [],
    tools: (root) => ({
      shell: described("run_shell_command"),
      write: (path) => ({
        tool: "write_file",
        input: { file_path: `${root}/${path}`, content: "x\n" },
      }),
      serve: (path) => ({
        tool: "mcp_files_write_file",
        input: byServer(root, path),
      }),
    }),
    run: ({ url }, isTrusted) => ({
      args: [
        "-p",
        "do the work",
        "--yolo",
        ...isTrusted ? [] : ["--skip-trust"],
      ],
      env: {
        GEMINI_API_KEY: "x",
        GOOGLE_GEMINI_BASE_URL: url,
        ...isTrusted && { GEMINI_CLI_TRUST_WORKSPACE: "true" },
      },
    }),
    settings: {
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" } },
        mcpServers: { files: { ...SERVER, trust: true } },
      }),
    },
  },
  {
    name: "copilot",
    title: "GitHub Copilot",
    asksTrust: true,
    without: [],
    tools: (root) => ({
      shell: described("bash"),
      write: (path) => ({
        tool: "create",
        input: { path: `${root}/${path}`, file_text: "x\n" },
      }),
      serve: (path) => ({
        tool: "files-write_file",
        input: byServer(root, path),
      }),
    }),
    run: ({ url }, isTrusted) => ({
      args: [
        "-p",
        "do the work",
        "--allow-all",
        ...isTrusted ? ["--trust-folder"] : [],
      ],
      env: {
        COPILOT_OFFLINE: "true",
        COPILOT_PROVIDER_BASE_URL: url,
        COPILOT_PROVIDER_TYPE: "anthropic",
        COPILOT_PROVIDER_API_KEY: "x",
        COPILOT_MODEL: "claude-sonnet-4",
      },
    }),
    settings: {
      ".copilot/mcp-config.json": JSON.stringify({
        mcpServers: { files: { type: "local", ...SERVER, tools: ["*"] } },
      }),
    },
  },
  {
    name: "opencode",
    title: "opencode",
    asksTrust: false,
    without: ["start", "stop"],
    tools: (root) => ({
      shell: described("bash"),
      write: (path) => ({
        tool: "write",
        input: { filePath: `${root}/${path}`, content: "x\n" },
      }),
      serve: (path) => ({
        tool: "files_write_file",
        input: byServer(root, path),
      }),
    }),
    run: ({ url }) => ({
      args: ["run", "--auto", "do the work"],
      env: {
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
        OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          model: "mock/mock",
          provider: {
            mock: {
              npm: "@ai-sdk/anthropic",
              options: { baseURL: `${url}/v1`, apiKey: "x" },
              models: { mock: {} },
            },
          },
          mcp: {
            files: {
              type: "local",
              command: [SERVER.command, ...SERVER.args],
              enabled: true,
            },
          },
        }),
      },
    }),
    settings: {},
  },
];

/** A host that sends nobody back is done at the first stop. */
function scriptFor({ tools, without }: Driven, root: string) {
  const turns = turnsFor(tools(root));
  return without.includes("stop")
    ? turns.filter((turn, index) =>
      turn !== "stop" || index === turns.length - 1
    )
    : turns;
}

for (const host of HOSTS) {
  const { name, title, without, settings, run, asksTrust } = host;
  const program = programOf(name, title);
  Deno.test({
    name:
      `${title}: edits are denied, and all else is done that it lets hooks do`,
    ignore: program === undefined,
    fn: () =>
      onStage(async (stage) => {
        writeTree(stage.home, settings);
        await stage.orc("agents", "install", "--host", name);
        const turns = scriptFor(host, stage.root);
        await withModel(turns, async (model) => {
          const said = await drive(stage, program ?? "", run(model, true));
          assert(model.requests.length > 0, said);
          await assertHeld(stage, model, { without });
        });
        await assertFired(stage, name);
        await assertGoneAgain(stage);
      }),
  });
  if (!asksTrust) continue;
  Deno.test({
    name:
      `${title} runs no hook of a directory that nobody trusts, without a word`,
    ignore: program === undefined,
    fn: () =>
      onStage(async (stage) => {
        writeTree(stage.home, settings);
        await stage.orc("agents", "install", "--host", name);
        const { write } = host.tools(stage.root);
        const turns: readonly Turn[] = [write(".orchestrator/mine"), "stop"];
        await withModel(turns, async (model) => {
          await drive(stage, program ?? "", run(model, false));
          assert(model.requests.length > 1);
          assertEquals(timesIn(model, CONTEXT), 0);
        });
        assert(exists(`${stage.root}/.orchestrator/mine`));
      }),
  });
}
