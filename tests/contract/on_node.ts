// Holds stores to their contract on a real Node: what is named by one argument, in JSON.
import { connect } from "node:net";
import { mkdirSync } from "node:fs";
import process from "node:process";
import {
  documentFixture,
  documentsContract,
} from "../../src/contract/documents.ts";
import {
  storeContract,
  type StoreFixture,
} from "../../src/contract/contract.ts";
import { memoryDocuments } from "../../src/documents/memory.ts";
import { fileFixture } from "../store/file_fixture.ts";
import { withPostgres } from "../postgres/fixture.ts";

/** What the stores need that are to be tried. */
export interface Places {
  /** An empty directory. */
  readonly directory: string;
  /** A database, the way to it through what can lose answers, and the port at which that is told to. */
  readonly postgres?: {
    readonly url: string;
    readonly directPort: number;
    readonly losingPort: number;
  };
}

type Run = (test: (fixture: StoreFixture) => Promise<void>) => Promise<void>;

function storesIn({ directory, postgres }: Places): Map<string, Run> {
  let count = 0;
  const stores = new Map<string, Run>();
  stores.set("documents", (test) => test(documentFixture(memoryDocuments())));
  stores.set("files", (test) => {
    const own = `${directory}/${count++}`;
    mkdirSync(own);
    return test(fileFixture(own));
  });
  if (postgres === undefined) return stores;
  const { url, directPort, losingPort } = postgres;
  const query = async (text: string, values: readonly unknown[]) => {
    const { default: pg } = await import("pg");
    const { username: user, pathname } = new URL(url);
    const client = new pg.Client({
      ...{ host: "127.0.0.1", port: directPort, user, password: "-" },
      ...{ database: pathname.slice(1), ssl: false },
    });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const loseAnswer = () => void connect(losingPort, "127.0.0.1").resume();
  const server = { url, query, loseAnswer };
  stores.set("PostgreSQL", (test) => withPostgres(server, {}, test));
  const limits = { notify: false, advisoryLocks: false };
  stores.set(
    "PostgreSQL without both",
    (test) => withPostgres(server, limits, test),
  );
  return stores;
}

const places: Places = JSON.parse(process.argv[2] ?? "{}");
const held: Record<string, number> = {};
for (const [store, run] of storesIn(places)) {
  for (const { name, run: hold } of storeContract) {
    await run(hold).catch((cause) => {
      throw new Error(`${store}: ${name}`, { cause });
    });
    held[store] = (held[store] ?? 0) + 1;
  }
}
for (const { run } of documentsContract) await run(memoryDocuments());
console.log(JSON.stringify({ node: process.version, held }));
process.exit();
