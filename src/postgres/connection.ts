/**
 * One connection to a database, made when it is needed and again when it is lost. Whoever asks waits
 * for a turn: transactions of one process never mix.
 */
import type { StoreAddress } from "../settings/store_rules.ts";
import { pause, unlessAborted } from "../files/wait.ts";
import {
  errorOf,
  type FailedAt,
  type Failure,
  FORBIDDEN,
  isNobodyThere,
  type Verdict,
  verdictOn,
} from "./failure_rules.ts";

/** Where a database is, and what lets one in. */
export interface Access {
  readonly address: StoreAddress;
  /** Undefined where the server asks for none. */
  readonly password?: (() => Promise<string | undefined>) | undefined;
  /** Certificates, in PEM, of whoever may sign for the host; those of the system without it. */
  readonly ca?: string | undefined;
}

/** What orc keeps in columns. */
export type Value = string | number | Uint8Array | readonly string[] | null;

/** Columns by their names; numbers of 64 bits are texts. */
export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** Sends one statement, and answers with its rows. With the last one of a transaction its end is sent too. */
export type Sql = (
  text: string,
  values?: readonly Value[],
  isLast?: boolean,
) => Promise<readonly Row[]>;

/** Work in a transaction. It is told whether an earlier try of it may have been stored. */
export type Work<Result> = (sql: Sql, isUnsure: boolean) => Promise<Result>;

/** How a transaction waits. */
export interface Patience {
  /** For a row that somebody else holds. */
  readonly lockTimeoutMs: number;
  /** What is waited for in the order of coming; without it, many who want one row disturb each other. */
  readonly turn?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a server says to a statement. */
interface Answer {
  readonly rows: readonly Row[];
}

/** The part of the driver that is used. */
interface Client {
  connect(): Promise<unknown>;
  query(query: {
    readonly text: string;
    readonly values?: readonly unknown[] | undefined;
    readonly query_timeout: number;
  }): Promise<Answer | readonly Answer[]>;
  /** Quotes a text so that it can stand in a statement. */
  escapeLiteral(text: string): string;
  end(): Promise<void>;
  on(event: string, listener: (value: { payload?: string }) => void): void;
  ref(): void;
  unref(): void;
  readonly connection: { readonly stream: { destroy(): void } };
}

/** A server answers, and holds a row, no longer. */
const SERVER_TIMEOUT_MS = 10_000;

/** It is the server's to end what takes too long: a client does so only where none is left. */
const GRACE_MS = 5_000;

/** So often it is tried anew, with pauses that grow to a second: some ten seconds, a restart of a server. */
const MAX_TRIES = 14;
const MAX_PAUSE_MS = 1_000;
const FIRST_PAUSE_MS = 25;

/** What went wrong in the driver, and not in the work. */
class Trouble extends Error {
  constructor(
    readonly failure: Failure,
    readonly verdict: Verdict,
    cause: unknown,
  ) {
    super(failure.message, { cause });
  }
}

export class Connection {
  readonly #access: Access;
  /** Called with each new connection before anything else is asked. */
  readonly #greet: (sql: Sql) => Promise<void>;
  #client: Client | undefined;
  #wasConnected = false;
  #isClosed = false;
  #users = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<(payload: string | undefined) => void>();

  constructor(access: Access, greet: (sql: Sql) => Promise<void>) {
    this.#access = access;
    this.#greet = greet;
  }

  /** Asks for what may be asked again. */
  async read<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return await this.#insist(work, undefined);
  }

  /** Does all of a work or nothing; again, where it is known that nothing was done, or the work can tell. */
  async transact<Result>(
    work: Work<Result>,
    { lockTimeoutMs, turn, signal }: Patience,
  ): Promise<Result> {
    // None at all means for ever to the server.
    const waitMs = Math.max(1, Math.ceil(lockTimeoutMs));
    const begin = [
      "begin",
      `set local lock_timeout = ${waitMs}`,
      `set local statement_timeout = ${waitMs + SERVER_TIMEOUT_MS}`,
      `set local idle_in_transaction_session_timeout = ${SERVER_TIMEOUT_MS}`,
      ...turn === undefined ? [] : [`select pg_advisory_xact_lock(${turn})`],
    ].join("; ");
    let isUnsure = false;
    const whole = async () => {
      const later = this.#asking(waitMs + SERVER_TIMEOUT_MS);
      let isBegun = false;
      let isEnding = false;
      const commit = () => {
        isEnding = true;
        return this.#send("commit", undefined, "committing");
      };
      const sql: Sql = async (text, values = [], isLast = false) => {
        if (isBegun && isLast) {
          // Both are on their way at once. After one that failed the server takes the end for a rollback.
          const answer = later(text, values);
          const end = commit();
          end.catch(() => {});
          const rows = await answer;
          await end;
          return rows;
        }
        if (isBegun) return await later(text, values);
        isBegun = true;
        // It goes with the beginning: each answer that is waited for costs a fifth of an update.
        const whole = this.#withValues(text, values);
        if (whole !== undefined) return await later(`${begin}; ${whole}`);
        await later(begin);
        return await later(text, values);
      };
      try {
        const result = await this.#rollingBack(() => work(sql, isUnsure));
        if (!isEnding) await commit();
        return result;
      } catch (error) {
        const isLost = error instanceof Trouble && error.verdict === "lost";
        isUnsure ||= isEnding && isLost;
        throw error;
      }
    };
    return await this.#insist(whole, signal);
  }

