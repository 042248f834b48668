/** What a server of objects answers: what became of a request, and what a list of keys says. */

/** How a request ended. */
export type Ending =
  | { readonly kind: "done" }
  /** There is nothing under the key. */
  | { readonly kind: "absent" }
  /** The condition did not hold: somebody else was faster. */
  | { readonly kind: "lost" }
  /** Nobody knows whether it was done: what is there has to be looked at. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** The keys are not let in. */
  | { readonly kind: "locked"; readonly reason: string }
  | { readonly kind: "no_bucket"; readonly reason: string }
  /** The server does not know what it is asked for: a condition. */
  | { readonly kind: "unsupported"; readonly reason: string }
  /** The server does not do it, however often it is asked. */
  | { readonly kind: "refused"; readonly reason: string };

/** What the server says of keys that it does not know, and not of what they may do. */
const ABOUT_KEYS: ReadonlySet<string> = new Set([
  "",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "MissingSecurityHeader",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
]);

/** Statuses that say nothing of whether a request was done: S3 answers 409 where two came at once. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429]);

export function endingOf(status: number, code: string): Ending {
  const reason = code === "" ? `status ${status}` : `${code} (${status})`;
  if (status >= 200 && status < 300) return { kind: "done" };
  if (code === "NoSuchBucket") return { kind: "no_bucket", reason };
  if (status === 404) return { kind: "absent" };
  if (status === 412) return { kind: "lost" };
  if (code === "NotImplemented" || status === 501) {
    return { kind: "unsupported", reason };
  }
  if (status >= 500 || PASSING.has(status)) return { kind: "unknown", reason };
  const isLocked = status === 401 ||
    (status === 403 || status === 400) && code !== "" && ABOUT_KEYS.has(code) ||
    status === 403 && code === "";
  return { kind: isLocked ? "locked" : "refused", reason };
}

/**
 * The code in the error document of a server; empty without one. Nothing else of it is ever shown: it
 * may repeat what a request was signed with.
 */
export function errorCode(body: string): string {
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(body)?.[1] ?? "";
}

/** One page of a list of keys. */
export interface KeyPage {
  readonly keys: readonly ListedKey[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

export interface ListedKey {
  readonly key: string;
  /** When it was written; undefined where the server does not say so. */
  readonly at: string | undefined;
  /** Changes whenever something else is put there; undefined where the server does not say so. */
  readonly etag: string | undefined;
}

/** Reads one page of a list; undefined for what is none. */
export function parseKeyPage(body: string): KeyPage | undefined {
  const isWhole = body.includes("<ListBucketResult") &&
    body.trimEnd().endsWith("</ListBucketResult>");
  if (!isWhole) return undefined;
  const isCut = textIn(body, "IsTruncated") === "true";
  const next = textIn(body, "NextContinuationToken");
  if (isCut && !next) return undefined;
  return {
    keys: blocksIn(body, "Contents").flatMap((block) => {
      const key = textIn(block, "Key");
      return key === undefined ? [] : [{
        key,
        at: textIn(block, "LastModified"),
        etag: textIn(block, "ETag"),
      }];
    }),
    next: isCut ? next : undefined,
  };
}

function blocksIn(text: string, name: string): readonly string[] {
  const blocks: string[] = [];
  for (const part of text.split(`<${name}>`).slice(1)) {
    const end = part.indexOf(`</${name}>`);
    if (end >= 0) blocks.push(part.slice(0, end));
  }
  return blocks;
}

function textIn(text: string, name: string): string | undefined {
  const [before, rest] = text.split(`<${name}>`, 2);
  const end = before === undefined ? -1 : rest?.indexOf(`</${name}>`) ?? -1;
  return end < 0 ? undefined : unescapeXml(rest?.slice(0, end) ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function unescapeXml(text: string): string {
  return text.replaceAll(/&(\w{2,4});/g, (all, name) => ENTITIES[name] ?? all);
}
