/** Stands between a client and a database on loopback, and cuts connections. */

export interface Proxy {
  readonly port: number;
  /** The next end of a transaction reaches the server, and its answer nobody. */
  loseAnswer(): void;
  /** Each connection from now on is cut after so many bytes in both directions; none without a number. */
  cutAfter(bytes: (() => number) | undefined): void;
  /** How many answers got lost. */
  lostAnswers(): number;
  /** How many connections were cut for what went through them. */
  cuts(): number;
  close(): Promise<void>;
}

const COMMIT = new TextEncoder().encode("commit\0");

export function startProxy(target: number): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  let isLosing = false;
  let lostAnswers = 0;
  let cuts = 0;
  let limit: (() => number) | undefined;
  const close = (conn: Deno.Conn): void => {
    if (!open.delete(conn)) return;
    conn.close();
  };
  const run = (work: Promise<void>): void => {
    const settled = work.catch(() => {}).finally(() => running.delete(settled));
    running.add(settled);
  };

  async function serve(client: Deno.Conn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target })
      .catch((error) => {
        close(client);
        throw error;
      });
    open.add(server);
    let left = limit?.() ?? Infinity;
    let isLost = false;
    const both = () => [client, server].forEach(close);
    const pump = async (
      from: Deno.Conn,
      to: Deno.Conn,
      see: (bytes: Uint8Array) => void,
    ) => {
      const buffer = new Uint8Array(65_536);
      try {
        for (;;) {
          const count = await from.read(buffer);
          if (count === null) break;
          const bytes = buffer.subarray(0, Math.min(count, left));
          left -= bytes.length;
          see(bytes);
          // What the server says to a commit whose answer is to get lost is not passed on.
          if (isLost && from === server) break;
          for (let done = 0; done < bytes.length;) {
            done += await to.write(bytes.subarray(done));
          }
          if (left > 0) continue;
          cuts++;
          break;
        }
      } finally {
        both();
      }
    };
    await Promise.allSettled([
      pump(client, server, (bytes) => {
        if (!isLosing || !includes(bytes, COMMIT)) return;
        isLosing = false;
        isLost = true;
        lostAnswers++;
      }),
      pump(server, client, () => {}),
    ]);
  }

  run((async () => {
    for await (const client of listener) run(serve(client));
  })());
  return {
    port,
    lostAnswers: () => lostAnswers,
    cuts: () => cuts,
    loseAnswer: () => isLosing = true,
    cutAfter: (bytes) => limit = bytes,
    close: async () => {
      listener.close();
      [...open].forEach(close);
      await Promise.all([...running]);
    },
  };
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return bytes.some((_, at) =>
    part.every((byte, index) => bytes[at + index] === byte)
  );
}
