/** Where a bucket lies: host, bucket and prefix in one URL, as the setting `persist_s3_url` has it. */

export interface Address {
  /** As it is shown; without anything that lets anybody in. */
  readonly url: string;
  /** Where requests for a bucket go. */
  readonly bucketUrl: string;
  /** Begins each key; empty, or with a `/` at its end. */
  readonly prefix: string;
}

/** The parts of a URL that the setting took: it holds no credentials. */
export function addressOf(text: string): Address {
  const { origin, pathname } = new URL(text);
  const [bucket = "", ...rest] = pathname.split("/").filter(Boolean);
  const bucketUrl = `${origin}/${bucket}`;
  const prefix = rest.map((part) => `${part}/`).join("");
  return {
    url: [bucketUrl, ...rest].join("/"),
    bucketUrl,
    prefix,
  };
}
