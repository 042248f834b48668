import { denied, onRefusal } from "../base/error.ts";
import { type JsonValue, withFields } from "../base/json.ts";
import { type KnownSecret, type Masker, maskerOf } from "../base/mask.ts";
import { KEY_VARIABLES, variablesOf } from "../base/names.ts";
import type { Action } from "../engine/action.ts";
import {
  currentPhase,
  isDone,
  itemStateOf,
  phaseStateOf,
} from "../engine/state.ts";
import {
  type Host,
  rememberedMasker,
  rememberMasker,
  variableOf,
} from "../host/host.ts";
import { openRepository } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import type { CheckResult, Item } from "../workflow/types.ts";
import type { MaskedPlace } from "./find.ts";
import type { FoundSecret } from "../vault/find.ts";

/** A command opens its workflow once, and decrypts what it names once. */
const maskers = new WeakMap<MaskedPlace["workflow"], Promise<Masker>>();

/**
 * Makes what takes out of texts every value that the secrets of a workflow and of its
 * repository have, wherever it is stored, and those that were found elsewhere; has everything
 * masked that the host shows from then on.
 */
export async function sessionMasker(
  host: Host,
  place: MaskedPlace,
  found: readonly KnownSecret[] = [],
): Promise<Masker> {
  const known = found.length === 0 ? maskers.get(place.workflow) : undefined;
  const masker = known ?? knownValues(host, place)
    .then((values) => maskerOf([...values, ...found]));
  maskers.set(place.workflow, masker);
  rememberMasker(host, await masker);
  return await masker;
}

/** All values that can be known without asking a person or running a program. */
async function knownValues(
  host: Host,
  place: MaskedPlace,
): Promise<readonly KnownSecret[]> {
  const keys = KEY_VARIABLES.flatMap((name) => {
    const value = variableOf(host, name);
    return value ? [{ name, value }] : [];
  });
  const { allValues, knownSecretNames } = await import("./find.ts");
  const names = await knownSecretNames(host, place);
  return [...keys, ...await allValues(host, place.repository, names)];
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
 * Gets the secrets that an item names, from wherever they come; in a terminal a person is asked for
 * what is found nowhere.
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
  const found = await findAll(host, place, item);
  return {
    variables: Object.fromEntries(
      found.map(({ name, value }) => [name, value]),
    ),
    withheld: [...KEY_VARIABLES, ...known.flatMap(variablesOf)],
    masker: await sessionMasker(host, place, found),
  };
}

/**
 * Refuses to tell an agent the value of a secret, unless an open item of its phase names it: what
 * an agent reads stands in what it writes, and with whoever runs it.
 *
 * @throws {OrcError} `secret_for_human` (denied)
 */
export async function assertMayRead(
  host: Host,
  options: SessionOptions,
  name: string,
): Promise<void> {
  if (host.caller().agent === null) return;
  const opened = await openSession(host, options)
    .catch(onRefusal(() => undefined));
  const open = opened === undefined ? [] : openItems(opened);
  if (open.some(({ secrets }) => secrets.includes(name))) return;
  throw denied(
    "secret_for_human",
    `Secret "${name}" is not told to an agent: no open item of the phase names it`,
    {
      hint:
        `name it in the item that needs it, secrets: [${name}]; its check finds it in its environment`,
    },
  );
}

function openItems(
  { workflow, session: { state } }: OpenedSession,
): readonly Item[] {
  const phase = currentPhase(workflow, state);
  const progress = phaseStateOf(state, phase);
  return phase.items.filter(({ id }) => !isDone(itemStateOf(progress, id)));
}

async function findAll(
  host: Host,
  { repository }: MaskedPlace,
  item: Item,
): Promise<readonly FoundSecret[]> {
  const { findSecret, searchSecrets } = await import("../vault/find.ts");
  const search = searchSecrets(host, repository, true);
  const found: FoundSecret[] = [];
  for (const name of item.secrets) {
    const secret = await findSecret(search, name) ?? askPerson(host, name);
    if (secret === undefined) {
      throw denied(
        "secret_missing",
        `Cannot run the check of item "${item.id}": no secret "${name}"`,
        {
          hint: `orc secrets set ${name}`,
          details: { itemId: item.id, secret: name },
        },
      );
    }
    found.push(secret);
  }
  return found;
}

/** Asks for the value of a secret; undefined when nobody can be asked, or says nothing. */
function askPerson(host: Host, name: string): FoundSecret | undefined {
  if (!host.terminal.isInteractive) return undefined;
  const value = host.terminal.readHidden(`Value of ${name} (not shown): `);
  if (!value) return undefined;
  return { name, value, source: "prompt", where: null };
}

type Mask = (text: string) => string;

/** What of an action its caller says; ids stay, and what orc says itself. */
const SAID: {
  readonly [Type in Action["type"]]: readonly (keyof Extract<
    Action,
    { type: Type }
  >)[];
} = {
  start: ["task", "project", "constraints"],
  start_item: [],
  complete: ["notes", "evidence"],
  skip: ["reason"],
  approve_item: ["notes"],
  reject: ["reason"],
  reopen_item: ["reason"],
  reopen_phase: ["reason"],
  advance: [],
  approve_phase: [],
  finish: ["notes"],
  abandon: ["reason", "notes"],
  note: ["text"],
  restore: [],
  undo: ["reason"],
  grow: [],
  refuse_approval: [],
};

/** An action without the secrets in what its caller says, and in what its check found. */
export function maskAction(action: Action, mask: Mask): Action {
  const masked = maskMembers(action, SAID[action.type], mask);
  if (masked.type !== "complete" || masked.result === undefined) {
    return masked;
  }
  const { result, receipt } = masked;
  const command = receipt?.get("command");
  return {
    ...masked,
    result: maskResult(result, mask),
    ...receipt && typeof command === "string" && {
      receipt: withFields(receipt, { command: mask(command) }),
    },
  };
}

/** What of a check's result comes from the workflow or from a program. */
const FOUND = [
  "problem",
  "command",
  "originalCommand",
  "words",
  "stdout",
  "stderr",
];

export function maskResult(result: CheckResult, mask: Mask): CheckResult {
  return maskMembers(result, FOUND, mask);
}

function maskMembers<Data extends object>(
  data: Data,
  names: readonly string[],
  mask: Mask,
): Data {
  const masked = Object.entries(data).map(([name, value]) => [
    name,
    names.includes(name) ? maskValue(value, mask) : value,
  ]);
  return Object.fromEntries(masked);
}

function maskValue(value: JsonValue, mask: Mask): JsonValue {
  if (typeof value === "string") return mask(value);
  if (value instanceof Map) {
    return new Map(
      Array.from(value, ([key, member]) => [
        mask(key),
        maskValue(member, mask),
      ]),
    );
  }
  if (Array.isArray(value)) {
    return value.map((each: JsonValue) => maskValue(each, mask));
  }
  return value;
}

/**
 * Gets to know the secrets before an error is shown, which repeats what its caller said. Where
 * there is no session, those kept for the repository are known, and tokens by their shape.
 */
export async function maskFailure(
  host: Host,
  options: SessionOptions,
): Promise<void> {
  if (rememberedMasker(host) !== undefined) return;
  rememberMasker(host, maskerOf([]));
  try {
    const place = await openSession(host, options).catch(onRefusal(() => {
      const workflow = { secrets: [], phases: [] };
      return { repository: openRepository(host, options), workflow };
    }));
    await sessionMasker(host, { ...place, isLenient: true });
  } catch {
    // The error to show is the one that came first; this one may be the same.
    return;
  }
}
