/** A bucket as a place for copies, one for each session. */
import { sha256Hex } from "../../base/checksum.ts";
import { denied, onRefusal, OrcError, orElse } from "../../base/error.ts";
import { isSessionId } from "../../base/ids.ts";
import { sessionLayoutAt } from "../../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../../base/limits.ts";
import { nameOf } from "../../base/path.ts";
import { epochMsOf } from "../../base/time.ts";
import { isThere } from "../../files/read.ts";
import type { Host } from "../../host/host.ts";
import { addressOf } from "../../objects/address_rules.ts";
import type { ListedKey } from "../../objects/answer_rules.ts";
import { atOnce, type Bucket } from "../../objects/bucket.ts";
import { assertConditions } from "../../objects/conditions.ts";
import { bucketOf, sessionsKey } from "../../objects/place.ts";
import { keepSeen, readSeen, type SeenObject } from "../../objects/seen.ts";
import type { Repository } from "../../repository/open.ts";
import type { Captured } from "../capture.ts";
import { gitOf } from "../git/git.ts";
import { LABEL } from "../label_rules.ts";
import type { PushEnd } from "../remote_rules.ts";
import type { PersistSettings } from "../settings.ts";
import {
  type Arrived,
  type Found,
  type Outgoing,
  ReadAhead,
  type Shelf,
  type StoredCopy,
} from "../shelf.ts";
import {
  type Head,
  headOf,
  isAfter,
  isLabel,
  MAX_UNNAMED_MS,
  putCopy,
  readCopy,
  readHead,
  removeAll,
  type Spot,
} from "./copy.ts";

const STATE = nameOf(sessionLayoutAt("").state);

const STALE: PushEnd = { kind: "stale", reason: "somebody else was faster" };

/** What was opened of a bucket. */
interface Opened {
  readonly bucket: Bucket;
  /** Begins all keys of the repository. */
  readonly top: string;
  /** What an earlier run saw. */
  readonly known: ReadonlyMap<string, SeenObject>;
}

/** The bucket of the settings. */
export class ObjectShelf implements Shelf {
  readonly remote: string;
  readonly branch = null;
  readonly keptHere = null;
  readonly isRemembered = false;
  readonly #host: Host;
  readonly #repository: Repository;
  readonly #settings: PersistSettings;
  readonly #signal: AbortSignal | undefined;
  readonly #directory: string;
  readonly #heads = new Map<string, Head>();
  readonly #ahead = new ReadAhead((ids) => this.#readSome(ids));
  #opened: Promise<Opened> | undefined;
  #isSeen = false;

