/** Many real commands at once, on a database. */
import { denoHost } from "../../src/host/deno_host.ts";
import { openRepository } from "../../src/repository/open.ts";
import { closeStores } from "../../src/repository/store.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { startOrc } from "../parallel/orc_process.ts";
import { PARALLEL_SCENES } from "../parallel/scenes.ts";
import { problemsOf, sessionsOf } from "../parallel/whole.ts";
import { type Choice, inDatabaseAlone, test } from "./chosen.ts";

/** Reads the sessions of a repository, by a connection of its own. */
async function reading<Result>(
  root: string,
  variables: Choice,
  read: (store: SessionStore) => Promise<Result>,
): Promise<Result> {
  const host = { ...denoHost(), env: (name: string) => variables[name] };
  try {
    return await read(openRepository(host, { root }).store);
  } finally {
    await closeStores(host);
  }
}

for (const [name, play] of Object.entries(PARALLEL_SCENES)) {
  test(`in a database, ${name}`, () =>
    inDatabaseAlone(async ({ directory: root }, variables, ask) => {
      await play({
        ...{ root, variables },
        start: (args) => startOrc(root, args, variables),
        sessions: () => reading(root, variables, sessionsOf),
        problems: async () => [
          ...await reading(root, variables, problemsOf),
          ...(await ask(
            `select state, query from pg_stat_activity
              where datname = current_database() and state like '%transaction%'`,
          )).map((row) => `left open: ${JSON.stringify(row)}`),
          ...(await ask(
            `select locktype from pg_locks where locktype = 'advisory'`,
          )).map((row) => `left locked: ${JSON.stringify(row)}`),
        ],
      });
    }));
}
