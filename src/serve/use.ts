/** The dashboard: a server on this machine's own address that shows one repository to its user, and changes nothing. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import process from "node:process";
import { fstatSync } from "node:fs";
import { denied, external, OrcError } from "../base/error.ts";
import { parseWholeNumber } from "../base/text.ts";
import { isGranted } from "../files/read.ts";
import { pause } from "../files/wait.ts";
import { type Host, rememberedMasker } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  checksAnswer,
  eventsAnswer,
  findingsAnswer,
  outputAnswer,
  sessionAnswer,
  type SessionSite,
  waitingAnswer,
} from "./answers.ts";
import {
  type Asked,
  cookieOf,
  type Door,
  HEADERS,
  judge,
  listQueryIn,
  LOOPBACK,
} from "./rules.ts";
import { type SessionsWatch, watchSessions } from "./sessions.ts";

/** How a dashboard is served. */
export interface ServeOptions extends RepositoryOptions {
  /** As typed; without it one that is free. */
  readonly port?: string;
  /** Shows it in the user's browser, too. */
  readonly open?: boolean;
}

/** A dashboard that is served. */
export interface Served {
  /** Whose it is; no session. */
  readonly place: Place;
  /** What a browser is opened with: it lets in whoever has it. */
  readonly url: string;
  readonly port: number;
  /** That no browser could be opened. */
  readonly warnings: readonly string[];
  /** Settles when it has ended: with its signal, or with whoever started it. */
  readonly lasts: Promise<void>;
}

/**
 * Serves the dashboard of a repository on 127.0.0.1, until its signal, or the end of standard input where
 * that is a pipe. Who has the address it answers with is let in. It takes no lock and writes nothing.
 *
 * Requires `--allow-read`, `--allow-net=127.0.0.1`, and for what git has to say `--allow-run`.
 *
 * @throws {OrcError} `invalid_number` (usage) if the port is none, `port_taken` (external) if it cannot
 *   be listened at, `permission_missing` (denied)
 */
export async function serveDashboard(
  host: Host,
  options: ServeOptions = {},
): Promise<Served> {
  const { port: typed = "0" } = options;
  const limits = { flag: "--port", max: MAX_PORT };
  const wanted = parseWholeNumber(typed, limits);
  const repository = openRepository(host, options, { port: true, open: true });
  const ending = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, ending.signal])
    : ending.signal;
  const token = host.newToken() + host.newToken();
  const watch = watchSessions(repository, signal);
  const desk: Desk = {
    ...{ host, repository, watch, signal },
    door: { port: wanted, token },
    inOrder: oneByOne(),
  };
  const server = createServer((request, response) => {
    void answer(desk, request, response);
  });
  const port = await listen(server, wanted);
  desk.door = { port, token };
  const url = `http://${LOOPBACK}:${port}/?token=${token}`;
  const closed = new Promise<void>((end) => server.once("close", end));
  signal.addEventListener("abort", () => {
    server.close();
    server.closeAllConnections();
  });
  whenInputEnds(() => ending.abort(new Error("Its input has ended")));
  return {
    place: placeOf(repository, null),
    url,
    port,
    warnings: options.open ? await openBrowser(host, url) : [],
    lasts: closed,
  };
}

const MAX_PORT = 65_535;

async function listen(server: Server, wanted: number): Promise<number> {
  // Where it is missing, the runtime tells nobody who could say so.
  if (!isGranted({ name: "net", host: `${LOOPBACK}:${wanted}` })) {
    throw denied(
      "permission_missing",
      `Cannot listen on ${LOOPBACK}: permission --allow-net=${LOOPBACK} is missing`,
      `pass --allow-net=${LOOPBACK} to deno run`,
    );
  }
  await new Promise<void>((begun, fail) => {
    server.once("error", fail);
    server.listen({ host: LOOPBACK, port: wanted }, begun);
  }).catch((error) => {
    throw external(
      "port_taken",
      `Cannot listen at port ${wanted}: ${error.message}`,
      { cause: error, hint: "orc serve" },
    );
  });
  const address = server.address();
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("A server that listens has no address");
}

