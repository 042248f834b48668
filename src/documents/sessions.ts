/** The documents of one repository's sessions: how they are found, read and changed. */
import { conflict, external, isOrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { pause, unlessAborted } from "../files/wait.ts";
import { decodeLogLine } from "../engine/event.ts";
import { assertWritable } from "../session/encode.ts";
import {
  hearing,
  type Page,
  PAGE_BYTES,
  PAGE_LINES,
  type PagedLog,
  type PagePlace,
} from "../session/kept/paged.ts";
import { noSuchSession, recall } from "../session/read.ts";
import type {
  LogLine,
  Memory,
  Session,
  StoreContext,
} from "../session/store.ts";
import type { Documents } from "./documents.ts";
import {
  decodeHead,
  decodeLines,
  encodeHead,
  encodeLines,
  type Head,
  isTailFull,
  linesAt,
  logBytesOf,
} from "./head.ts";

/** What a store on documents needs besides. */
export interface DocumentStoreOptions {
  /** What tells the sessions of one repository from those of others among the same documents. */
  readonly repo: string | (() => Promise<string>);
  readonly context: Pick<
    StoreContext,
    "timeoutMs" | "now" | "newToken" | "idSource" | "signal" | "memory"
  >;
  /** What a new session says of where it began. */
  readonly origin?: () => Readonly<Record<string, string>>;
}

/** A head as it was found. */
export interface FoundHead {
  readonly head: Head;
  readonly version: string;
}

/** What is to become of a session; `result` counts once it is so. */
export type Outcome<Result> =
  & { readonly result: Result }
  & ({ readonly head?: Head } | { readonly isRemoved: true });

/**
 * Decides what becomes of a session as it was found. It may be called again, and `isUnsure` is set where
 * nobody knows whether what was decided before is stored.
 */
export type Act<Result> = (
  found: FoundHead | undefined,
  isUnsure: boolean,
) => Promise<Outcome<Result>>;

/** So often a backend is asked that fails, with pauses that grow to a second: some ten seconds. */
const MAX_FAILURES = 14;
const MAX_PAUSE_MS = 1_000;
const FIRST_PAUSE_MS = 25;

/** Of those who change a session at once, one comes first each time: all others wait a little, by chance. */
const FIRST_WAIT_MS = 4;
const MAX_WAIT_MS = 250;

export class SessionDocuments {
  readonly documents: Documents;
  readonly context: DocumentStoreOptions["context"];
  readonly memory: Memory;
  readonly origin: () => Readonly<Record<string, string>>;
  readonly #findRepo: () => Promise<string>;
  /** The last change of a session in this process: they do not disturb each other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #repo = "";

  constructor(
    documents: Documents,
    { repo, context, origin }: DocumentStoreOptions,
  ) {
    this.documents = documents;
    this.context = context;
    this.memory = context.memory ?? {};
    this.origin = origin ?? (() => ({}));
    this.#findRepo = typeof repo === "string"
      ? () => Promise.resolve(repo)
      : repo;
  }

  /** What a session is called, for people. */
  labelOf(id: string): string {
    return `session ${id} of ${this.documents.shown}`;
  }

  /** The ids of all sessions, in their order. */
  async ids(): Promise<readonly string[]> {
    const prefix = await this.#prefix("session");
    const keys = await this.ask((all) => all.keys(prefix));
    return keys.map((key) => key.slice(prefix.length))
      .filter(isSessionId).sort();
  }

  /** `isUnsure` says that something may be stored of which nobody was told. */
  async find(id: string, isUnsure = false): Promise<FoundHead | undefined> {
    if (!isSessionId(id)) return undefined;
    const key = `${await this.#prefix("session")}${id}`;
    const found = await this.ask((all) => all.get(key), isUnsure);
    if (found === undefined) return undefined;
    const { text, version } = found;
    return { head: decodeHead(text, this.labelOf(id)), version };
  }

  /** @throws {OrcError} `no_such_session` (not_found) */
  async hold(id: string): Promise<FoundHead> {
    return await this.find(id) ?? noneSuch(id);
  }

  async session({ state }: Head, id: string): Promise<Session> {
    const paths = { state: this.labelOf(id) };
    return await recall(this.memory, state, paths, id).session;
  }

  /** The session of a head, if this orc may change it. */
  async writable(head: Head, id: string): Promise<Session> {
    const session = await this.session(head, id);
    assertWritable(session, this.labelOf(id));
    return session;
  }

  /** Changes a session, or makes or removes it. */
  async change<Result>(
    id: string,
    act: Act<Result>,
    signal = this.context.signal,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const before = this.#turns.get(id) ?? Promise.resolve();
    let leave = (): void => {};
    const own = before.then(() => new Promise<void>((end) => leave = end));
    this.#turns.set(id, own);
    try {
      await unlessAborted<void>(signal, (end) => {
        before.then(() => end());
        return () => {};
      });
      return await this.#changeAlone(id, act, signal);
    } finally {
      before.then(() => leave());
      if (this.#turns.get(id) === own) this.#turns.delete(id);
    }
  }

  async #changeAlone<Result>(
    id: string,
    act: Act<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const { timeoutMs } = this.context;
    const patienceMs = typeof timeoutMs === "number"
      ? timeoutMs
      : await timeoutMs();
    const untilMs = performance.now() + patienceMs;
    let isUnsure = false;
    let failures = 0;
    for (let tries = 0;; tries++) {
      const found = await this.find(id, isUnsure);
      const outcome = await act(found, isUnsure);
      try {
        if (await this.#store(id, found, outcome)) return outcome.result;
      } catch (error) {
        // What was sent may arrive all the same: the next try finds out.
        isUnsure = true;
        failures += 1;
        await this.#recover(error, { failures, isUnsure, signal });
        continue;
      }
      if (performance.now() > untilMs) throw busy(this.labelOf(id));
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** tries, MAX_WAIT_MS);
      await pause(waitMs * Math.random(), signal);
    }
  }

  /** False if somebody else changed the session meanwhile. */
  async #store<Result>(
    id: string,
    found: FoundHead | undefined,
    outcome: Outcome<Result>,
  ): Promise<boolean> {
    const key = `${await this.#prefix("session")}${id}`;
    const { documents } = this;
    if ("isRemoved" in outcome) {
      return found === undefined ||
        await documents.delete(key, found.version);
    }
    if (outcome.head === undefined) return true;
    const head = await this.#withPage(id, outcome.head, found?.head);
    const stored = await documents.put(key, encodeHead(head), found?.version);
    return stored !== undefined;
  }

  /**
   * Moves a long end of the log into a document of its own: only lines that count already, since nothing ever
   * replaces it. Whoever does the same writes the same.
   */
  async #withPage(
    id: string,
    head: Head,
    before: Head | undefined,
  ): Promise<Head> {
    const isLater = before?.life === head.life && before.tail.length > 0 &&
      before.pagedBytes === head.pagedBytes;
    if (!isLater || !isTailFull(head)) return head;
    const pagedBytes = logBytesOf(before);
    const page = { startBytes: before.pagedBytes, endBytes: pagedBytes };
    const key = await this.partOf(id, head, nameOfPage(page));
    await this.documents.put(key, encodeLines(before.tail), undefined);
    return { ...head, pagedBytes, tail: head.tail.slice(before.tail.length) };
  }

  /** Asks for what may be asked again. */
  async ask<Result>(
    question: (documents: Documents) => Promise<Result>,
    isUnsure = false,
  ): Promise<Result> {
    const { signal } = this.context;
    for (let failures = 1;; failures++) {
      try {
        return await question(this.documents);
      } catch (error) {
        await this.#recover(error, { failures, isUnsure, signal });
      }
    }
  }

  async #recover(
    error: unknown,
    { failures, isUnsure, signal }: {
      readonly failures: number;
      readonly isUnsure: boolean;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    // What speaks of its own failures as orc does has tried enough, and knows why.
    if (isOrcError(error)) throw error;
    if (failures >= MAX_FAILURES) {
      throw unreachable(this.documents, isUnsure, error);
    }
    const ms = Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS);
    await pause(ms * (0.5 + Math.random() / 2), signal);
  }

  /** The key of what belongs to a session. */
  async partOf(id: string, { life }: Head, part: string): Promise<string> {
    return `${await this.#prefix("part")}${id}/${life}/${part}`;
  }

  /** The names of all that belongs to a session and begins so, in their order. */
  async partsOf(
    id: string,
    head: Head,
    beginning: string,
  ): Promise<readonly string[]> {
    const prefix = await this.partOf(id, head, "");
    const keys = await this.ask((all) => all.keys(`${prefix}${beginning}`));
    return keys.map((key) => key.slice(prefix.length)).sort();
  }

  async #prefix(kind: "session" | "part"): Promise<string> {
    return `${this.#repo ||= await this.#findRepo()}/${kind}/`;
  }

  logOf(id: string): PagedLog {
    return {
      label: `the log of ${this.labelOf(id)}`,
      page: (at) => this.#page(id, at),
      hear: async () => {
        const { documents } = this;
        if (documents.watch === undefined) return undefined;
        const key = `${await this.#prefix("session")}${id}`;
        return hearing((changed) => documents.watch?.(key, changed));
      },
    };
  }

  async #page(
    id: string,
    { place, limit = PAGE_LINES, isBackwards = false }: PagePlace,
  ): Promise<Page | undefined> {
    const found = await this.find(id);
    if (found === undefined) return undefined;
    const { head } = found;
    const lines: LogLine[] = [];
    let bytes = 0;
    const isWanted = ({ startBytes }: LogLine) =>
      isBackwards ? startBytes < place : startBytes >= place;
    for await (const some of this.#lines(id, head, { place, isBackwards })) {
      for (const line of some) {
        if (!isWanted(line)) continue;
        if (lines.length === limit || bytes >= PAGE_BYTES) break;
        lines.push(line);
        bytes += line.endBytes - line.startBytes;
      }
      if (lines.length === limit || bytes >= PAGE_BYTES) break;
    }
    return { lines, sizeBytes: logBytesOf(head) };
  }

  /** Lines of the pages in which what is wanted may be, and of the end of the log. */
  async *#lines(
    id: string,
    head: Head,
    { place, isBackwards }: Required<Omit<PagePlace, "limit">>,
  ): AsyncGenerator<readonly LogLine[]> {
    const tail = linesAt(head.pagedBytes, head.tail);
    if (isBackwards) {
      if (place > head.pagedBytes) yield tail.toReversed();
    } else if (place >= head.pagedBytes) return yield tail;
    const pages = pagesIn(await this.partsOf(id, head, LOG), head)
      .filter(({ startBytes, endBytes }) =>
        isBackwards ? startBytes < place : endBytes > place
      );
    for (const page of isBackwards ? pages.toReversed() : pages) {
      const key = await this.partOf(id, head, nameOfPage(page));
      const document = await this.ask((all) => all.get(key));
      const label = `the log of ${this.labelOf(id)}`;
      const lines = linesAt(
        page.startBytes,
        decodeLines(document?.text ?? "[]", label),
      );
      yield isBackwards ? lines.toReversed() : lines;
    }
    if (!isBackwards) yield tail;
  }

  /** Whether an event is in the log, behind a place. */
  async isLogged(
    id: string,
    head: Head,
    { place, eventId }: { readonly place: number; readonly eventId: string },
  ): Promise<boolean> {
    const from = { place, isBackwards: false };
    for await (const lines of this.#lines(id, head, from)) {
      const isThere = lines.some(({ startBytes, text }) =>
        startBytes >= place && decodeLogLine(text ?? "")?.id === eventId
      );
      if (isThere) return true;
    }
    return false;
  }
}

