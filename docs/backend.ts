/** Keeps the documents of orc in one table of an SQLite file. */
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Documents, OpenDocuments } from "@orc/cli/store";

/** A version comes by chance: a key that is used again never gets one that it had. */
const TABLE = `create table if not exists document (
  key text primary key, body text not null, version text not null)`;
const VERSION = "lower(hex(randomblob(12)))";

/** Opens the file that the setting `store_url` names, such as `file:///home/ada/orc.db`. */
const open: OpenDocuments = ({ url }) => {
  if (url === null) throw new Error("store_url names no file");
  return sqliteDocuments(new URL(url));
};
export default open;

/** Documents in a file of SQLite; it is made where there is none. */
export function sqliteDocuments(file: URL): Documents {
  const database = new DatabaseSync(fileURLToPath(file));
  // Others write at the same time, and what is acknowledged is on the disk.
  database.exec("pragma busy_timeout = 10000");
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec(TABLE);
  const select = database.prepare(
    "select body, version from document where key = ?",
  );
  const insert = database.prepare(
    `insert into document values (?, ?, ${VERSION})
       on conflict do nothing returning version`,
  );
  const replace = database.prepare(
    `update document set body = ?, version = ${VERSION}
       where key = ? and version = ? returning version`,
  );
  const remove = database.prepare(
    "delete from document where key = ? and (? is null or version = ?)",
  );
  const begins = database.prepare(
    "select key from document where key >= ? and key < ?",
  );
  const versionOf = (row: Record<string, unknown> | undefined) =>
    row && String(row.version);
  return {
    shown: `SQLite file "${file.pathname}"`,
    // deno-lint-ignore require-await
    get: async (key) => {
      const row = select.get(key);
      return row && { text: String(row.body), version: String(row.version) };
    },
    // deno-lint-ignore require-await
    put: async (key, text, version) =>
      version === undefined
        ? versionOf(insert.get(key, text))
        : versionOf(replace.get(text, key, version)),
    // deno-lint-ignore require-await
    delete: async (key, version = undefined) =>
      Number(remove.run(key, version ?? null, version ?? null).changes) > 0,
    // deno-lint-ignore require-await
    keys: async (prefix) =>
      begins.all(prefix, `${prefix}\u{10ffff}`).map(({ key }) => String(key)),
    // deno-lint-ignore require-await
    close: async () => database.close(),
  };
}
