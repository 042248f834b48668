/** Signed approvals: made when a human says yes, and verified again by whoever asks what a session is worth. */
import { denied, isOrcError, type OrcError, refused } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { uncapitalised } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { approvedItems } from "../engine/approval.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isSigned } from "../engine/situation.ts";
import { isPhaseApproved } from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { eachEventBackwards } from "../session/kept/each.ts";
import { definitionHash } from "../workflow/sizes.ts";
import type { Event } from "../workflow/types.ts";
import { type Approvers, readApprovers } from "./approvers.ts";
import type { TrustFinding } from "./finding_rules.ts";
import {
  findSigner,
  judgeSignature,
  signByAgent,
  signBySetting,
} from "./ssh_keygen.ts";
import {
  encodeSignature,
  NAMESPACE,
  type Occasion,
  type Signature,
  signatureIn,
  statementOf,
} from "./statement_rules.ts";

/** A signature, and what it was put under. */
export interface SignedActs {
  /** What the events of the acts are to keep. */
  readonly signature: JsonObject;
  /** Whether these events are the acts that were signed. */
  readonly covers: (events: readonly Event[]) => boolean;
}

/**
 * Has a human's acts signed, and verifies that an approver did. `events` are what the acts will lead to.
 *
 * @throws {OrcError} `approvers_missing` (refused), `signing_failed` (external), or `signature_invalid`
 *   (denied) if the key is no approver's
 */
export async function signActs(
  host: Host,
  opened: OpenedSession,
  request: string,
  events: readonly Event[],
): Promise<SignedActs> {
  const { repository, session } = opened;
  const approvers = await readApprovers(host, opened);
  const occasion: Occasion = {
    session: session.id,
    definition: await definitionHash(session.state.definition),
    after: session.chain?.head ?? null,
    at: host.now(),
  };
  const statement = statementOf(occasion, events);
  const asked = { text: statement, namespace: NAMESPACE };
  const { text: signers } = approvers;
  const text = await signBySetting(host, repository, "approval_key", asked) ??
    await signByAgent(host, repository, signers, asked);
  const { after, at } = occasion;
  const judged = await judgeSignature(host, repository, asked, {
    signature: text,
    signers,
    at,
  });
  if ("problem" in judged) throw notAnApprover(request, judged.problem);
  const { principal } = judged;
  const signature = { after, at, approvers: approvers.commit, principal, text };
  return {
    signature: encodeSignature(signature),
    covers: (now) => statementOf(occasion, now) === statement,
  };
}

/**
 * Refuses what will not be signed before a human is asked for it, as far as that can be told without their
 * key: nobody types, or touches a key, for nothing.
 *
 * @throws {OrcError} as {@linkcode signActs}
 */
export async function assertCanSign(
  host: Host,
  opened: OpenedSession,
  request: string,
): Promise<void> {
  const { text } = await readApprovers(host, opened);
  const { repository } = opened;
  const by = await findSigner(host, repository, "approval_key", text);
  if (by.isApprover) return;
  throw notAnApprover(request, `"${by.key}" is none of theirs`);
}

function notAnApprover(request: string, because: string): OrcError {
  return denied(
    "signature_invalid",
    `Cannot ${request}: the key that signs is not that of an approver: ${because}`,
    "name the key of an approver: orc config set --global approval_key ~/.ssh/KEY",
  );
}

/** Why an approval, or what was forced, does not count in a workflow with signed approvals. */
export interface UnsignedAct extends TrustFinding {
  readonly code: "approval_unsigned" | "signature_invalid";
}

/**
 * Verifies all signatures of a session again, against the approvers in the base branch and the statements
 * that its events make. None in a workflow that asks for no signatures.
 */
export async function unsignedActs(
  host: Host,
  opened: OpenedSession,
): Promise<readonly UnsignedAct[]> {
  const { workflow, session } = opened;
  if (!isSigned(workflow)) return [];
  const found: UnsignedAct[] = [];
  const updates = await humanUpdates(opened);
  const sound = new Set<HumanUpdate>();
  const approvers = updates.some(({ signature }) => signature !== undefined)
    ? await approversOrWhyNot(host, opened)
    : "";
  const texts = new Set<string>();
  // The oldest first: a signature that is used again counts once.
  for (const update of updates.toReversed()) {
    const problem = await problemOf(host, opened, update, approvers) ??
      (texts.has(update.signature?.text ?? "")
        ? "the same signature stands under another update"
        : undefined);
    texts.add(update.signature?.text ?? "");
    if (problem === undefined) sound.add(update);
    else found.push(unsound(update, problem));
  }
  const { state } = session;
  const lastAbout = (isIt: (event: RecordedEvent) => boolean) =>
    updates.find(({ events }) => events.some(isIt));
  for (const { item } of approvedItems(workflow, state)) {
    const last = lastAbout(({ itemId, details }) =>
      itemId === item.id && details.get("approved") === true
    );
    if (last !== undefined) continue;
    const message = `Item "${item.id}" is approved, and nobody signed that`;
    found.push(unsigned(message, item.id));
  }
  for (const { id } of workflow.phases) {
    if (!isPhaseApproved(state, id)) continue;
    const last = lastAbout(({ phaseId, type, details }) =>
      phaseId === id && type === "human_override" && !details.has("reopened")
    );
    if (last !== undefined) continue;
    found.push(unsigned(`Phase "${id}" is approved, and nobody signed that`));
  }
  return found;
}

