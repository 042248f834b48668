/** The bucket of the settings, and where in it the sessions of a repository lie. */
import { external } from "../base/error.ts";
import { readRemoteUrl } from "../files/git_remote.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { readRepositoryMeta, repoIdOf } from "../session/repository.ts";
import { addressOf } from "./address_rules.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import { findKeys } from "./keys.ts";

/** What the settings say of a bucket. */
export interface BucketSettings {
  readonly s3Url: string | null;
  readonly s3Region: string | null;
}

/** @throws {OrcError} `no_remote` (external), `remote_auth` or `secret_locked` (denied) */
export async function bucketOf(
  host: Host,
  repository: Repository,
  { s3Url, s3Region }: BucketSettings,
  signal: AbortSignal | undefined,
): Promise<Bucket> {
  if (s3Url === null) {
    throw external("no_remote", "No setting says where the bucket lies", {
      hint: "orc config set persist_s3_url https://HOST/BUCKET/PREFIX --global",
    });
  }
  const address = addressOf(s3Url);
  const keys = await findKeys(host, repository, address.url);
  return await openBucket(address, { keys, region: s3Region, signal });
}

/** What the keys of all sessions of a repository begin with: clones of one remote have it together. */
export async function sessionsKey(
  { address: { prefix, url } }: Bucket,
  { layout }: Repository,
): Promise<string> {
  const id = readRepositoryMeta(layout)?.repoId ??
    await repoIdOf(readRemoteUrl(layout.root));
  if (id !== undefined) return `${prefix}${id}/sessions/`;
  throw external(
    "no_remote",
    `Nobody can tell which sessions in "${url}" are of "${layout.root}": it has neither a git remote nor sessions`,
    {
      path: layout.root,
      hint: "name the remote that it is a clone of: git remote add origin URL",
    },
  );
}
