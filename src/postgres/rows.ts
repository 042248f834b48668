/** The rows of one repository's sessions: how they are found, locked and read. */
import type { Digest } from "../base/checksum.ts";
import { denied } from "../base/error.ts";
import { loadHash } from "../files/tree.ts";
import { assertWritable } from "../session/encode.ts";
import type { PagedLog } from "../session/kept/paged.ts";
import { noSuchSession, recall } from "../session/read.ts";
import type { Memory, Session, StoreContext } from "../session/store.ts";
import type { Row, Sql, Work } from "./connection.ts";
import type { Database, Key } from "./database.ts";
import type { Beside } from "./kept.ts";
import { readPage } from "./log.ts";

/** Columns that are small, whatever a session did. */
const SMALL_COLUMNS = "serial, log_bytes, meta";

export interface PostgresOptions {
  /** What tells the sessions of one repository from those of others in the same database; empty while nobody can tell. */
  readonly repo: string | (() => Promise<string>);
  readonly context: Pick<
    StoreContext,
    "timeoutMs" | "now" | "newToken" | "idSource" | "signal" | "memory"
  >;
  /** What a new session says of where it began. */
  readonly origin?: () => Origin;
}

/** Where a session began, for people. */
export interface Origin {
  /** The machine. */
  readonly host: string;
  /** The directory of the repository, without what lies above. */
  readonly repository: string;
}

export class SessionRows {
  readonly database: Database;
  readonly context: PostgresOptions["context"];
  readonly memory: Memory;
  readonly origin: () => Partial<Origin>;
  readonly read: Database["read"];
  readonly #findRepo: () => Promise<string>;
  #digest: Digest | undefined;
  #repo = "";

  constructor(database: Database, { repo, context, origin }: PostgresOptions) {
    this.database = database;
    this.context = context;
    this.origin = origin ?? (() => ({}));
    this.memory = context.memory ?? {};
    this.read = database.read;
    this.#findRepo = typeof repo === "string"
      ? () => Promise.resolve(repo)
      : repo;
  }

  async repo(): Promise<string> {
    return this.#repo ||= await this.#findRepo();
  }

  async keyOf(id: string): Promise<Key> {
    return [await this.repo(), id];
  }

  async logOf(id: string): Promise<PagedLog> {
    const key = await this.keyOf(id);
    return {
      label: `the log of ${this.labelOf(id)}`,
      page: (at) => readPage(this.read, key, at),
      hear: () => this.database.hear(key),
    };
  }

  /** What a session is called, for people. */
  labelOf(id: string): string {
    return `session ${id} of ${this.database.shown}`;
  }

  /** Does a work on one session. */
  async write<Result>(
    id: string,
    work: Work<Result>,
    signal = this.context.signal,
  ): Promise<Result> {
    const { timeoutMs } = this.context;
    const lockTimeoutMs = typeof timeoutMs === "number"
      ? timeoutMs
      : await timeoutMs();
    const key = await this.keyOf(id);
    return await this.database.write(key, work, { lockTimeoutMs, signal });
  }

  /** The row of a session, if it is there; nobody else changes it until the transaction ends. */
  async lock(sql: Sql, id: string): Promise<Row | undefined> {
    const [row] = await sql(
      `select state, meta, log_bytes,
          extract(epoch from clock_timestamp()) * 1000 as now
         from orc.session
        where repo = $1 and id = $2 for update`,
      await this.keyOf(id),
    );
    // What a role may only read it cannot lock either, and is told nothing.
    if (row === undefined && await this.#isThere(sql, id)) {
      throw denied(
        "store_auth",
        `The role that store_url names may not change ${this.labelOf(id)}`,
        "somebody whose role may do it: see docs/teams.md",
      );
    }
    return row;
  }

  /**
   * As {@linkcode lock}.
   *
   * @throws {OrcError} `no_such_session` (not_found)
   */
  async hold(sql: Sql, id: string): Promise<Row> {
    const row = await this.lock(sql, id);
    if (row === undefined) throw noSuchSession(id);
    return row;
  }

  /** All of a row. */
  async whole(id: string): Promise<Row | undefined> {
    return await this.#select(`${SMALL_COLUMNS}, state`, id);
  }

  /** What of a row is small. */
  async small(id: string): Promise<Row | undefined> {
    return await this.#select(SMALL_COLUMNS, id);
  }

  async session(id: string): Promise<Session> {
    const row = await this.#select("state", id);
    if (row === undefined) throw noSuchSession(id);
    return await this.decode(row, id);
  }

  /** The session of a row that is locked, if this orc may change it. */
  async writable(row: Row, id: string): Promise<Session> {
    const session = await this.decode(row, id);
    assertWritable(session, this.labelOf(id));
    return session;
  }

  /** What is kept beside a session needs no more than this. */
  async beside(id: string): Promise<Beside> {
    return {
      read: this.read,
      write: (work) => this.write(id, work),
      hold: async (sql) => {
        const row = await this.hold(sql, id);
        return () => this.writable(row, id);
      },
      key: await this.keyOf(id),
      label: this.labelOf(id),
    };
  }

  /**
   * Hashes without another thread: as long as a session is locked, all others wait for it. The driver has loaded
   * what it takes already.
   */
  async digest(): Promise<Digest> {
    if (this.#digest === undefined) {
      const newHash = await loadHash();
      this.#digest = (bytes) => {
        const hash = newHash();
        hash.update(bytes);
        return hash.digest("hex");
      };
    }
    return this.#digest;
  }

  async #isThere(sql: Sql, id: string): Promise<boolean> {
    const found = await sql(
      "select 1 from orc.session where repo = $1 and id = $2",
      await this.keyOf(id),
    );
    return found.length > 0;
  }

  async #select(columns: string, id: string): Promise<Row | undefined> {
    const key = await this.keyOf(id);
    const [row] = await this.read((sql) =>
      sql(`select ${columns} from orc.session where repo = $1 and id = $2`, key)
    );
    return row;
  }

  async decode({ state }: Row, id: string): Promise<Session> {
    const paths = { state: this.labelOf(id) };
    const digest = await this.digest();
    return await recall(this.memory, String(state), paths, id, digest).session;
  }
}