  constructor(
    host: Host,
    repository: Repository,
    { settings, signal }: {
      readonly settings: PersistSettings;
      readonly signal: AbortSignal | undefined;
    },
  ) {
    const { s3Url } = settings;
    this.remote = s3Url === null ? "s3" : addressOf(s3Url).url;
    this.#host = host;
    this.#repository = repository;
    this.#settings = settings;
    this.#signal = signal;
    this.#directory = orElse(
      () => gitOf(host, repository.layout.root).directory,
      () => "",
    );
  }

  address(): Promise<string> {
    return Promise.resolve(this.remote);
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    await this.open();
    return new Map(
      [...this.#heads].flatMap(([id, { label }]): [string, number][] =>
        isLabel(label) ? [[id, label.sizeBytes]] : []
      ),
    );
  }

  keep(): Promise<void> {
    return Promise.resolve();
  }

  async open(): Promise<void> {
    if (!this.#isSeen) await this.look();
  }

  /** Of all sessions one list tells which changed; only those are read. */
  async look(ids?: readonly string[]): Promise<void> {
    const { bucket, top, known } = await this.#open();
    const etags = ids === undefined
      ? etagsIn(top, await bucket.list(top))
      : new Map(ids.map((id) => [id, undefined]));
    const before = ids === undefined ? known : this.#seen();
    if (ids === undefined) this.#heads.clear();
    await atOnce([...etags], async ([id, etag]) => {
      const head = headOf(id, before.get(id), etag) ??
        await readHead(await this.#spotOf(id), before.get(id));
      if (head === undefined) this.#heads.delete(id);
      else this.#heads.set(id, head);
    });
    this.#isSeen = true;
    await this.#keepSeen();
  }

  copies(): Promise<ReadonlyMap<string, Found>> {
    const copies = [...this.#heads].flatMap(([id, head]): [string, Found][] => {
      const { label } = head;
      const isElsewhere = isLabel(label) && label.directory !== this.#directory;
      if (label === null || isElsewhere) return [];
      return [[id, { label, read: () => this.#ahead.read(id) }]];
    });
    return Promise.resolve(new Map(copies));
  }

  expected(): Promise<(id: string) => string | undefined> {
    const etags = new Map([...this.#heads].map(([id, { etag }]) => [id, etag]));
    return Promise.resolve((id: string) => etags.get(id));
  }

  removed(): Promise<ReadonlySet<string>> {
    return Promise.resolve(this.#idsWhere(({ label }) => label === null));
  }

  own(): Promise<ReadonlySet<string>> {
    return Promise.resolve(this.#idsWhere(({ log }) => log !== null));
  }

  async hasState(id: string, bytes: Uint8Array): Promise<boolean> {
    const [only, ...others] = (this.#heads.get(id)?.objects ?? [])
      .filter(({ path }) => path === STATE);
    return only !== undefined && others.length === 0 &&
      only.sha256 === await sha256Hex(bytes);
  }

  async following(
    captured: readonly Captured[],
  ): Promise<ReadonlySet<string>> {
    const following = new Set<string>();
    for (const each of captured) {
      const { id } = each.session;
      const head = this.#heads.get(id);
      if (head !== undefined && await isAfter(each, head)) following.add(id);
    }
    return following;
  }

  willRead(ids: readonly string[]): void {
    this.#ahead.expect(ids);
  }

  async put(
    outgoing: readonly Outgoing[],
  ): Promise<ReadonlyMap<string, PushEnd>> {
    const { bucket } = await this.#open();
    const { layout } = this.#repository;
    const [host, signal] = [this.#host, this.#signal];
    const how = {
      ...{ form: await assertConditions(host, layout, bucket, signal), signal },
      directory: this.#directory,
      recipient: this.#settings.recipient,
    };
    const ends = new Map<string, PushEnd>();
    try {
      await atOnce(outgoing, async ({ id, captured }) => {
        const base = this.#heads.get(id);
        const spot = await this.#spotOf(id);
        const head = await putCopy(host, spot, { ...how, captured, base });
        ends.set(id, head === undefined ? STALE : { kind: "done" });
        if (head !== undefined) this.#heads.set(id, head);
      });
    } finally {
      await this.#keepSeen();
    }
    return ends;
  }

  async note(arrived: readonly Arrived[]): Promise<void> {
    for (const { label: { session: id }, log } of arrived) {
      const head = this.#heads.get(id);
      if (head !== undefined) this.#heads.set(id, { ...head, log });
    }
    await this.#keepSeen();
  }

  async forget(): Promise<void> {
    const { bucket, top } = await this.#open();
    const unnamed = new Map<string, string[]>();
    // Listed first: what is named since then is younger.
    for (const { key, at = "" } of await bucket.list(top)) {
      const { id, name } = partsOf(top, key);
      const nowMs = epochMsOf(this.#host.now()) ?? 0;
      const isOld = nowMs - (epochMsOf(at) ?? nowMs) > MAX_UNNAMED_MS;
      const isNamed = this.#heads.get(id)?.objects.some(({ key }) =>
        key === name
      ) ?? false;
      if (!isOld || isNamed || name === LABEL || !isSessionId(id)) continue;
      unnamed.set(id, [...unnamed.get(id) ?? [], name]);
    }
    await atOnce([...unnamed], async ([id, keys]) => {
      const spot = await this.#spotOf(id);
      const head = await readHead(spot);
      const isClear = head?.label === null || isLabel(head?.label);
      if (head === undefined || !isClear) return;
      const named = new Set(head.objects.map(({ key }) => key));
      await removeAll(spot, keys.filter((key) => !named.has(key)));
    });
  }

  refusal(reason: string): OrcError {
    return denied(
      "remote_refused",
      `"${this.remote}" does not take it: ${reason}`,
      { hint: "try again; see what is there: orc persist status" },
    );
  }

  #open(): Promise<Opened> {
    return this.#opened ??= (async () => {
      const repository = this.#repository;
      const bucket = await bucketOf(
        this.#host,
        repository,
        this.#settings,
        this.#signal,
      );
      const top = await sessionsKey(bucket, repository);
      const known = await readSeen(repository.layout, seenAs(bucket, top));
      return { bucket, top, known };
    })();
  }

  async #spotOf(id: string): Promise<Spot> {
    const { bucket, top } = await this.#open();
    return { id, bucket, top: `${top}${id}/` };
  }

  #idsWhere(is: (head: Head) => boolean): ReadonlySet<string> {
    return new Set(
      [...this.#heads].filter(([, head]) => is(head)).map(([id]) => id),
    );
  }

  /** What the next run need not read again. */
  #seen(): ReadonlyMap<string, SeenObject> {
    const decoder = new TextDecoder();
    return new Map(
      [...this.#heads].flatMap(([id, { etag, bytes, label, log }]) => {
        const isKept = !(label instanceof OrcError) &&
          bytes.length <= MAX_SMALL_FILE_BYTES;
        return isKept ? [[id, { etag, text: decoder.decode(bytes), log }]] : [];
      }),
    );
  }

  async #keepSeen(): Promise<void> {
    const { bucket, top, known } = await this.#open();
    const seen = this.#seen();
    const isSame = known.size === seen.size &&
      [...seen].every(([id, { text, log }]) => {
        const before = known.get(id);
        return before?.text === text && before.log?.sha256 === log?.sha256;
      });
    const { layout } = this.#repository;
    // A clone in which orc keeps nothing is left as it was found.
    if (isSame || !isThere(layout.sessions)) return;
    const token = this.#host.newToken();
    await keepSeen(layout, seenAs(bucket, top), { seen, token });
  }

  /** As many as fit into memory, at the same time. */
  async #readSome(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, StoredCopy | OrcError>> {
    const copies = new Map<string, StoredCopy | OrcError>();
    const chosen: string[] = [];
    let totalBytes = 0;
    for (const id of ids) {
      for (const { sizeBytes } of this.#heads.get(id)?.objects ?? []) {
        totalBytes += sizeBytes;
      }
      if (totalBytes > MAX_READ_BYTES && chosen.length > 0) break;
      chosen.push(id);
    }
    await atOnce(chosen, async (id) => {
      const head = this.#heads.get(id);
      if (head === undefined) return;
      const spot = await this.#spotOf(id);
      const copy = await readCopy(spot, head).catch(
        onRefusal((refusal) => refusal),
      );
      copies.set(id, copy);
    });
    return copies;
  }
}

/** So much is read at the same time, unless one copy is larger. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

/** What is seen below a prefix is one thing. */
function seenAs({ address: { bucketUrl } }: Bucket, top: string): string {
  return `${bucketUrl}/${top}`;
}

/** What a key is made of behind what begins all of them. */
function partsOf(top: string, key: string) {
  const [id = "", ...rest] = key.slice(top.length).split("/");
  return { id, name: rest.join("/") };
}

/** How a list tells what counts of each session from what was there before. */
function etagsIn(
  top: string,
  keys: readonly ListedKey[],
): ReadonlyMap<string, string | undefined> {
  return new Map(
    keys.flatMap(({ key, etag }) => {
      const { id, name } = partsOf(top, key);
      return name === LABEL && isSessionId(id) ? [[id, etag] as const] : [];
    }),
  );
}
