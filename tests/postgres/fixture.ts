import type { StoreFixture } from "../../src/contract/contract.ts";
import {
  openDatabase,
  type ServerLimits,
} from "../../src/postgres/database.ts";
import { postgresStore } from "../../src/postgres/store.ts";
import { addressOf } from "../../src/settings/store_rules.ts";
import { signed } from "../../src/contract/documents.ts";
import { contexts } from "../store/file_fixture.ts";

let repositories = 0;

/** How a server of PostgreSQL is reached that is there for tests. */
export interface TestServer {
  /** The URL of a database in it, by which the store goes. */
  readonly url: string;
  /** Asks the database directly. */
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Makes the answer to the next end of a transaction get lost. */
  loseAnswer(): void;
}

/** Runs a test with the store of a repository that nobody else has. */
export async function withPostgres(
  { url, query, loseAnswer }: TestServer,
  limits: ServerLimits,
  test: (fixture: StoreFixture) => Promise<void>,
): Promise<void> {
  const repo = `repo${repositories++}`;
  const address = addressOf(url);
  if (address === undefined) throw new Error(`No address: ${url}`);
  const newContext = contexts();
  const databases: ReturnType<typeof openDatabase>[] = [];
  const open = () => {
    const database = openDatabase({ address }, limits);
    databases.push(database);
    return postgresStore(database, { repo, context: newContext() });
  };
  const state = async (id: string) => {
    const [row] = await query(
      "select state from orc.session where repo = $1 and id = $2",
      [repo, id],
    );
    return String(row?.state);
  };
  try {
    const store = open();
    await databases[0]?.upgrade();
    await test({
      ...{ store, reopen: open, loseAnswer, kept: state },
      rewrite: async (id, change) => {
        await query(
          "update orc.session set state = $3 where repo = $1 and id = $2",
          [repo, id, await signed(change(await state(id)))],
        );
      },
    });
  } finally {
    for (const database of databases) await database.close();
  }
}
