/** A server that all tests of a file share; each has a repository of its own in it. */
import { addressOf } from "../../src/settings/store_rules.ts";
import type { Access, Row } from "../../src/postgres/connection.ts";
import {
  type Database,
  openDatabase,
  type ServerLimits,
} from "../../src/postgres/database.ts";
import {
  type PostgresOptions,
  postgresStore,
} from "../../src/postgres/store.ts";
import type { SessionStore } from "../../src/session/store.ts";
export { programs } from "./server.ts";
import { OWNER, type Server, startServer } from "./server.ts";
import { assertExists } from "@std/assert";

let shared: Promise<Server> | undefined;

Deno.test.afterAll(async () => {
  await (await shared)?.stop();
});

/** Runs a test with the server. */
export async function withServer(
  test: (server: Server) => Promise<void>,
): Promise<void> {
  await test(await (shared ??= startServer()));
}

/** How the server is reached through a port of loopback. */
export function accessTo(port: number, database = "postgres"): Access {
  const address = addressOf(
    `postgres://${OWNER}@127.0.0.1:${port}/${database}`,
  );
  assertExists(address);
  return { address };
}

/** A store that has a connection of its own. */
export type OpenStore = SessionStore & Pick<Database, "upgrade" | "close">;

/** What a store of a test is opened with. */
export interface StoreOptions extends PostgresOptions, ServerLimits {
  readonly access: Access;
}

export function openStore(options: StoreOptions): OpenStore {
  const database = openDatabase(options.access, options);
  const { upgrade, close } = database;
  return { ...postgresStore(database, options), upgrade, close };
}

/** Asks a database directly, by a connection of its own. */
export async function query(
  port: number,
  text: string,
  values: readonly unknown[] = [],
  database = "postgres",
): Promise<readonly Row[]> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port, user: OWNER, password: "-" },
    ...{ database, ssl: false },
  });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
