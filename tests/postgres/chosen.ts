/** Repositories whose sessions lie in a database, for tests that play commands. */
import {
  inRepository,
  type Repository,
  runtimeCaches,
} from "../journey/orc.ts";
import { programs, query, withServer } from "./database.ts";
import { OWNER, type Server } from "./server.ts";

/** One of three items, of which one asks a check and one a human. */
export const WORKFLOW = `name: Tiny
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: Idea, verification: {type: command, command: test -e idea.txt}}
      - {id: sketch, name: Sketch, required: false}
      - {id: look, name: Look, verification: {type: manual_gate}}
  - {id: DO, name: Do, items: [{id: work, name: Work}]}
`;

/** Variables that choose a database. */
export type Choice = Readonly<Record<string, string>>;

/** Asks the database of a repository directly. */
export type Ask = (text: string) => ReturnType<typeof query>;

/** A test that is left out where there is no PostgreSQL. */
export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: programs === undefined, fn });
}

let databases = 0;

type Run = (at: Repository, env: Choice, ask: Ask) => Promise<void>;

/** Runs a test in a repository whose sessions lie in a database of their own, and that has a small workflow. */
export function inDatabase(run: Run, server?: Server): Promise<void> {
  return inDatabaseAlone(async (at, env, ask) => {
    await at.write("workflow.yaml", WORKFLOW);
    await run(at, env, ask);
  }, server);
}

/** The same without a workflow. */
export function inDatabaseAlone(run: Run, server?: Server): Promise<void> {
  return server === undefined
    ? withServer((shared) => inDatabaseOf(shared, run))
    : inDatabaseOf(server, run);
}

async function inDatabaseOf(
  { port }: Server,
  run: Run,
): Promise<void> {
  const database = `journey${databases++}`;
  await query(port, `create database ${database}`);
  await inRepository(async (repository) => {
    // Not in the repository: what programs leave at home is none of orc's.
    const home = `${repository.directory}-home`;
    await Deno.mkdir(home);
    const env = {
      ...runtimeCaches(),
      HOME: home,
      ORCHESTRATOR_STORE: "postgres",
      ORCHESTRATOR_STORE_URL:
        `postgres://${OWNER}@127.0.0.1:${port}/${database}`,
    };
    const chosen = choosing(repository, env);
    try {
      await chosen.result(["store", "upgrade"]);
      await run(chosen, env, (text) => query(port, text, [], database));
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

/** The same repository, for somebody who has these variables. */
export function choosing(repository: Repository, choice: Choice): Repository {
  const { orc, result } = repository;
  return {
    ...repository,
    orc: (args, options) =>
      orc(args, { ...options, env: { ...choice, ...options?.env } }),
    result: (args, options) =>
      result(args, { ...options, env: { ...choice, ...options?.env } }),
  };
}
