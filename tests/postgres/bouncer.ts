/** A pgbouncer of one's own, which shares few connections of a server among many clients, a transaction at a time. */
import { asUser, freePort, OWNER, type Server } from "./server.ts";

/** Where Debian keeps what administrators start. */
const PLACES = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];

/** Where it is; undefined without one. */
export const pgbouncer = PLACES.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

if (pgbouncer === undefined) {
  console.log("No pgbouncer: apt-get install pgbouncer");
}

export interface Bouncer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startBouncer(server: Server): Promise<Bouncer> {
  if (pgbouncer === undefined) throw new Error("There is no pgbouncer");
  const port = freePort();
  const file = `${server.directory}/pgbouncer.ini`;
  Deno.writeTextFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${server.port} user=${OWNER}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 400
`,
  );
  const child = asUser([pgbouncer, "--quiet", file], "log").spawn();
  for (let tries = 0;; tries++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port })
      .catch(() => undefined);
    conn?.close();
    if (conn !== undefined) break;
    if (tries === 400) throw new Error("pgbouncer does not answer");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
