/** Schemes under which the user's name is part of the address and no secret. */
const KEEPS_USER = /^(?:ssh|git\+ssh|ssh\+git)$/i;

const URL_FORM = /^((?:[\w-]+::)?([A-Za-z][\w+.-]*):\/\/)(.*)$/s;

/** `user@host:path`; one letter before the colon is a drive of Windows. */
const SCP_FORM = /^(?:([^/]*)@)?(\[[^\]/]+\]|[^/:@[\]]{2,}):(?!\/\/)(.*)$/s;

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ["ssh", "22"],
  ["git+ssh", "22"],
  ["ssh+git", "22"],
  ["git", "9418"],
  ["http", "80"],
  ["https", "443"],
]);

/** Returns a remote's URL without passwords, tokens and query, fit to be stored. */
export function withoutCredentials(url: string): string {
  const [, prefix, scheme, rest] = URL_FORM.exec(url) ?? [];
  if (prefix !== undefined && scheme !== undefined && rest !== undefined) {
    const { user, place } = divide(rest);
    const shown = KEEPS_USER.test(scheme) && user !== "" ? `${user}@` : "";
    return prefix + shown + place;
  }
  const [, user = "", host, path] = SCP_FORM.exec(url) ?? [];
  if (host === undefined) return url;
  const name = nameIn(user);
  return `${name === "" ? "" : `${name}@`}${host}:${path}`;
}

/**
 * Returns what identifies a remote, however it is reached: `host/org/repo`,
 * or the path of a local one. Undefined if the URL means a different place in
 * each directory it is read from.
 */
export function normaliseRemote(url: string): string | undefined {
  const text = url.trim();
  const [, prefix, scheme, rest] = URL_FORM.exec(text) ?? [];
  if (prefix !== undefined && scheme !== undefined && rest !== undefined) {
    return normaliseUrl(scheme.toLowerCase(), divide(rest).place);
  }
  const [, , host, path] = SCP_FORM.exec(text) ?? [];
  if (host !== undefined && path !== undefined) return onHost(host, path);
  const isLocal = /^(?:[/\\]|[A-Za-z]:[/\\])/.test(text);
  return isLocal ? withoutEnding(text) : undefined;
}

function normaliseUrl(scheme: string, place: string): string | undefined {
  const slash = place.indexOf("/");
  const authority = slash < 0 ? place : place.slice(0, slash);
  const path = slash < 0 ? "" : place.slice(slash);
  if (scheme === "file") return withoutEnding(path);
  const port = DEFAULT_PORTS.get(scheme);
  const suffix = port === undefined ? "" : `:${port}`;
  const host = authority.endsWith(suffix)
    ? authority.slice(0, authority.length - suffix.length)
    : authority;
  return onHost(host, path);
}

function onHost(host: string, path: string): string | undefined {
  if (host === "") return undefined;
  return withoutEnding(`${host.toLowerCase()}/${path.replace(/^\/+/, "")}`);
}

function withoutEnding(path: string): string | undefined {
  const ended = path.replace(/\/+$/, "").replace(/\.git$/, "")
    .replace(/\/+$/, "");
  return ended === "" ? undefined : ended;
}

/** What follows `://`, divided. */
interface Address {
  /** Without its password; empty if there is none. */
  readonly user: string;
  /** Host, port and path, without the query. */
  readonly place: string;
}

function divide(rest: string): Address {
  const end = endOfUser(rest);
  return {
    user: nameIn(rest.slice(0, Math.max(end, 0))),
    place: rest.slice(end + 1).replace(/[?#].*$/s, ""),
  };
}

/** Position of the "@" that ends user and password, -1 if there are none. */
function endOfUser(rest: string): number {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  const end = authority.lastIndexOf("@");
  if (end >= 0) return end;
  // No port looks like this: it is a password with a "/", "?" or "#" in it.
  const isTorn = /:(?!\d*$)/.test(authority) && !authority.startsWith("[");
  return isTorn ? rest.lastIndexOf("@") : -1;
}

function nameIn(user: string): string {
  return user.replace(/:.*$/s, "");
}
