/** Another orc that goes on by itself once this one has ended. */
import { nameOf } from "../base/path.ts";
import { repositoryLayout } from "../base/layout.ts";
import { isGranted } from "../files/read.ts";
import type { Receiver } from "./message_rules.ts";

/** Starts an orc that delivers what it is given; nobody waits for it. Returns why it could not be started. */
export async function startSelf(
  root: string,
  receiver: Receiver,
  input: string,
): Promise<readonly string[]> {
  const { spawn } = await import("node:child_process");
  const { default: process } = await import("node:process");
  if (!isGranted({ name: "run", command: process.execPath })) {
    return [
      "Nobody was told that a human is waited for: it takes --allow-run",
    ];
  }
  const [program = "", ...args] = selfCommand(process, root, receiver);
  const child = spawn(program, [...args, "notify", "deliver", "--root", root], {
    cwd: root,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    windowsHide: true,
  });
  const started = new Promise<readonly string[]>((done) => {
    child.once(
      "error",
      ({ message }) =>
        done([`Nobody was told that a human is waited for: ${message}`]),
    );
    child.stdin.once("error", () => done([]));
    // What it has not read yet waits in the pipe.
    child.stdin.end(input, () => done([]));
  });
  const answer = await started;
  child.unref();
  return answer;
}

/** What a runtime says of itself, as Node does. */
interface Runtime {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** How this orc was started, with no more permissions than telling takes. */
function selfCommand(
  { execPath, argv, versions }: Runtime,
  root: string,
  receiver: Receiver,
): readonly string[] {
  const [, script = ""] = argv;
  if (versions.deno === undefined) return [execPath, script];
  // A compiled orc is its own runtime.
  if (!/^deno(?:\.exe)?$/.test(nameOf(execPath))) return [execPath];
  const { directory } = repositoryLayout(root);
  const told = receiver.type === "url"
    ? `--allow-net=${new URL(receiver.url).host}`
    : "--allow-run";
  return [
    ...[execPath, "run", "--no-prompt", "--quiet", "--allow-env"],
    ...["--allow-sys", "--allow-read", `--allow-write=${directory}`, told],
    script,
  ];
}
