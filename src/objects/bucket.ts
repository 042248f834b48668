/**
 * A bucket of a server that speaks S3. What it answers is read with limits, nothing of it but its codes
 * is shown, and no redirect is followed: a request that is signed goes where the user said.
 */
import type { AwsClient } from "aws4fetch";
import { sha256Hex } from "../base/checksum.ts";
import { denied, external, type OrcError } from "../base/error.ts";
import { joinedBytes } from "../files/write.ts";
import type { Address } from "./address_rules.ts";
import {
  type Ending,
  endingOf,
  errorCode,
  type KeyPage,
  type ListedKey,
  parseKeyPage,
} from "./answer_rules.ts";

/** What requests are signed with. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** What lies under a key. */
export interface Stored {
  readonly bytes: Uint8Array;
  /** As the server says it; changes whenever something else is put there. */
  readonly etag: string;
}

/** Under which condition something is put under a key: that nothing is there, or still this. The ETag is sent as it is given. */
export type Condition = { readonly etag: string } | "absent";

export interface Bucket {
  readonly address: Address;
  /** What lies under a key, cut behind the limit; undefined where nothing does. */
  read(key: string, limitBytes: number): Promise<Stored | undefined>;
  /** Tries once to put something under a key. What cannot be answered otherwise is thrown. */
  put(key: string, bytes: Uint8Array, when: Condition): Promise<Put>;
  /** Puts something under a key that nobody else has. */
  add(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** All keys that begin alike. */
  list(prefix: string): Promise<readonly ListedKey[]>;
}

/** What became of something that was put under a key. */
export type Put =
  /** The ETag is empty where the server does not say it. */
  | { readonly kind: "done"; readonly etag: string }
  | Extract<Ending, { kind: "lost" | "unknown" }>;

/** One request takes no longer; a server that is alive answers within seconds. */
const REQUEST_TIMEOUT_MS = 20_000;

/** As often as this it is asked again where nobody knows whether it was done. */
export const MAX_TRIES = 6;

const PAUSE_MS = 150;

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** A million objects: more are no list of copies. */
const MAX_PAGES = 1000;

/** Waits before something is tried again, each time longer, and not all at the same time. */
export async function pauseBefore(
  tries: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ms = PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random());
  await new Promise((resolve) => setTimeout(resolve, ms));
  signal?.throwIfAborted();
}

interface Request {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly url: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limitBytes: number;
}

interface Answered extends Stored {
  readonly ending: Ending;
}

