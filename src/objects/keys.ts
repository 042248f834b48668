/** The keys that let orc into a bucket: secrets, or variables that programs for S3 know. */
import { denied, type OrcError } from "../base/error.ts";
import type { KnownSecret } from "../base/mask.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { allValues } from "../secrets/find.ts";
import { findBeside, findSecret, searchSecrets } from "../vault/find.ts";
import type { Keys } from "./bucket.ts";

const ID = "AWS_ACCESS_KEY_ID";
const SECRET = "AWS_SECRET_ACCESS_KEY";
const TOKEN = "AWS_SESSION_TOKEN";

/** @throws {OrcError} `remote_auth` or `secret_locked` (denied) */
export async function findKeys(
  host: Host,
  repository: Repository,
  url: string,
): Promise<Keys> {
  const search = searchSecrets(host, repository, false);
  const id = await findSecret(search, ID);
  if (id === undefined) throw noKey(url, ID);
  const secret = await findSecret(search, SECRET);
  if (secret === undefined) throw noKey(url, SECRET);
  return {
    accessKeyId: id.value,
    secretAccessKey: secret.value,
    sessionToken: (await findBeside(search, TOKEN, secret))?.value,
  };
}

/** What must never stand in anything that leaves. */
export function keyValues(
  host: Host,
  repository: Repository,
): Promise<readonly KnownSecret[]> {
  return allValues(host, repository, [SECRET, TOKEN]);
}

function noKey(url: string, name: string): OrcError {
  return denied("remote_auth", `No key for "${url}": no secret "${name}"`, {
    hint: `orc secrets set ${name} --global, or set the variable`,
  });
}
