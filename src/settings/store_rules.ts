/** Where the database of a shared store lies: user, host and database in one URL, as the setting `store_url` has it. */

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