/** Opens a bucket. Asks nobody yet. */
export async function openBucket(
  address: Address,
  { keys, region, signal }: {
    readonly keys: Keys;
    /** Null to tell it by the host. */
    readonly region: string | null;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Bucket> {
  const { AwsClient } = await import("aws4fetch");
  const client = new AwsClient({
    ...keys,
    service: "s3",
    region: region ?? undefined,
    // It must be known of each request whether it was done.
    retries: 0,
  });
  const ask = (request: Request) => answerTo(client, request, address, signal);
  const urlOf = (key: string) => `${address.bucketUrl}/${key}`;

  /** For what may be asked again without harm. */
  async function insist(request: Request): Promise<Answered> {
    for (let tries = 1;; tries++) {
      const answer = await ask(request);
      const { ending } = answer;
      if (ending.kind !== "unknown") return answer;
      if (tries >= MAX_TRIES) throw unreachable(address, ending.reason);
      await pauseBefore(tries, signal);
    }
  }

  async function put(key: string, body: Uint8Array, when: Condition) {
    const headers: Record<string, string> = when === "absent"
      ? { "if-none-match": "*" }
      : { "if-match": when.etag };
    const { ending, etag } = await ask({
      ...{ method: "PUT", url: urlOf(key), body, headers },
      limitBytes: MAX_ERROR_BYTES,
    });
    // What is gone is not what the condition names.
    return ending.kind === "absent"
      ? { kind: "lost" } as const
      : settled(address, ending, etag);
  }

  return {
    address,
    put,
    async read(key, limitBytes) {
      const url = urlOf(key);
      const answer = await insist({ method: "GET", url, limitBytes });
      const { bytes, etag, ending } = answer;
      if (ending.kind === "absent") return undefined;
      settled(address, ending);
      return { bytes, etag };
    },
    async add(key, bytes) {
      for (let tries = 1;; tries++) {
        const end = await put(key, bytes, "absent");
        // Nobody else knows the key: what is there came by an earlier try.
        if (end.kind === "done" || end.kind === "lost" && tries > 1) return;
        if (end.kind === "lost") {
          throw unreachable(address, "it holds what nobody put there");
        }
        if (tries >= MAX_TRIES) throw unreachable(address, end.reason);
        await pauseBefore(tries, signal);
      }
    },
    async remove(key) {
      const { ending } = await insist({
        ...{ method: "DELETE", url: urlOf(key), limitBytes: MAX_ERROR_BYTES },
      });
      if (ending.kind !== "absent") settled(address, ending);
    },
    async list(prefix) {
      const keys: ListedKey[] = [];
      let from: string | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const query = new URLSearchParams({
          "list-type": "2",
          prefix,
          ...from === undefined ? {} : { "continuation-token": from },
        });
        const url = `${address.bucketUrl}?${query}`;
        const limitBytes = MAX_PAGE_BYTES;
        const answer = await insist({ method: "GET", url, limitBytes });
        if (answer.ending.kind === "absent") throw noBucket(address, "404");
        settled(address, answer.ending);
        const page: KeyPage | undefined = parseKeyPage(
          new TextDecoder().decode(answer.bytes),
        );
        if (page === undefined) {
          throw unreachable(address, "its list of keys is none");
        }
        keys.push(...page.keys.filter(({ key }) => key.startsWith(prefix)));
        if (page.next === undefined) return keys;
        if (page.next === from) break;
        from = page.next;
      }
      throw unreachable(address, "its list of keys does not end");
    },
  };
}

/** So many requests are under way at the same time. */
const AT_ONCE = 8;

/** Does the same with many, some at the same time. */
export async function atOnce<Each>(
  all: readonly Each[],
  act: (each: Each) => Promise<void>,
): Promise<void> {
  const left = [...all];
  const lane = async () => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) {
      await act(each);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** How a server wants the ETag that it is to compare. */
export type EtagForm = "quoted" | "bare";

export function inForm(etag: string, form: EtagForm): string {
  const bare = etag.replace(/^"(.*)"$/, "$1");
  return form === "bare" ? bare : `"${bare}"`;
}

async function answerTo(
  client: AwsClient,
  request: Request,
  address: Address,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const { method, url, body, headers = {}, limitBytes } = request;
  signal?.throwIfAborted();
  const timely = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    const response = await client.fetch(url, {
      method,
      body: body === undefined ? undefined : new Uint8Array(body),
      headers: {
        ...headers,
        // Signed along, so that the server notices what was changed on the way.
        "x-amz-content-sha256": await sha256Hex(body ?? new Uint8Array()),
      },
      redirect: "manual",
      signal: signal === undefined ? timely : AbortSignal.any([signal, timely]),
    });
    const { status } = response;
    const isDone = status >= 200 && status < 300;
    const limit = isDone ? limitBytes : MAX_ERROR_BYTES;
    const bytes = await bytesOf(response, limit);
    const code = isDone ? "" : errorCode(new TextDecoder().decode(bytes));
    const etag = response.headers.get("etag") ?? "";
    return { ending: endingOf(status, code), bytes, etag };
  } catch (error) {
    // Who ends it from outside means all of it.
    signal?.throwIfAborted();
    const { name } = error instanceof Error ? error : { name: "" };
    if (name === "NotCapable" || name === "PermissionDenied") {
      throw notAllowed(address, error);
    }
    const reason = name === "TimeoutError"
      ? `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`
      : "the connection failed";
    const ending: Ending = { kind: "unknown", reason };
    return { ending, bytes: new Uint8Array(), etag: "" };
  }
}

/** What a response holds, up to one byte behind the limit. */
async function bytesOf(
  response: Response,
  limitBytes: number,
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    if (length <= limitBytes) continue;
    await reader.cancel();
    break;
  }
  return joinedBytes(pieces).subarray(0, limitBytes + 1);
}

/** Throws what nobody but a human can mend. */
function settled(address: Address, ending: Ending, etag = ""): Put {
  switch (ending.kind) {
    case "done":
      return { ...ending, etag };
    case "locked":
      throw denied(
        "remote_auth",
        `"${address.url}" does not let orc in: ${ending.reason}`,
        {
          hint:
            "see which keys are taken: orc secrets source AWS_SECRET_ACCESS_KEY; and whether the clock is right",
        },
      );
    case "no_bucket":
      throw noBucket(address, ending.reason);
    case "unsupported":
      throw noConditions(address, `it knows none: ${ending.reason}`);
    case "refused":
      throw refusedAt(address, ending.reason);
    case "absent":
      throw refusedAt(address, "status 404");
    default:
      return ending;
  }
}

function refusedAt({ url }: Address, reason: string): OrcError {
  return denied("remote_refused", `"${url}" refuses it: ${reason}`, {
    hint:
      "let the keys list, read, write and remove there; and see persist_s3_region",
  });
}

/** Where whoever writes last wins, sessions are lost. */
export function noConditions({ url }: Address, reason: string): OrcError {
  return external(
    "no_conditional_writes",
    `"${url}" would lose sessions, since it keeps to no condition: ${reason}`,
    {
      hint:
        "take a server that keeps to If-None-Match and If-Match; orc persist probe says whether one does",
    },
  );
}

function noBucket({ url }: Address, reason: string): OrcError {
  return external("no_remote", `There is no bucket at "${url}": ${reason}`, {
    hint: "see where it is to lie: orc config get persist_s3_url",
  });
}

export function unreachable(
  { url }: Pick<Address, "url">,
  reason: string,
): OrcError {
  return external("remote_unreachable", `Cannot reach "${url}": ${reason}`, {
    hint: "try again later; what is here is not changed",
  });
}

function notAllowed({ bucketUrl, url }: Address, cause: unknown): OrcError {
  const flag = `--allow-net=${new URL(bucketUrl).host}`;
  return denied(
    "permission_missing",
    `Cannot reach "${url}" without the permission ${flag}`,
    { hint: `run it again with ${flag}`, cause, details: { flag } },
  );
}
