/**
 * Real hosts of agents, with a model that follows a script: what the hooks that orc installs do in them.
 * The programs are looked for in ORC_HOSTS_DIR, else on PATH; who has none is told so.
 */
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { type Ask, type Model, startModel, type Turn } from "./model.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Small
phases:
  - id: PLAN
    name: Plan
    allow_write: ["docs/**"]
    items:
      - {id: one, name: One}
      - {id: agreed, name: Agreed, verification: {type: manual_gate}}
`;

/** A file of the user's, as another editor left it; Claude Code takes no comments in it. */
const SETTINGS = '{\r\n\t"env": {"A": "1"}\r\n}';

function programOf(name: string): string | undefined {
  const places = [
    Deno.env.get("ORC_HOSTS_DIR") ?? "",
    ...(Deno.env.get("PATH") ?? "").split(":"),
  ].filter((place) => place !== "");
  return places.map((place) => `${place}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

interface Stage {
  readonly root: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  orc(...args: readonly string[]): Promise<string>;
}

/** A repository, a user without any settings, and an orc that shells of theirs find. */
async function onStage(test: (stage: Stage) => Promise<void>): Promise<void> {
  const clone = Deno.cwd();
  const cache = await denoDirectory();
  await withTemporaryDirectory(async (top) => {
    const [root, home, bin] = ["repo", "home", "bin"].map((name) =>
      `${top}/${name}`
    ) as [string, string, string];
    writeTree(top, {
      "repo/workflow.yaml": WORKFLOW,
      "repo/.claude/settings.json": SETTINGS,
      // Codex runs login shells, which begin with a PATH of their own.
      "home/.profile": `PATH='${top}/bin':$PATH\n`,
      "bin/orc":
        `#!/bin/sh\nDENO_DIR='${cache}' exec '${Deno.execPath()}' run -A --quiet --config '${clone}/deno.json' '${clone}/cli.ts' "$@"\n`,
    });
    Deno.chmodSync(`${bin}/orc`, 0o755);
    const env = { PATH: `${bin}:${Deno.env.get("PATH")}`, HOME: home };
    const run = async (program: string, args: readonly string[]) => {
      const { stdout, stderr } = await new Deno.Command(program, {
        args: [...args],
        cwd: root,
        env,
        clearEnv: true,
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      return decoder.decode(stdout) + decoder.decode(stderr);
    };
    await run("git", ["init", "--quiet"]);
    await test({ root, home, env, orc: (...args) => run(`${bin}/orc`, args) });
  });
}

async function drive(
  { root, env }: Stage,
  program: string,
  options: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, {
    args: [...options.args],
    cwd: root,
    env: { ...env, ...options.env },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

async function withModel(
  turns: readonly Turn[],
  test: (model: Model) => Promise<void>,
): Promise<void> {
  const model = await startModel(turns);
  try {
    await test(model);
  } finally {
    await model.close();
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** How often a text reached the model for the first time, in the last request, which holds all before. */
function timesIn({ requests }: Model, text: string): number {
  const inJson = JSON.stringify(text).slice(1, -1);
  return (requests.at(-1) ?? "").split(inJson).length - 1;
}

const CONTEXT = "No session of orc is open here.";
const SENT_BACK = "The work that orc leads is not done.";
const OF_ORC = "orc alone writes there";
const OF_PHASE = 'phase "PLAN" lets only docs/** be changed';

async function assertHeld(
  { root, orc }: Stage,
  model: Model,
): Promise<void> {
  const [first = ""] = model.requests;
  assertStringIncludes(first, CONTEXT);
  assert(timesIn(model, OF_ORC) >= 1, "an edit of the state was not denied");
  assert(timesIn(model, OF_PHASE) >= 1, "an edit was not denied by the phase");
  assertEquals(exists(`${root}/.orchestrator/mine`), false);
  assertEquals(exists(`${root}/src/a.ts`), false);
  assertEquals(Deno.readTextFileSync(`${root}/docs/a.md`).trim(), "x");
  const { result } = JSON.parse(await orc("status", "--json"));
  const states = result.items.map(({ status }: { status: string }) => status);
  assertEquals(states, ["completed", "pending"]);
  const sent = model.requests.filter((text) => text.includes(SENT_BACK));
  assert(sent.length > 0, "nobody was sent back");
  // At the human's gate it was let go: nothing was added to what was said once.
  assertEquals(
    timesIn(model, SENT_BACK),
    (sent[0] ?? "").split(SENT_BACK).length - 1,
  );
}

async function assertGoneAgain({ root, orc }: Stage): Promise<void> {
  await orc("agents", "uninstall", "--host", "all");
  const settings = Deno.readTextFileSync(`${root}/.claude/settings.json`);
  assertEquals(settings, SETTINGS);
  for (const path of ["AGENTS.md", ".agents", ".codex", ".claude/skills"]) {
    assert(!exists(`${root}/${path}`), path);
  }
}

const claude = programOf("claude");
const codex = programOf("codex");
for (const [name, path] of [["Claude Code", claude], ["Codex", codex]]) {
  if (path === undefined) {
    console.log(`${name} is not installed, and its tests are skipped`);
  }
}

Deno.test({
  name:
    "Claude Code: the context arrives, edits are denied, and an agent that stops is sent back once",
  ignore: claude === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root } = stage;
      const write = (file_path: string): Ask => ({
        tool: "Write",
        input: { file_path, content: "x\n" },
      });
      const bash = (command: string): Ask => ({
        tool: "Bash",
        input: { command, description: "from the script" },
      });
      await stage.orc("agents", "install", "--host", "claude");
      const turns: readonly Turn[] = [
        bash('orc start "Fix it"'),
        write(`${root}/.orchestrator/mine`),
        write(`${root}/src/a.ts`),
        write(`${root}/docs/a.md`),
        bash("orc approve-item agreed"),
        "stop",
        bash("orc complete one --notes done"),
        "stop",
      ];
      await withModel(turns, async (model) => {
        const said = await drive(stage, claude ?? "", {
          args: [
            "-p",
            "do the work",
            "--allowedTools",
            "Bash,Write",
            "--output-format",
            "json",
          ],
          env: {
            ANTHROPIC_BASE_URL: model.url,
            ANTHROPIC_API_KEY: "x",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
            DISABLE_AUTOUPDATER: "1",
          },
        });
        assertStringIncludes(said, '"is_error":false');
        await assertHeld(stage, model);
      });
      await assertGoneAgain(stage);
    }),
});

Deno.test({
  name:
    "Codex: the context arrives, edits are denied, and an agent that stops is sent back once",
  ignore: codex === undefined,
  fn: () =>
    onStage(async (stage) => {
      const { root, home } = stage;
      const shell = (cmd: string): Ask => ({
        tool: "exec_command",
        input: { cmd },
      });
      const patch = (path: string): Ask =>
        shell(
          `apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch\nEOF`,
        );
      await stage.orc("agents", "install", "--host", "codex");
      const turns: readonly Turn[] = [
        shell('orc start "Fix it"'),
        patch(".orchestrator/mine"),
        patch("src/a.ts"),
        patch("docs/a.md"),
        shell("orc approve-item agreed"),
        "stop",
        shell("orc complete one --notes done"),
        "stop",
      ];
      await withModel(turns, async (model) => {
        writeTree(home, { ".codex/config.toml": codexSettings(root, model) });
        await drive(stage, codex ?? "", {
          args: [
            "exec",
            "--dangerously-bypass-hook-trust",
            "--skip-git-repo-check",
            "do the work",
          ],
          env: { OPENAI_API_KEY: "x" },
        });
        await assertHeld(stage, model);
      });
      await assertGoneAgain(stage);
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
[projects."${root}"]
trust_level = "trusted"
`;
}
