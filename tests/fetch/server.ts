/** Repositories that a server of git gives away on loopback, as hosts do. */
import { git } from "../persist/clones.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";

/** A server, and where its repositories lie. */
export interface Server {
  readonly directory: string;
  /** The user's directory of the host. */
  readonly home: string;
  readonly host: Host;
  /** Begins the address of each repository. */
  readonly url: string;
  /** Makes a repository with one commit; its id. */
  publish(name: string, files: Files, format?: string): Promise<string>;
  /** Adds a commit to a repository; its id. */
  commit(name: string, files: Files): Promise<string>;
  /** Ends the server: whoever asks it finds nobody. */
  stop(): Promise<void>;
}

/** Texts by their paths; `->` begins where a link leads. */
export type Files = Readonly<Record<string, string>>;

export function withServer(
  test: (server: Server) => Promise<void>,
): Promise<void> {
  return withTemporaryDirectory(async (directory) => {
    const repositories = `${directory}/server`;
    const home = `${directory}/home`;
    for (const path of [repositories, home]) Deno.mkdirSync(path);
    const port = freePort();
    const programs = (await git(directory, "--exec-path")).trim();
    const daemon = new Deno.Command(`${programs}/git-daemon`, {
      args: [
        ...["--export-all", "--reuseaddr", "--listen=127.0.0.1"],
        ...[`--port=${port}`, `--base-path=${repositories}`, repositories],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    let isStopped = false;
    const stop = async () => {
      if (!isStopped) daemon.kill("SIGTERM");
      isStopped = true;
      await daemon.status;
    };
    const commit = async (name: string, files: Files) => {
      const path = `${repositories}/${name}`;
      for (const [file, text] of Object.entries(files)) {
        const whole = `${path}/${file}`;
        Deno.mkdirSync(whole.slice(0, whole.lastIndexOf("/")), {
          recursive: true,
        });
        if (text.startsWith("->")) Deno.symlinkSync(text.slice(2), whole);
        else Deno.writeTextFileSync(whole, text);
      }
      await git(path, "add", "-A", "-f");
      await git(path, "commit", "-qm", "Work");
      return (await git(path, "rev-parse", "HEAD")).trim();
    };
    try {
      await answers(port);
      await test({
        directory,
        home,
        host: alone(home, directory),
        url: `git://127.0.0.1:${port}`,
        commit,
        stop,
        async publish(name, files, format = "sha1") {
          const path = `${repositories}/${name}`;
          const object = `--object-format=${format}`;
          await git(repositories, "init", "-q", "-b", "main", object, path);
          return await commit(name, files);
        },
      });
    } finally {
      await stop();
    }
  });
}

/** This machine with a home of its own. */
export function alone(home: string, workingDirectory: string): Host {
  const host = denoHost();
  return {
    ...host,
    workingDirectory,
    homeDirectory: () => home,
    env: (name) => name === "PATH" ? host.env(name) : undefined,
    caller: () => ({ ...host.caller(), agent: null }),
  };
}

export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("git-daemon does not answer");
}