  /** Hears what is told through a channel, and of each loss of the connection, in which something may have been missed. */
  listen(listener: (payload: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    this.#use(1);
    return () => {
      if (this.#listeners.delete(listener)) this.#use(-1);
    };
  }

  /** Ends it; whoever asks later is told so. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = undefined;
    // A process that has nothing else to do would end before this does.
    client?.ref();
    await client?.end().catch(() => {});
  }

  /** A process does not live on for the sake of a connection that nobody uses. */
  #use(change: 1 | -1): void {
    this.#users += change;
    if (this.#users === 0) this.#client?.unref();
    if (this.#users === 1 && change === 1) this.#client?.ref();
  }

  async #insist<Result>(
    work: (sql: Sql) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const turn = this.#turn;
    let leave = (): void => {};
    const left = new Promise<void>((resolve) => leave = resolve);
    this.#turn = turn.then(() => left);
    this.#use(1);
    try {
      await unlessAborted<void>(signal, (end) => {
        turn.then(() => end());
        return () => {};
      });
      return await this.#tryOften(work, signal);
    } finally {
      this.#use(-1);
      leave();
    }
  }

  async #tryOften<Result>(
    work: (sql: Sql) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    for (let tries = 1;; tries++) {
      signal?.throwIfAborted();
      // Whoever waits for a row waits at the server: only the end of the connection ends that.
      const stop = () => this.#drop(this.#client);
      signal?.addEventListener("abort", stop);
      try {
        await this.#open();
        return await work(this.#asking(SERVER_TIMEOUT_MS));
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        signal?.throwIfAborted();
        const { failure, verdict, cause } = error;
        if (verdict === "lost") this.#drop(this.#client);
        const isFinal = verdict === "final" || tries === MAX_TRIES ||
          !this.#wasConnected && isNobodyThere(failure);
        if (isFinal) throw errorOf(failure, this.#access.address, cause);
      } finally {
        signal?.removeEventListener("abort", stop);
      }
      const ms = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS);
      await pause(ms * (0.5 + Math.random() / 2), signal);
    }
  }

  #asking(timeoutMs: number): Sql {
    return (text, values) => this.#send(text, values, "asking", timeoutMs);
  }

  async #send(
    text: string,
    values: readonly Value[] | undefined,
    at: FailedAt,
    timeoutMs = SERVER_TIMEOUT_MS,
  ): Promise<readonly Row[]> {
    const client = this.#client;
    if (client === undefined) throw lost("the connection was lost", at);
    const query_timeout = timeoutMs + GRACE_MS;
    try {
      const answer = await client.query({ text, values, query_timeout });
      return [answer].flat().at(-1)?.rows ?? [];
    } catch (error) {
      throw troubleOf(error, at);
    }
  }

  /** A statement with its values in it, as it can stand among others; undefined where they are no texts. */
  #withValues(text: string, values: readonly Value[]): string | undefined {
    const client = this.#client;
    if (client === undefined) throw lost("the connection was lost", "asking");
    const texts: string[] = [];
    for (const value of values) {
      if (typeof value === "string") texts.push(client.escapeLiteral(value));
      else if (typeof value === "number") texts.push(String(value));
      else return undefined;
    }
    return text.replace(/\$(\d+)/g, (_, number) => texts[number - 1] ?? "");
  }

  async #rollingBack<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const isLost = error instanceof Trouble && error.verdict === "lost";
      if (!isLost) {
        await this.#send("rollback", undefined, "asking")
          // Without a connection it is rolled back by the server.
          .catch(() => this.#drop(this.#client));
      }
      throw error;
    }
  }

  async #open(): Promise<void> {
    if (this.#isClosed) throw new Error("The store was closed");
    if (this.#client !== undefined) return;
    const { password } = this.#access;
    const word = await password?.();
    const client = await newClient(this.#access, word).catch((error) => {
      throw troubleOf(error, "connecting");
    });
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    client.on("notification", ({ payload }) => this.#tell(payload));
    try {
      await client.connect();
    } catch (error) {
      abandon(client);
      throw troubleOf(error, "connecting");
    }
    this.#client = client;
    try {
      await this.#greet(this.#asking(SERVER_TIMEOUT_MS));
      this.#wasConnected = true;
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  #drop(client: Client | undefined): void {
    if (client === undefined) return;
    abandon(client);
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#tell(undefined);
  }

  #tell(payload: string | undefined): void {
    this.#listeners.forEach((listener) => listener(payload));
  }
}

async function newClient(
  { address, ca }: Access,
  password: string | undefined,
): Promise<Client> {
  const { default: pg } = await import("pg");
  const { host, port, user, database, isLocal } = address;
  return new pg.Client({
    ...{ host, port, user, database },
    // As a function: without one, the driver would look for a password in places of its own.
    password: () => password ?? "",
    ssl: isLocal ? false : { rejectUnauthorized: true, ca },
    connectionTimeoutMillis: SERVER_TIMEOUT_MS,
    keepAlive: true,
    // What need not wait for an answer does not.
    pipeline: true,
    application_name: "orc",
  });
}

/** Its socket is closed at once: nobody waits for the answer of a server that may be gone. */
function abandon(client: Client): void {
  client.end().catch(() => {});
  client.connection.stream.destroy();
}

function lost(message: string, at: FailedAt): Trouble {
  return troubleOf(new Error(message), at);
}

function troubleOf(error: unknown, at: FailedAt): Trouble {
  const { code = "", message = String(error), name } = error as
    & Partial<Failure>
    & Pick<Error, "name">;
  const failure = { code: name === FORBIDDEN ? name : code, message };
  return new Trouble(failure, verdictOn(failure, at), error);
}
