/** Which store the settings name; loaded only where there are any. */
import { misconfigured, notFound } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { userLayout } from "../base/layout.ts";
import { MAX_CONFIG_BYTES } from "../base/limits.ts";
import { STORE_SECRET } from "../base/names.ts";
import { guardDirectory, readRegularFile } from "../files/read.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import { nameOf, parentDirectory } from "../base/path.ts";
import type { Documents } from "../documents/documents.ts";
import type { Host } from "../host/host.ts";
import type { Database } from "../postgres/database.ts";
import type { SessionRows } from "../postgres/rows.ts";
import { rememberBegun } from "../session/begun.ts";
import { readRepositoryMeta, repoIdOf } from "../session/repository.ts";
import type { CarryingStore } from "../session/kept/carried.ts";
import type { SessionStore } from "../session/store.ts";
import { readValue } from "../settings/files.ts";
import type { SettingName } from "../settings/settings.ts";
import {
  addressOf,
  type StoreModule,
  storeModuleOf,
} from "../settings/store_rules.ts";
import type { Repository } from "./open.ts";

/** A repository whose store is still to be found. */
type Site = Omit<Repository, "store">;

/**
 * The store that the caller brings, or that the settings name. What they demand is not replaced by files in
 * silence: somebody would go on with a copy of their own.
 *
 * @throws {OrcError} `store_url_missing`, `invalid_setting` or `invalid_store_module` (config); `no_such_file`
 *   (not_found)
 */
export async function chooseStore(
  host: Host,
  site: Site,
  files: SessionStore,
  brought?: Documents,
): Promise<SessionStore> {
  // What lies in the place of the directory is the trouble, and not the settings in it.
  guardDirectory(site.layout.root, site.layout.directory);
  const store = await farStore(host, site, brought);
  if (store === undefined) return files;
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

/** What keeps sessions in no files; undefined where files do. */
async function farStore(
  host: Host,
  site: Site,
  brought: Documents | undefined,
): Promise<SessionStore | undefined> {
  const name = brought ? undefined : await textOf(host, site, "store");
  if (name === "postgres") {
    const rows = await sessionRowsOf(host, site);
    return (await import("../postgres/store.ts")).storeOfRows(rows);
  }
  const module = storeModuleOf(name ?? "");
  const documents = brought ??
    (module && await documentsOf(host, site, module));
  if (documents === undefined) return undefined;
  const { documentStore } = await import("../documents/store.ts");
  return documentStore(documents, ownOptions(host, site));
}

/**
 * The store in no files that a word for the setting `store` means, as sessions are carried to it and from it;
 * undefined for a word that means files, or nothing.
 */
export async function carryingStoreOf(
  host: Host,
  site: Site,
  name: string,
): Promise<CarryingStore | undefined> {
  if (name === "postgres") {
    const rows = await sessionRowsOf(host, site);
    return (await import("../postgres/copy.ts")).carryingRows(rows);
  }
  const module = storeModuleOf(name);
  if (module === undefined) return undefined;
  const documents = await documentsOf(host, site, module);
  const { SessionDocuments } = await import("../documents/sessions.ts");
  const all = new SessionDocuments(documents, ownOptions(host, site));
  return (await import("../documents/copy.ts")).carryingDocuments(all);
}

/** A process opens what a module keeps once, however often it opens repositories. */
const opened = new WeakMap<Host, Map<string, Promise<Documents>>>();

/** What the module keeps that the settings name. */
export async function documentsOf(
  host: Host,
  site: Site,
  module: StoreModule,
): Promise<Documents> {
  const home = host.homeDirectory() ?? "";
  const url = await textOf(host, site, "store_url");
  const known = opened.get(host) ?? new Map<string, Promise<Documents>>();
  opened.set(host, known);
  const key = JSON.stringify([module, url]);
  const { openModule } = await import("../documents/module.ts");
  const present = known.get(key);
  if (present !== undefined) return await present;
  const made = openModule(module, {
    ...{ home, directory: parentDirectory(userLayout(home).config) ?? home },
    runtime: host.identity().runtime,
  }, { url, password: () => passwordOf(host, site) });
  known.set(key, made);
  // What could not be opened may be, once its reason is gone.
  made.catch(() => known.delete(key));
  return await made;
}

/** How the sessions of a repository are told from those of others. */
function ownOptions(host: Host, { layout, context }: Site) {
  return {
    context,
    repo: async () =>
      readRepositoryMeta(layout)?.repoId ??
        await repoIdOf(readRemoteUrl(layout.root)) ?? "",
    origin: () => ({
      host: host.identity().host,
      repository: nameOf(layout.root),
    }),
  };
}

/** The rows of the repository's sessions in the database that the settings name, wherever sessions are kept now. */
export async function sessionRowsOf(
  host: Host,
  site: Site,
): Promise<SessionRows> {
  const database = await databaseOf(host, site);
  const { SessionRows } = await import("../postgres/rows.ts");
  return new SessionRows(database, ownOptions(host, site));
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
  if (address === undefined) {
    throw misconfigured(
      "invalid_setting",
      `store_url names no database of PostgreSQL: "${url}"`,
      { hint: "orc config get store_url" },
    );
  }
  const ca = await textOf(host, site, "store_ca");
  const known = databases.get(host) ?? new Map<string, Database>();
  databases.set(host, known);
  const key = JSON.stringify([url, ca]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { openDatabase } = await import("../postgres/database.ts");
  const made = openDatabase({
    ...{ address, password: () => passwordOf(host, site) },
    ca: ca === null ? undefined : readCertificates(host, ca),
  });
  known.set(key, made);
  return made;
}

async function passwordOf(
  host: Host,
  site: Site,
): Promise<string | undefined> {
  const { findSecret, searchSecrets } = await import("../vault/find.ts");
  const search = searchSecrets(host, site, false);
  return (await findSecret(search, STORE_SECRET))?.value;
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

/** Ends the connections of a host, and what modules opened. */
export async function closeStores(host: Host): Promise<void> {
  const connected = [...databases.get(host)?.values() ?? []];
  const modules = [...opened.get(host)?.values() ?? []];
  databases.delete(host);
  opened.delete(host);
  for (const database of connected) await database.close();
  for (const documents of modules) {
    await documents.then((each) => each.close?.(), () => {});
  }
}
