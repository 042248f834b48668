/**
 * A PostgreSQL of one's own, from Debian's packages: on a socket and a port of loopback, as an ordinary user.
 * It is a child of this process, and ended by its own id.
 */

/** Where Debian keeps programs that are not for everybody's path. */
const DEBIAN = "/usr/lib/postgresql";

/** Where the programs of the newest server are; undefined without any. */
export const programs = findPostgres();

/** Says what is missing where there are none. */
function findPostgres(): string | undefined {
  const places = [
    ...namesIn(DEBIAN).sort((a, b) => Number(b) - Number(a))
      .map((version) => `${DEBIAN}/${version}/bin`),
    ...(Deno.env.get("PATH") ?? "").split(":"),
  ];
  const found = places.find((place) =>
    isFile(`${place}/initdb`) && isFile(`${place}/postgres`)
  );
  if (found === undefined) {
    console.log("No PostgreSQL: apt-get install postgresql");
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Nobody in particular; the superuser becomes it. */
const NOBODY = 65534;

/** Who owns the database; it lets in whoever comes from here. */
export const OWNER = "orc";

export interface Server {
  /** Directory of its socket, and of all its files. */
  readonly directory: string;
  readonly port: number;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What a server is to be like. */
export interface ServerOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: readonly string[];
  /** Lines of pg_hba.conf; all of loopback are let in without it. */
  readonly access?: readonly string[];
  /** Megabytes of a disk of its own, which only the superuser can make. */
  readonly diskMb?: number;
  /** Whether its write-ahead log lies on another disk, so that only tables run out of room. */
  readonly hasLogElsewhere?: boolean;
}

/** Makes a database and starts its server. */
export async function startServer(
  { settings = [], access, diskMb, hasLogElsewhere }: ServerOptions = {},
): Promise<Server> {
  // Names of sockets are short, and the ordinary user has to come there.
  const directory = Deno.makeTempDirSync({ dir: "/tmp", prefix: "orc-pg-" });
  if (diskMb !== undefined) mount(directory, diskMb);
  if (Deno.uid() === 0) Deno.chownSync(directory, NOBODY, NOBODY);
  const elsewhere = hasLogElsewhere
    ? Deno.makeTempDirSync({ dir: "/tmp", prefix: "orc-pg-" })
    : undefined;
  if (elsewhere && Deno.uid() === 0) Deno.chownSync(elsewhere, NOBODY, NOBODY);
  const data = `${directory}/data`;
  const port = freePort();
  const made = await asUser([
    ...[`${programs}/initdb`, "-D", data, "-U", OWNER, "-A", "trust"],
    ...["-E", "UTF8", "--locale=C", "--no-sync"],
    ...elsewhere ? ["-X", `${elsewhere}/wal`] : [],
  ]).output();
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
  const lines = [
    ...["listen_addresses = '127.0.0.1'", `port = ${port}`],
    ...[`unix_socket_directories = '${directory}'`, "max_connections = 300"],
    ...settings,
  ];
  Deno.writeTextFileSync(`${data}/postgresql.conf`, `${lines.join("\n")}\n`);
  if (access) {
    Deno.writeTextFileSync(`${data}/pg_hba.conf`, `${access.join("\n")}\n`);
  }
  let child: Deno.ChildProcess | undefined;
  const end = async (signal: Deno.Signal) => {
    try {
      child?.kill(signal);
    } catch {
      // It ended by itself.
    }
    await child?.status;
    child = undefined;
  };
  const server: Server = {
    directory,
    port,
    start: async () => {
      for (let tries = 1;; tries++) {
        child = asUser([`${programs}/postgres`, "-D", data], "log").spawn();
        if (await isReady(child, `${directory}/.s.PGSQL.${port}`, port)) return;
        // Of one that was killed, processes may live for a moment, and keep its memory.
        if (tries === 40) throw new Error("PostgreSQL ended at once");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGQUIT");
      if (diskMb !== undefined) runOrThrow("umount", directory);
      Deno.removeSync(directory, { recursive: true });
      if (elsewhere) Deno.removeSync(elsewhere, { recursive: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Whether a server can have a disk of its own here. */
export function mayMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const directory = Deno.makeTempDirSync({ dir: "/tmp", prefix: "orc-pg-" });
  try {
    mount(directory, 1);
    runOrThrow("umount", directory);
    return true;
  } catch {
    console.log("No disk of its own can be made here");
    return false;
  } finally {
    Deno.removeSync(directory);
  }
}

function mount(directory: string, mb: number): void {
  runOrThrow("mount", "-t", "tmpfs", "-o", `size=${mb}m`, "orc", directory);
}

function runOrThrow(program: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(program, { args: [...args] })
    .outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A command that the superuser runs as somebody without rights. */
export function asUser(words: readonly string[], log?: "log"): Deno.Command {
  const drop = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`];
  const [program = "", ...args] = Deno.uid() === 0
    ? [...drop, "--clear-groups", ...words]
    : words;
  return new Deno.Command(program, {
    args,
    cwd: "/",
    env: { HOME: "/nonexistent" },
    stdin: "null",
    stdout: "null",
    stderr: log ? "null" : "piped",
  });
}

/** One that the system chooses. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/**
 * Waits until it lets somebody in: one that begins after a crash says for a while that it does not yet. False
 * where it has ended.
 */
async function isReady(
  child: Deno.ChildProcess,
  socket: string,
  port: number,
): Promise<boolean> {
  const { default: pg } = await import("pg");
  let ended = false;
  child.status.then(() => ended = true);
  for (let tries = 0; tries < 400; tries++) {
    if (ended) return false;
    if (isThere(socket)) {
      const client = new pg.Client({
        ...{ host: "127.0.0.1", port, user: OWNER, password: "-" },
        ...{ database: "postgres", ssl: false },
      });
      client.on("error", () => {});
      const isLetIn = await client.connect().then(
        () => true,
        (error: { code?: string }) =>
          error.code === "28P01" ||
          error.code === "28000",
      );
      await client.end().catch(() => {});
      if (isLetIn) return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("PostgreSQL does not answer");
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
