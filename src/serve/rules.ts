/** Who may ask the dashboard, and what its answers forbid a browser: a page of the user's own, on this machine, that only reads. */

/** What of a request decides whether it is answered. */
export interface Asked {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** The value of a header by its name in lower case; undefined where there is none. */
  header(name: string): string | undefined;
}

/** Where the dashboard listens, and what lets a browser in. */
export interface Door {
  readonly port: number;
  readonly token: string;
}

/** What a request gets: entry with a cookie, what is at a path, or a refusal. */
export type Judgement =
  | { readonly type: "enter" }
  | {
    readonly type: "answer";
    readonly path: string;
    readonly query: URLSearchParams;
  }
  | {
    readonly type: "refuse";
    readonly status: 400 | 401 | 403 | 405;
    readonly message: string;
  };

export const LOOPBACK = "127.0.0.1";

/** Longer ones are none of the page's. */
const MAX_TARGET_LENGTH = 2048;

/**
 * Decides on a request. A name that another site points to this machine is a foreign `Host`; a page of
 * another site has no cookie, and its browser says where a request comes from besides. Nothing is changed
 * by any request, so that only reading has a method.
 */
export function judge(asked: Asked, door: Door): Judgement {
  const { method, target, header } = asked;
  const hosts = hostsOf(door);
  if (!hosts.includes(header("host") ?? "")) {
    return refuse(403, "This is not the host that the dashboard is served at");
  }
  const origin = header("origin");
  if (
    origin !== undefined && !hosts.some((host) => origin === `http://${host}`)
  ) {
    return refuse(403, "Another origin may not ask the dashboard");
  }
  if (method !== "GET" && method !== "HEAD") {
    return refuse(405, "The dashboard only reads");
  }
  if (target.length > MAX_TARGET_LENGTH || !target.startsWith("/")) {
    return refuse(400, "This is no path of the dashboard");
  }
  const { pathname: path, searchParams: query } = new URL(
    `http://${LOOPBACK}${target}`,
  );
  const given = query.get("token");
  if (path === "/" && given !== null && isSame(given, door.token)) {
    return { type: "enter" };
  }
  const site = header("sec-fetch-site");
  if (path !== "/" && site !== undefined && site !== "same-origin") {
    return refuse(403, "Another site may not ask the dashboard");
  }
  const cookie = cookieIn(header("cookie") ?? "", cookieName(door));
  if (cookie === undefined || !isSame(cookie, door.token)) {
    return refuse(
      401,
      "Open the dashboard with the address that orc serve printed",
    );
  }
  return { type: "answer", path, query };
}

function refuse(
  status: 400 | 401 | 403 | 405,
  message: string,
): Judgement {
  return { type: "refuse", status, message };
}

function hostsOf({ port }: Door): readonly string[] {
  return [`${LOOPBACK}:${port}`, `localhost:${port}`];
}

/** Cookies know no port: two dashboards must not take each other's. */
function cookieName({ port }: Door): string {
  return `orc_${port}`;
}

/** What a browser keeps until it is closed, shows to no script, and sends along from no other site. */
export function cookieOf(door: Door): string {
  return `${cookieName(door)}=${door.token}; Path=/; HttpOnly; SameSite=Strict`;
}

function cookieIn(header: string, name: string): string | undefined {
  return header.split(";").map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Compares in a time that does not tell how much is right. */
function isSame(given: string, known: string): boolean {
  let difference = given.length ^ known.length;
  for (let at = 0; at < known.length; at++) {
    difference |= given.charCodeAt(at % (given.length || 1)) ^
      known.charCodeAt(at);
  }
  return difference === 0;
}

/** With every answer: only the page's own script runs, nothing else shows it, and nobody keeps it. */
export const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Which lines of the list are asked for. */
export interface ListQuery {
  readonly search: string;
  /** One of the statuses; empty for all. */
  readonly status: string;
  readonly offset: number;
  readonly limit: number;
}

const MAX_LINES = 200;

/** Reads what a page asks of the list; what makes no sense is left out. */
export function listQueryIn(query: URLSearchParams): ListQuery {
  const number = (name: string, otherwise: number): number => {
    const text = query.get(name) ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  return {
    search: query.get("search") ?? "",
    status: query.get("status") ?? "",
    offset: number("offset", 0),
    limit: Math.min(number("limit", 100), MAX_LINES),
  };
}

/** What of a session is searched. */
interface Searched {
  readonly id: string;
  readonly name: string | null;
  readonly task: string | null;
  readonly phaseId: string | null;
  readonly agent: string | null;
}

/** Whether all words of a search are found in a session, whatever their case. */
export function isFound(session: Searched, search: string): boolean {
  const { id, name, task, phaseId, agent } = session;
  const text = [id, name, task, phaseId, agent].join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
