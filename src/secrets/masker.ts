import { type KnownSecret, type Masker, maskerOf } from "../base/mask.ts";
import { KEY_VARIABLES } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import { rememberMasker } from "../host/shown_masker.ts";
import type { MaskedPlace } from "./known_secrets.ts";

/** A command opens its workflow once, and decrypts what it names once. */
const maskers = new WeakMap<MaskedPlace["workflow"], Promise<Masker>>();

/**
 * Makes what takes out of texts every value that the secrets of a workflow
 * and of its repository have, wherever it is stored, and has everything masked that the host shows
 * from then on.
 */
export async function sessionMasker(
  host: Host,
  place: MaskedPlace,
): Promise<Masker> {
  const masker = maskers.get(place.workflow) ??
    knownValues(host, place).then(maskerOf);
  maskers.set(place.workflow, masker);
  rememberMasker(host, await masker);
  return await masker;
}

/** As {@linkcode sessionMasker}, with values that were found elsewhere. */
export async function extendMasker(
  host: Host,
  place: MaskedPlace,
  found: readonly KnownSecret[],
): Promise<Masker> {
  const known = await knownValues(host, place);
  const masker = maskerOf([...known, ...found]);
  maskers.set(place.workflow, Promise.resolve(masker));
  rememberMasker(host, masker);
  return masker;
}

/** All values that can be known without asking a person or running a program. */
async function knownValues(
  host: Host,
  place: MaskedPlace,
): Promise<readonly KnownSecret[]> {
  const known: KnownSecret[] = KEY_VARIABLES.flatMap((name) => {
    const value = host.env(name);
    return value ? [{ name, value }] : [];
  });
  const { knownSecretNames } = await import("./known_secrets.ts");
  const names = await knownSecretNames(host, place);
  if (names.length === 0) return known;
  const { allValues } = await import("./all_secrets.ts");
  return [...known, ...await allValues(host, place.repository, names)];
}
