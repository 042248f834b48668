/** Where sessions are kept that are in no files: by the settings `store` and `store_url`. */

export interface StoreAddress {
  /** As it is shown; without anything that lets anybody in. */
  readonly shown: string;
  readonly user: string;
  /** Name or address of a host, or the directory of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Whether nothing lies between that somebody could listen to. */
  readonly isLocal: boolean;
}

const PORT = 5432;

const ON_HOST =
  /^postgres(?:ql)?:\/\/([^\s:@/?#]+)@(\[[\da-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/([^\s/?#]+)(?:\?sslmode=verify-full)?$/;

const ON_SOCKET =
  /^postgres(?:ql)?:\/\/([^\s:@/?#]+)@\/([^\s/?#]+)\?host=(\/[^\s?#&]*)(?:&port=(\d{1,5}))?$/;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** The parts of a URL; undefined for one that is none, names no user, or holds a password or what orc does not heed. */
export function addressOf(url: string): StoreAddress | undefined {
  const [, user, name, port = PORT, database] = ON_HOST.exec(url) ?? [];
  if (user !== undefined && name !== undefined && database !== undefined) {
    const host = name.replace(/^\[|\]$/g, "");
    const isLocal = LOOPBACK.test(host);
    const at = Number(port) === PORT ? name : `${name}:${port}`;
    return decoded({ user, host, port: Number(port), database, isLocal }, at);
  }
  const socket = ON_SOCKET.exec(url);
  if (socket === null) return undefined;
  const [, owner = "", base = "", host = "", number = PORT] = socket;
  const address = { user: owner, host, port: Number(number), database: base };
  return decoded({ ...address, isLocal: true }, host);
}

function decoded(
  { user, database, ...rest }: Omit<StoreAddress, "shown">,
  at: string,
): StoreAddress | undefined {
  try {
    const names = [user, database].map(decodeURIComponent);
    const [person = "", base = ""] = names;
    if (names.some((name) => /\p{Cc}/u.test(name))) return undefined;
    const shown = `database "${base}" at ${at}`;
    return { ...rest, user: person, database: base, shown };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A module of the user's own that keeps sessions. */
export type StoreModule =
  | { readonly name: string; readonly version: string }
  /** Seen from the user's directory `.orchestrator`, where it is not absolute. */
  | { readonly path: string };

const ON_NPM =
  /^npm:((?:@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*)@(\d+\.\d+\.\d+[\w.+-]*)$/;
const IN_FILE = /^(?:~|\.{1,2}|[A-Za-z]:)?[\\/].+\.[cm]?[jt]s$/;

/** The module that the setting `store` names; undefined for what is none. A version is exact: no other is run one day. */
export function storeModuleOf(text: string): StoreModule | undefined {
  const [, name, version] = ON_NPM.exec(text) ?? [];
  if (name !== undefined && version !== undefined) return { name, version };
  return IN_FILE.test(text) ? { path: text } : undefined;
}

const OTHER_URL =
  /^(?!postgres(?:ql)?:)[a-z][\w+.-]*:\/\/(?![^/?#]*:[^/?#]*@)\S+$/;

/** Whether it says where a store is: a database of PostgreSQL, or what a module understands; without a password. */
export function isStoreUrl(text: string): boolean {
  return addressOf(text) !== undefined || OTHER_URL.test(text);
}
