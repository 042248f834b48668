import { OrcError } from "../base/error.ts";
import type { KnownSecret } from "../base/mask.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import {
  environmentSecrets,
  legacySecret,
  searchSecrets,
  type SecretSearch,
  storedSecrets,
} from "./find.ts";

/** Every value that secrets have here, not only the one that counts: each could be printed. */
export async function allValues(
  host: Host,
  repository: Repository,
  names: readonly string[],
): Promise<readonly KnownSecret[]> {
  const search = searchSecrets(host, repository, false);
  const values: KnownSecret[] = [];
  for (const name of names) {
    for await (const stored of storedSecrets(search, name)) {
      // What cannot be opened here cannot be printed from here either.
      if (!("locked" in stored)) values.push(stored);
    }
    values.push(...environmentSecrets(search, name));
    values.push(...await openedLegacy(search, name));
  }
  return values;
}

async function openedLegacy(
  search: SecretSearch,
  name: string,
): Promise<readonly KnownSecret[]> {
  try {
    const legacy = await legacySecret(search, name);
    return legacy === undefined ? [] : [legacy];
  } catch (error) {
    if (error instanceof OrcError) return [];
    throw error;
  }
}
