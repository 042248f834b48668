/** Starts `orc serve` as a process, and other orc processes beside it. */
import { orcCommand } from "../orc_command.ts";
import { writeTree } from "../files/temporary.ts";

const WORKFLOW = `name: Feature
settings: {supervision_mode: supervised}
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: scope, name: Scope}
      - {id: plan_approval, name: Plan approved, shows: [plan.md],
         verification: {type: manual_gate, description: "Is it small enough?"}}
  - id: BUILD
    name: Build
    items:
      - {id: tests, name: Tests pass, verification: {type: command, command: "sh check.sh"}}
      - {id: docs, name: Documentation, required: false}
`;

/** A repository of git in which sessions can start, whose check passes once \`src.txt\` says so. */
export async function newRepository(directory: string): Promise<void> {
  writeTree(directory, {
    "workflow.yaml": WORKFLOW,
    "plan.md": "# Plan\n\n1. Add the form\n",
    "src.txt": "broken\n",
    "check.sh": "echo running\ngrep -q fixed src.txt\n",
  });
  const git = async (...args: string[]) => {
    const { success } = await new Deno.Command("git", {
      args: ["-c", "user.name=A", "-c", "user.email=a@b", ...args],
      cwd: directory,
    }).output();
    if (!success) throw new Error(`git ${args.join(" ")} failed`);
  };
  await git("init", "--quiet", ".");
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "first");
}

/** Runs orc where a setting approves, as for a human; gives what it printed as JSON. */
export function orc(
  directory: string,
  ...args: readonly string[]
  // deno-lint-ignore no-explicit-any -- tests say what they expect of an answer
): Promise<any> {
  return runOrc(directory, { ORCHESTRATOR_APPROVALS: "any" }, args);
}

/** Runs orc for an agent, which nothing approves for. */
export function orcOfAgent(
  directory: string,
  ...args: readonly string[]
  // deno-lint-ignore no-explicit-any -- as above
): Promise<any> {
  return runOrc(directory, { CLAUDECODE: "1" }, args);
}

async function runOrc(
  directory: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<unknown> {
  const [command, ...first] = orcCommand();
  const { stdout } = await new Deno.Command(command, {
    args: [...first, ...args, "--json"],
    cwd: directory,
    env,
    stdin: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A dashboard that is served. */
export interface Dashboard {
  /** The address that lets in whoever opens it. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** As a browser that was let in sends it. */
  readonly cookie: string;
  readonly pid: number;
  /** What an address of the page's data gives to a browser that was let in. */
  // deno-lint-ignore no-explicit-any -- as above
  get(path: string): Promise<any>;
  /** Closes its input; gives how it ended. */
  end(): Promise<Deno.CommandStatus>;
}

/** Runs a test with the dashboard of a directory. */
export async function withDashboard(
  directory: string,
  test: (dashboard: Dashboard) => Promise<void>,
): Promise<void> {
  const [command, ...first] = orcCommand();
  const process = new Deno.Command(command, {
    args: [...first, "serve", "--json"],
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`orc serve ended: ${said}`);
    said += value;
  }
  const { url, port } = JSON.parse(said).result;
  const token = new URL(url).searchParams.get("token") ?? "";
  const cookie = `orc_${port}=${token}`;
  let ended: Promise<Deno.CommandStatus> | undefined;
  const end = () =>
    ended ??= (async () => {
      await process.stdin.close();
      await reader.cancel();
      return await process.status;
    })();
  try {
    await test({
      ...{ url, port, token, cookie, pid: process.pid, end },
      async get(path) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: { cookie },
        });
        return await answer.json();
      },
    });
  } finally {
    await end();
  }
}

/** Sends a request as it stands, and gives the status and all that came back until the other side closed. */
export async function send(
  port: number,
  lines: readonly string[],
): Promise<{ readonly status: number; readonly text: string }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = [...lines, "Connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  const text = await new Response(connection.readable).text();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}