/** Whoever holds the other end of a pipe is who it serves; a terminal ends it by signal. */
function whenInputEnds(end: () => void): void {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on("end", end).on("error", end).resume();
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

const OPEN_TIMEOUT_MS = 10_000;

async function openBrowser(
  host: Host,
  url: string,
): Promise<readonly string[]> {
  const opener = OPENERS[process.platform] ?? ["xdg-open"];
  const result = await host.runProgram({
    command: [...opener, url],
    workingDirectory: host.workingDirectory,
    timeoutMs: OPEN_TIMEOUT_MS,
  });
  return result.exitCode === 0
    ? []
    : [`No browser could be opened by ${opener[0]}: open the address yourself`];
}

interface Desk {
  readonly host: Host;
  readonly repository: Repository;
  readonly watch: SessionsWatch;
  readonly signal: AbortSignal;
  readonly inOrder: InOrder;
  door: Door;
}

type InOrder = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** What reads a whole log or runs git is done one after the other. */
function oneByOne(): InOrder {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

async function answer(
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await answerOrFail(desk, request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const isKnown = error instanceof OrcError;
    const status = isKnown ? error.kind === "not_found" ? 404 : 409 : 500;
    const message = error instanceof Error ? error.message : String(error);
    sendJson(desk, response, { error: message }, status);
  }
}

async function answerOrFail(
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { door } = desk;
  const judgement = judge(askedBy(request), door);
  // What a request brings besides is not read.
  request.resume();
  if (judgement.type === "refuse") {
    const allow = judgement.status === 405 ? { allow: "GET, HEAD" } : {};
    const type = { "content-type": "text/plain; charset=utf-8" };
    response.writeHead(judgement.status, { ...HEADERS, ...type, ...allow });
    response.end(`${judgement.message}\n`);
    return;
  }
  if (judgement.type === "enter") {
    const cookie = { "set-cookie": cookieOf(door), location: "/" };
    response.writeHead(303, { ...HEADERS, ...cookie }).end();
    return;
  }
  const { path, query } = judgement;
  const { default: page } = await import("./page.json", {
    with: { type: "json" },
  });
  const file = Object.entries(page.files).find(([name]) => name === path)?.[1];
  if (file) {
    const { type, text } = file;
    response.writeHead(200, { ...HEADERS, "content-type": type }).end(text);
    return;
  }
  if (path === "/api/events") {
    await sendEvents(desk, query.get("session"), response);
    return;
  }
  const found = await dataAt(desk, path, query);
  if (found === undefined) {
    sendJson(desk, response, { error: "There is nothing here" }, 404);
  } else sendJson(desk, response, found, 200);
}

function askedBy({ method = "", url = "", headers }: IncomingMessage): Asked {
  return {
    method,
    target: url,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

/** What lies at a path of the page's data; undefined for none. */
async function dataAt(
  desk: Desk,
  path: string,
  query: URLSearchParams,
): Promise<unknown> {
  const { host, watch, inOrder } = desk;
  if (path === "/api/sessions") return await watch.list(listQueryIn(query));
  if (path === "/api/waiting") {
    const { repository: { found }, signal } = desk;
    return await waitingAnswer(host, { found, signal }, await watch.waiting());
  }
  const [, id, part = ""] =
    /^\/api\/sessions\/([a-z0-9_-]{1,64})(?:\/(\w+))?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const site = siteOf(desk, id);
  switch (part) {
    case "":
      return await sessionAnswer(host, site);
    case "checks":
      return await inOrder(() => checksAnswer(host, site));
    case "findings":
      return await inOrder(() => findingsAnswer(host, site));
    case "output": {
      const output = query.get("name") ?? "";
      return await outputAnswer(host, { ...site, output });
    }
    default:
      return undefined;
  }
}

function siteOf(
  { repository: { found }, signal }: Desk,
  session: string,
): SessionSite {
  return { found, session, signal };
}

/** What no secret is in that this machine knows of. */
function textOf({ host }: Desk, value: unknown): string {
  const text = JSON.stringify(value);
  return rememberedMasker(host)?.mask(text) ?? text;
}

function sendJson(
  desk: Desk,
  response: ServerResponse,
  value: unknown,
  status: number,
): void {
  const type = { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...HEADERS, ...type });
  response.end(textOf(desk, value));
}

/** New events are to be seen within a fifth of a second. */
const FOLLOW_INTERVAL_MS = 100;
/** What tells a browser, and whatever lies between, that the stream lives. */
const HEARTBEAT_MS = 15_000;

/** Tells of changed sessions, and of what is logged in the one that is looked at, as long as the page stays. */
async function sendEvents(
  desk: Desk,
  session: string | null,
  response: ServerResponse,
): Promise<void> {
  const { watch, host, signal } = desk;
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("The page has gone")));
  const until = AbortSignal.any([signal, gone.signal]);
  const type = { "content-type": "text/event-stream; charset=utf-8" };
  response.writeHead(200, { ...HEADERS, ...type });
  const tell = (name: string, value: unknown): void => {
    response.write(`event: ${name}\ndata: ${textOf(desk, value)}\n\n`);
  };
  tell("begin", {});
  const stop = watch.onChange((ids) => tell("sessions", ids));
  const beat = setInterval(() => response.write(": \n\n"), HEARTBEAT_MS);
  try {
    if (session !== null) {
      const site = { ...siteOf(desk, session), signal: until };
      const wait = () => pause(FOLLOW_INTERVAL_MS, until);
      for await (const events of eventsAnswer(host, site, wait)) {
        tell("log", events);
        await drained(response, until);
      }
      tell("end", {});
    }
    // Other sessions go on.
    await pause(LONGEST_MS, until);
  } catch (error) {
    if (!until.aborted) throw error;
  } finally {
    stop();
    clearInterval(beat);
    response.end();
  }
}

/** The longest a timer can wait: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** A page that does not read must not fill the memory. */
async function drained(
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  while (response.writableNeedDrain) await pause(20, signal);
}
