import { OrcError } from "../base/error.ts";
import type { Masker } from "../base/mask.ts";
import { KEY_VARIABLES, variablesOf } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import type { Item } from "../workflow/types.ts";
import type { FoundSecret } from "./find.ts";
import type { MaskedPlace } from "./known_secrets.ts";
import { extendMasker, sessionMasker } from "./masker.ts";

/** What a check knows of all secrets: those its item names, and no others. */
export interface CheckSecrets {
  readonly variables: Readonly<Record<string, string>>;
  /** Variables of orc's own environment that hold other secrets. */
  readonly withheld: readonly string[];
  /** Takes all of them out of what the check prints. */
  readonly masker: Masker;
}

/**
 * Gets the secrets that an item names, from wherever they come; in a terminal
 * a person is asked for what is found nowhere.
 *
 * @throws {OrcError} denied `secret_missing` or `secret_locked`
 */
export async function secretsForCheck(
  host: Host,
  place: MaskedPlace,
  item: Item,
): Promise<CheckSecrets> {
  const { knownSecretNames } = await import("./known_secrets.ts");
  const known = await knownSecretNames(host, place);
  const withheld = [...KEY_VARIABLES, ...known.flatMap(variablesOf)];
  if (item.secrets.length === 0) {
    const masker = await sessionMasker(host, place);
    return { variables: {}, withheld, masker };
  }
  const found = await findAll(host, place, item);
  const variables = Object.fromEntries(
    found.map(({ name, value }) => [name, value]),
  );
  return {
    variables,
    withheld,
    masker: await extendMasker(host, place, found),
  };
}

async function findAll(
  host: Host,
  { repository }: MaskedPlace,
  item: Item,
): Promise<readonly FoundSecret[]> {
  const { findSecret, searchSecrets } = await import("./find.ts");
  const search = searchSecrets(host, repository, true);
  const found: FoundSecret[] = [];
  for (const name of item.secrets) {
    const secret = await findSecret(search, name) ?? askPerson(host, name);
    if (secret === undefined) throw missing(item.id, name);
    found.push(secret);
  }
  return found;
}

/** Asks for the value of a secret; undefined when nobody can be asked, or says nothing. */
function askPerson(host: Host, name: string): FoundSecret | undefined {
  if (!host.terminal.isInteractive) return undefined;
  const value = host.terminal.readHidden(`Value of ${name} (not shown): `);
  if (!value) return undefined;
  return { name, value, source: "prompt", place: null };
}

function missing(itemId: string, name: string): OrcError {
  return new OrcError(
    "denied",
    "secret_missing",
    `Cannot run the check of item "${itemId}": no secret "${name}"`,
    {
      hint: `orc secrets set ${name}`,
      details: { item: itemId, secret: name },
    },
  );
}
