/** A git server as hosts run it: git's own http-backend behind a name and a password, on loopback. */
import { git } from "./clones.ts";

/** Whoever knows both gets in. */
export const USER = "ada";
/** As typed; what stands for `@` and `/` in an address is of its own. */
export const PASSWORD = "op3n@ses/ame";
export const PASSWORD_IN_URL = encodeURIComponent(PASSWORD);

/** A server while it runs. */
export interface GitServer {
  /** Where the repository lies, without user and password. */
  readonly url: string;
  /** The same with both of them. */
  readonly openUrl: string;
  /** How many requests brought the right password. */
  admitted(): number;
}

/** Serves a bare repository that takes what is pushed, to who knows the password. */
export async function withGitServer(
  bare: string,
  test: (server: GitServer) => Promise<void>,
): Promise<void> {
  await git(bare, "config", "http.receivepack", "true");
  const directory = bare.slice(0, bare.lastIndexOf("/"));
  const name = bare.slice(directory.length);
  const key = `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
  let admitted = 0;
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, (request) => {
    if (request.headers.get("authorization") !== key) {
      const headers = { "www-authenticate": 'Basic realm="git"' };
      return new Response("", { status: 401, headers });
    }
    admitted++;
    return answerOf(directory, request);
  });
  const { port } = server.addr;
  try {
    await test({
      url: `http://127.0.0.1:${port}${name}`,
      openUrl: `http://${USER}:${PASSWORD_IN_URL}@127.0.0.1:${port}${name}`,
      admitted: () => admitted,
    });
  } finally {
    await server.shutdown();
  }
}

/** Asks git's CGI program, as a web server does. */
async function answerOf(
  directory: string,
  request: Request,
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const header = (name: string) => request.headers.get(name) ?? "";
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    env: {
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header("content-type"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      GIT_PROTOCOL: header("git-protocol"),
      REMOTE_USER: USER,
    },
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  const sent = new Uint8Array(await request.arrayBuffer());
  const [{ stdout }] = await Promise.all([child.output(), feed(child, sent)]);
  const end = headEnd(stdout);
  const head = new TextDecoder().decode(stdout.subarray(0, end));
  const headers = new Headers();
  let status = 200;
  for (const line of head.split("\r\n")) {
    const [name = "", value = ""] = line.split(": ");
    if (name === "Status") status = parseInt(value);
    else if (name !== "") headers.set(name, value);
  }
  return new Response(stdout.slice(end + 4), { status, headers });
}

async function feed(
  child: Deno.ChildProcess,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const writer = child.stdin.getWriter();
  // It may have answered without reading all.
  await writer.write(bytes).catch(() => {});
  await writer.close().catch(() => {});
}

function headEnd(bytes: Uint8Array): number {
  const at = bytes.findIndex((_, index) =>
    bytes[index] === 13 && bytes[index + 1] === 10 &&
    bytes[index + 2] === 13 && bytes[index + 3] === 10
  );
  if (at < 0) throw new Error("Git answered without a head");
  return at;
}
