/** What tests of real hosts share: a repository, a user, an orc that hosts find, and what has to hold at the end. */
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { type Ask, type Model, startModel, type Turn } from "./model.ts";
import { assert, assertEquals } from "@std/assert";

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

/** Where the program of a host is; who has none is told that its tests are left out. */
export function programOf(name: string, title: string): string | undefined {
  const places = [
    ...(Deno.env.get("ORC_HOSTS_DIR") ?? "").split(":"),
    ...(Deno.env.get("PATH") ?? "").split(":"),
  ].filter((place) => place !== "");
  const found = places.map((place) => `${place}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (found === undefined) {
    console.log(`${title} is not installed, and its tests are skipped`);
  }
  return found;
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

export interface Stage {
  readonly root: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  orc(...args: readonly string[]): Promise<string>;
}

/** A repository, a user without any settings, and an orc that shells of theirs find. */
export async function onStage(
  test: (stage: Stage) => Promise<void>,
): Promise<void> {
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

export async function drive(
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

export async function withModel(
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

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** How often a text reached the model for the first time, in the last request, which holds all before. */
export function timesIn({ requests }: Model, text: string): number {
  const inJson = JSON.stringify(text).slice(1, -1);
  return (requests.at(-1) ?? "").split(inJson).length - 1;
}

/** How hosts start the server that writes files. */
export const SERVER = {
  command: Deno.execPath(),
  args: ["run", "-A", "--quiet", `${Deno.cwd()}/tests/hosts/files_server.ts`],
};

/** A file that an agent asks that server to write. */
export function byServer(root: string, path: string): Ask["input"] {
  return { path: `${root}/${path}`, content: "x\n" };
}

/** How a host names its tools, and what it hands them. */
export interface Tools {
  shell(command: string): Ask;
  write(path: string): Ask;
  /** By the server of files. */
  serve(path: string): Ask;
}

/** A script in which everything that orc holds is tried: a start, edits, an approval, and two stops. */
export function turnsFor({ shell, write, serve }: Tools): readonly Turn[] {
  return [
    shell('orc start "Fix it"'),
    write(".orchestrator/mine"),
    write("src/a.ts"),
    shell("mkdir docs"),
    write("docs/a.md"),
    serve("src/b.ts"),
    serve("docs/b.md"),
    "stop",
    shell("orc complete one --notes done"),
    shell("orc approve-item agreed"),
    "stop",
  ];
}

export const CONTEXT = "No session of orc is open here.";
export const SENT_BACK = "The work that orc leads is not done.";
const OF_ORC = "orc alone writes there";
const OF_HUMAN = 'Cannot approve item "agreed": only a human may';
export const OF_PHASE = 'phase "PLAN" lets only docs/** be changed';

/** What a run came to, of the script that `turnsFor` makes. */
export async function assertHeld(
  { root, orc }: Stage,
  model: Model,
  { without = [] }: { readonly without?: readonly ("start" | "stop")[] } = {},
): Promise<void> {
  const told = model.requests.some((text) => text.includes(CONTEXT));
  assertEquals(told, !without.includes("start"), "the context at the start");
  assert(timesIn(model, OF_ORC) >= 1, "an edit of the state was not denied");
  // By a tool of the host's own, and by one of a server's.
  assert(timesIn(model, OF_PHASE) >= 2, "an edit was not denied by the phase");
  assertEquals(exists(`${root}/.orchestrator/mine`), false);
  for (const path of ["src/a.ts", "src/b.ts"]) {
    assertEquals(exists(`${root}/${path}`), false);
  }
  for (const path of ["docs/a.md", "docs/b.md"]) {
    assertEquals(Deno.readTextFileSync(`${root}/${path}`).trim(), "x");
  }
  assert(timesIn(model, OF_HUMAN) >= 1, "an approval was not refused");
  const { result } = JSON.parse(await orc("status", "--json"));
  const states = result.items.map(({ status }: { status: string }) => status);
  assertEquals(states, ["completed", "pending"]);
  const sent = model.requests.filter((text) => text.includes(SENT_BACK));
  assertEquals(sent.length > 0, !without.includes("stop"), "sent back");
  // At the human's gate it was let go: nothing was added to what was said once.
  assertEquals(
    timesIn(model, SENT_BACK),
    (sent[0] ?? "").split(SENT_BACK).length - 1,
  );
}

interface Fired {
  readonly event: string;
  readonly firedAt: string | null;
}

/** The hooks of a host that were never called, as orc remembers. */
export async function neverFired(
  { orc }: Stage,
  name: string,
): Promise<readonly string[]> {
  const said = await orc("agents", "status", "--host", name, "--full");
  const [host] = JSON.parse(said).result.agents;
  const hooks: readonly Fired[] = host.hooks;
  return hooks.filter(({ firedAt }) => firedAt === null)
    .map(({ event }) => event);
}

/** All was called but what a run without a compaction leaves out. */
export async function assertFired(stage: Stage, name: string): Promise<void> {
  const never = await neverFired(stage, name);
  assertEquals(never.filter((event) => event !== "PreCompact"), []);
}

/** All that orc writes for whichever host; opencode keeps files of its own beside its plugins. */
const WRITTEN = [
  "AGENTS.md",
  ".agents",
  ".codex",
  ".claude/skills",
  ".gemini",
  ".github",
  ".opencode/plugins",
];

export async function assertGoneAgain({ root, orc }: Stage): Promise<void> {
  await orc("agents", "uninstall", "--host", "all");
  const settings = Deno.readTextFileSync(`${root}/.claude/settings.json`);
  assertEquals(settings, SETTINGS);
  for (const path of WRITTEN) assert(!exists(`${root}/${path}`), path);
}