/** Without approvers no signature counts, and all else can be told. */
async function approversOrWhyNot(
  host: Host,
  opened: OpenedSession,
): Promise<Approvers | string> {
  try {
    return await readApprovers(host, opened);
  } catch (error) {
    if (!isOrcError(error, "approvers_missing")) throw error;
    return uncapitalised(error.message);
  }
}

function unsigned(message: string, itemId: string | null = null): UnsignedAct {
  return { code: "approval_unsigned", message, serial: null, itemId };
}

/** The acts of a human in one update. */
interface HumanUpdate {
  readonly serial: number;
  /** In their order. */
  readonly events: readonly RecordedEvent[];
  readonly signature: Signature | undefined;
  /** When the update was made after which it was signed; undefined where that does not stand before it. */
  readonly afterMs: number | undefined;
}

function unsound(
  { serial, events, signature }: HumanUpdate,
  problem: string,
): UnsignedAct {
  const [first] = events;
  return {
    code: signature === undefined ? "approval_unsigned" : "signature_invalid",
    message: `Update ${serial}, "${first?.message ?? ""}", ${
      signature === undefined
        ? problem
        : `is not signed as it stands: ${problem}`
    }`,
    serial,
    itemId: first?.itemId ?? null,
  };
}

async function problemOf(
  host: Host,
  { repository, session }: OpenedSession,
  { events, signature, afterMs }: HumanUpdate,
  approvers: Approvers | string,
): Promise<string | undefined> {
  if (signature === undefined) return "was signed by nobody";
  if (typeof approvers === "string") return approvers;
  const { after, at } = signature;
  const definition = await definitionHash(session.state.definition);
  const occasion = { session: session.id, definition, after, at };
  const statement = {
    text: statementOf(occasion, events),
    namespace: NAMESPACE,
  };
  const judged = await judgeSignature(host, repository, statement, {
    signature: signature.text,
    signers: approvers.text,
    at,
  });
  if ("problem" in judged) return judged.problem;
  if (judged.principal !== signature.principal) {
    return `it is by "${judged.principal}", and the log says "${signature.principal}"`;
  }
  if (afterMs === undefined) return "what came before it was another history";
  const signedMs = epochMsOf(at) ?? Infinity;
  if (signedMs + CLOCK_SLIP_MS < afterMs) {
    return "it says that it is older than what came before it";
  }
  const madeMs = epochMsOf(events[0]?.at ?? "") ?? 0;
  return madeMs < signedMs || madeMs > signedMs + MAX_DELAY_MS
    ? "it says that it was made at another time"
    : undefined;
}

/** What a clock may go back by between two updates. */
const CLOCK_SLIP_MS = 60_000;

/** A signature is used at once, or when the lock is free: none is kept for later. */
const MAX_DELAY_MS = 3_600_000;

/** What humans stand for besides a no, the newest update first. */
async function humanUpdates(
  opened: OpenedSession,
): Promise<readonly HumanUpdate[]> {
  const updates: RecordedEvent[][] = [];
  const chains = new Map<string, RecordedEvent>();
  let firstChained = Infinity;
  for await (const event of eachEventBackwards(opened)) {
    const { serial, link, actor } = event;
    if (link !== undefined) {
      if (!chains.has(link.chain)) chains.set(link.chain, event);
      firstChained = Math.min(firstChained, serial);
    }
    if (actor !== "human" || isNo(event)) continue;
    const last = updates.at(-1);
    if (last?.[0]?.serial === serial) last.unshift(event);
    else updates.push([event]);
  }
  return updates.map((events) => {
    const serial = events[0]?.serial ?? 0;
    const signatures = events.map(signatureIn);
    const [signature] = signatures;
    const isOne = signatures.every((one) => one?.text === signature?.text);
    const { after = null } = signature ?? {};
    const before = after === null ? undefined : chains.get(after);
    const isFirst = after === null && firstChained >= serial;
    return {
      serial,
      events,
      signature: isOne ? signature : undefined,
      afterMs: isFirst
        ? 0
        : before && before.serial < serial
        ? epochMsOf(before.at)
        : undefined,
    };
  });
}

/** A human's no needs no signature: it lets nothing pass. */
function isNo({ details }: RecordedEvent): boolean {
  return details.get("rejected") === true || details.has("reopened");
}

/**
 * Refuses to finish on approvals that nobody signed.
 *
 * @throws {OrcError} `approval_unsigned` or `signature_invalid` (refused)
 */
export async function assertSigned(
  host: Host,
  opened: OpenedSession,
): Promise<void> {
  const [first] = await unsignedActs(host, opened);
  if (first === undefined) return;
  throw refused(
    first.code,
    `Cannot finish the session: ${first.message}`,
    "see all of it: orc verify; an approver gives the yes again after: orc reopen ITEM",
  );
}
