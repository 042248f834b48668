/** Which store the settings name; loaded only where there are any. */
import { misconfigured, notFound } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { userLayout } from "../base/layout.ts";
import { MAX_CONFIG_BYTES } from "../base/limits.ts";
import { STORE_SECRET } from "../base/names.ts";
import { guardDirectory, readRegularFile } from "../files/read.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import { nameOf } from "../base/path.ts";
import type { Host } from "../host/host.ts";
import type { Database } from "../postgres/database.ts";
import type { SessionRows } from "../postgres/rows.ts";
import { rememberBegun } from "../session/begun.ts";
import { readRepositoryMeta, repoIdOf } from "../session/repository.ts";
import type { SessionStore } from "../session/store.ts";
import { readValue } from "../settings/files.ts";
import type { SettingName } from "../settings/settings.ts";
import { addressOf } from "../settings/store_rules.ts";
import type { Repository } from "./open.ts";

/** A repository whose store is still to be found. */
type Site = Omit<Repository, "store">;

/**
 * The store that the settings name. What they demand is not replaced by files in silence: somebody would go on
 * with a copy of their own.
 *
 * @throws {OrcError} `store_url_missing` or `invalid_setting` (config)
 */
export async function chooseStore(
  host: Host,
  site: Site,
  files: SessionStore,
): Promise<SessionStore> {
  // What lies in the place of the directory is the trouble, and not the settings in it.
  guardDirectory(site.layout.root, site.layout.directory);
  if (await readValue(host, site, "store") !== "postgres") return files;
  const rows = await sessionRowsOf(host, site);
  const { storeOfRows } = await import("../postgres/store.ts");
  const store = storeOfRows(rows);
  return {
    ...store,
    create: async (session) => {
      const home = host.homeDirectory();
      const trusted = home === undefined ? null : userLayout(home).trusted;
      // Before it is there: a session of others runs nothing here, and this one has to be known.
      await rememberBegun(site.layout, session.decision, trusted);
      return await store.create(session);
    },
  };
}

/** The rows of the repository's sessions in the database that the settings name, wherever sessions are kept now. */
export async function sessionRowsOf(
  host: Host,
  site: Site,
): Promise<SessionRows> {
  const { layout, context } = site;
  const database = await databaseOf(host, site);
  const { SessionRows } = await import("../postgres/rows.ts");
  const repo = async () =>
    readRepositoryMeta(layout)?.repoId ??
      await repoIdOf(readRemoteUrl(layout.root)) ?? "";
  const origin = () => ({
    host: host.identity().host,
    repository: nameOf(layout.root),
  });
  return new SessionRows(database, { repo, context, origin });
}

/** A process has one connection to a database, however often it opens repositories. */
const databases = new WeakMap<Host, Map<string, Database>>();

/**
 * The database that the settings name, wherever sessions are kept now.
 *
 * @throws {OrcError} `store_url_missing` or `invalid_setting` (config)
 */
export async function databaseOf(host: Host, site: Site): Promise<Database> {
  const url = await textOf(host, site, "store_url");
  if (url === null) {
    throw misconfigured(
      "store_url_missing",
      "No setting of yours says which database keeps sessions",
      {
        hint:
          "orc config set store_url postgres://USER@HOST/DATABASE --global; a repository cannot say it",
      },
    );
  }
  const address = addressOf(url);
  if (address === undefined) throw new Error(`No address: "${url}"`);
  const ca = await textOf(host, site, "store_ca");
  const known = databases.get(host) ?? new Map<string, Database>();
  databases.set(host, known);
  const key = JSON.stringify([url, ca]);
  const opened = known.get(key);
  if (opened !== undefined) return opened;
  const { openDatabase } = await import("../postgres/database.ts");
  const password = async () => {
    const { findSecret, searchSecrets } = await import("../vault/find.ts");
    const search = searchSecrets(host, site, false);
    return (await findSecret(search, STORE_SECRET))?.value;
  };
  const made = openDatabase({
    ...{ address, password },
    ca: ca === null ? undefined : readCertificates(host, ca),
  });
  known.set(key, made);
  return made;
}

async function textOf(
  host: Host,
  site: Site,
  name: SettingName,
): Promise<string | null> {
  const value = await readValue(host, site, name);
  return typeof value === "string" ? value : null;
}

function readCertificates(host: Host, path: string): string {
  const home = host.homeDirectory();
  const file = path.startsWith("~/") && home !== undefined
    ? `${home}${path.slice(1)}`
    : path;
  const bytes = readRegularFile(file, MAX_CONFIG_BYTES);
  if (bytes !== undefined) return decodeUtf8(bytes, file);
  throw notFound(
    "no_such_file",
    `There is no "${file}", which store_ca names`,
    {
      path: file,
      hint: "orc config get store_ca",
    },
  );
}

/** Ends the connections of a host, such as one of a test. */
export async function closeStores(host: Host): Promise<void> {
  const opened = [...databases.get(host)?.values() ?? []];
  databases.delete(host);
  for (const database of opened) await database.close();
}
