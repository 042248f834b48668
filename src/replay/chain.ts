/**
 * How events are tied together: each carries the SHA-256 of the one before it, of what other tools
 * wrote to the log meanwhile, and of its own line. Whoever cuts, edits or reorders the log, or
 * puts an older state back, leaves values that no longer meet.
 */
import { canonicalJson } from "../base/json_print.ts";
import {
  encodeLogLine,
  type EventLink,
  type RecordedEvent,
} from "../engine/event.ts";
import { encodeProgress } from "../engine/progress.ts";
import { closedIn } from "../engine/state.ts";
import { sizingIn, wholeOf } from "../workflow/sizes.ts";
import type { SessionState } from "../workflow/types.ts";
import { Sha256 } from "./sha256.ts";

/** Where the chain of a session's events stands; `metadata.orc.chain` in its state. */
export interface Chain {
  /** That of the last event; of none the id of the session. */
  readonly head: string;
  /** How many lines of other tools are covered. */
  readonly others: number;
  /** Of those lines, each with the digest before it; empty before the first. */
  readonly othersDigest: string;
  /** Up to here the log was looked through for them, and is durable. */
  readonly offsetBytes: number;
  /** How many items were done after the last update: a state that was edited has another number. */
  readonly closed: number;
}

/** A chain without events. */
export function newChain(sessionId: string): Chain {
  return {
    head: sessionId,
    others: 0,
    othersDigest: "",
    offsetBytes: 0,
    closed: 0,
  };
}

/** The digest of other tools' lines with a further one, in pieces. */
export function withOther(
  digest: string,
  line: Iterable<Uint8Array>,
): string {
  const hash = new Sha256().updateText(`${digest}\n`);
  for (const piece of line) hash.update(piece);
  return hash.hex();
}

/** Ties the events of one update to those before them; `after` is the state they lead to. */
export function linkEvents<Event extends RecordedEvent>(
  chain: Chain,
  events: readonly Event[],
  after: SessionState,
): { readonly chain: Chain; readonly events: readonly Event[] } {
  let { head } = chain;
  const { others, othersDigest } = chain;
  const linked = events.map((event) => {
    const link: EventLink = {
      others,
      base: event.link?.base ?? null,
      chain: "",
    };
    const line = encodeLogLine({ ...event, link }).trimEnd();
    head = nextHead(head, othersDigest, line);
    return { ...event, link: { ...link, chain: head } };
  });
  return { chain: { ...chain, head, closed: closedIn(after) }, events: linked };
}

/** The head after an event, whose line is without its own `chain`. */
export function nextHead(
  head: string,
  othersDigest: string,
  line: string,
): string {
  return new Sha256().updateText(`${head}\n${othersDigest}\n${line}`).hex();
}

/** The first event holds the state that a chain begins with which did not begin with its session. */
export function withBase<Event extends RecordedEvent>(
  [first, ...rest]: readonly Event[],
  state: SessionState,
  logBytes: number,
): readonly Event[] {
  if (first === undefined) return [];
  const definition = canonicalJson(wholeOf(state.definition));
  const size = sizingIn(state.definition)?.size;
  const base = new Map(encodeProgress(state))
    .set("definition_sha256", new Sha256().updateText(definition).hex())
    .set("log_bytes", logBytes);
  if (size !== undefined) base.set("size", size);
  return [{ ...first, link: { others: 0, base, chain: "" } }, ...rest];
}

/** A line of orc's own: its text without the chain, and that. */
export interface LinkedLine {
  readonly line: string;
  readonly chain: string;
}

const CHAIN_END = /, "chain": "([0-9a-f]{64})"\}$/;

/** Undefined for what orc did not write, or an orc that knew no chain. */
export function linkedLine(text: string): LinkedLine | undefined {
  const [end = "", chain] = CHAIN_END.exec(text) ?? [];
  if (chain === undefined) return undefined;
  return { line: `${text.slice(0, -end.length)}}`, chain };
}
