import { denied, type OrcError } from "../base/error.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { type KnownSecret, type Masker, maskerOf } from "../base/mask.ts";
import { KEY_VARIABLES, variablesOf } from "../base/names.ts";
import { type Host, rememberMasker } from "../host/host.ts";
import type { Action, CheckResult, Item } from "../workflow/types.ts";
import type { FoundSecret, MaskedPlace } from "./find.ts";

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
  const { knownSecretNames } = await import("./find.ts");
  const names = await knownSecretNames(host, place);
  if (names.length === 0) return known;
  const { allValues } = await import("./find.ts");
  return [...known, ...await allValues(host, place.repository, names)];
}

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
  const { knownSecretNames } = await import("./find.ts");
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
  return denied(
    "secret_missing",
    `Cannot run the check of item "${itemId}": no secret "${name}"`,
    {
      hint: `orc secrets set ${name}`,
      details: { item: itemId, secret: name },
    },
  );
}

/** Replaces the secrets in a text. */
type Mask = (text: string) => string;

/** An action without the secrets in what its caller says; names and ids stay. */
export function maskAction(action: Action, mask: Mask): Action {
  switch (action.type) {
    case "start":
      return {
        ...action,
        task: mask(action.task),
        project: orNull(action.project, mask),
        constraints: action.constraints.map(mask),
      };
    case "complete":
      return {
        ...action,
        notes: orNull(action.notes, mask),
        evidence: action.evidence && maskObject(action.evidence, mask),
        result: action.result && maskResult(action.result, mask),
      };
    case "skip":
      return { ...action, reason: mask(action.reason) };
    case "approve_item":
    case "finish":
      return { ...action, notes: orNull(action.notes, mask) };
    case "abandon":
      return {
        ...action,
        reason: mask(action.reason),
        notes: orNull(action.notes, mask),
      };
    case "note":
      return { ...action, text: mask(action.text) };
    case "start_item":
    case "advance":
    case "approve_phase":
    case "restore":
    case "refuse_approval":
      return action;
  }
}

/** What a check found, without the secrets in it. */
export function maskResult(result: CheckResult, mask: Mask): CheckResult {
  const problem = orNull(result.problem, mask);
  if (result.type === "file_exists") return { ...result, problem };
  return {
    ...result,
    problem,
    command: mask(result.command),
    originalCommand: mask(result.originalCommand),
    words: result.words.map(mask),
    stdout: mask(result.stdout),
    stderr: mask(result.stderr),
  };
}

/** An object without the secrets in its keys and texts. */
function maskObject(object: JsonObject, mask: Mask): JsonObject {
  return new Map(
    Array.from(object, ([key, value]) => [mask(key), maskValue(value, mask)]),
  );
}

function maskValue(value: JsonValue, mask: Mask): JsonValue {
  if (typeof value === "string") return mask(value);
  if (value instanceof Map) return maskObject(value, mask);
  if (Array.isArray(value)) {
    return value.map((each: JsonValue) => maskValue(each, mask));
  }
  return value;
}

function orNull(text: string | null, mask: Mask): string | null {
  return text === null ? null : mask(text);
}