/** Begins the names of the pages of a log. */
export const LOG = "log/";

/** Lines of a log in a document of their own. */
export interface LogPage {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** Pages in the order of their names. */
export function nameOfPage({ startBytes, endBytes }: LogPage): string {
  return `${LOG}${String(startBytes).padStart(16, "0")}-${endBytes}`;
}

/** Of pages that begin at one place the longest: the others are of changes that somebody else came before. */
function pagesIn(names: readonly string[], head: Head): readonly LogPage[] {
  const longest = new Map<number, LogPage>();
  for (const name of names) {
    const [startBytes = 0, endBytes = 0] = name.slice(LOG.length).split("-")
      .map(Number);
    const isLonger = endBytes > (longest.get(startBytes)?.endBytes ?? 0);
    const isPart = endBytes <= head.pagedBytes;
    if (isPart && isLonger) longest.set(startBytes, { startBytes, endBytes });
  }
  return [...longest.values()].sort((one, other) =>
    one.startBytes - other.startBytes
  );
}

function noneSuch(id: string): never {
  throw noSuchSession(id);
}

function busy(label: string): Error {
  return conflict(
    "store_busy",
    `Waited in vain for ${label}: others change it again and again`,
    { hint: "try again" },
  );
}

function unreachable(
  { shown }: Documents,
  isUnsure: boolean,
  cause: unknown,
): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = isUnsure
    ? "it may be stored all the same: once it can be reached, look before you try again: orc status"
    : "nothing was changed here; try again once it can be reached";
  return external("store_unreachable", `Cannot reach ${shown}: ${reason}`, {
    ...{ cause, hint },
  });
}
