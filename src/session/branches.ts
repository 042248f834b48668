/**
 * What a merge of git makes of a log: the events that both sides share, and behind them those of one
 * side and of the other. The chain tells them apart, whatever order they stand in.
 */
import { decodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { closedIn } from "../engine/state.ts";
import {
  type Chain,
  linkedLine,
  nextHead,
  withOther,
} from "../replay/chain.ts";
import { newReplayer } from "../replay/replay.ts";
import { definitionHash } from "../workflow/sizes.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";

/** One way through a log, from its first event to one that none follows. */
export interface Branch {
  /** The chain value of its last event. */
  readonly head: string;
  /** The number of its last update. */
  readonly serial: number;
  /** Its lines without their ends, those of other tools too. */
  readonly lines: readonly string[];
  /** Its events in their order. */
  readonly events: readonly RecordedEvent[];
  /** How many lines of other tools are in it, and the digest of them. */
  readonly others: Pick<Chain, "others" | "othersDigest">;
}

/** A log, taken apart. */
export interface Branches {
  /** In the order in which they begin in the log; one where nothing was merged. */
  readonly branches: readonly Branch[];
  /** The first line, from 1, that is a marker of a merge; null without any. */
  readonly markerLine: number | null;
}

interface Node {
  readonly parent: Node | undefined;
  readonly head: string;
  readonly event: RecordedEvent;
  readonly lines: readonly string[];
  isFollowed: boolean;
}

const MARKER = /^(?:<{7}|>{7}|\|{7})(?: |$)|^={7}$/;

/** Whether a line, without its end, is one that a merge puts between two sides. */
export function isMarker(line: string): boolean {
  return MARKER.test(line);
}

/**
 * Takes a log apart. Undefined where it cannot be told what belongs where: an event that follows none,
 * a chain that begins anew, or lines of other tools behind the place where two sides part.
 */
export function branchesOf(
  sessionId: string,
  text: string,
): Branches | undefined {
  const nodes = new Map<string, Node>();
  let last: Node | undefined;
  let loose: string[] = [];
  let others = 0;
  let digests = [""];
  let markerLine: number | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    if (isMarker(line)) {
      markerLine ??= index + 1;
      continue;
    }
    if (line === "") continue;
    const linked = linkedLine(line);
    const event = decodeLogLine(line);
    if (linked === undefined || event?.link === undefined) {
      loose.push(line);
      others += 1;
      const bytes = new TextEncoder().encode(line);
      digests.push(withOther(digests.at(-1) ?? "", [bytes]));
      continue;
    }
    const { chain: head } = linked;
    if (nodes.has(head)) continue;
    if (event.link.base !== null) {
      if (nodes.size > 0) return undefined;
      // What stands before it is covered by nothing.
      [others, digests] = [0, [""]];
    }
    const digest = digests[event.link.others];
    const follows = (node: Node | undefined): boolean =>
      digest !== undefined &&
      nextHead(node?.head ?? sessionId, digest, linked.line) === head;
    const parent = follows(last)
      ? last
      : [...nodes.values()].reverse().find(follows);
    if (parent === undefined && !follows(undefined)) return undefined;
    const isFork = parent !== last;
    if (isFork && loose.length > 0) return undefined;
    if (parent !== undefined) parent.isFollowed = true;
    last = { parent, head, event, lines: [...loose, line], isFollowed: false };
    loose = [];
    nodes.set(head, last);
  }
  const ends = [...nodes.values()].filter(({ isFollowed }) => !isFollowed);
  if (ends.length === 0 || ends.length > 1 && loose.length > 0) {
    return undefined;
  }
  const digest = { others, othersDigest: digests.at(-1) ?? "" };
  const branches = ends.map((end) => branchTo(end, loose, digest));
  return { branches, markerLine };
}

function branchTo(
  end: Node,
  loose: readonly string[],
  others: Branch["others"],
): Branch {
  const way: Node[] = [];
  for (let node: Node | undefined = end; node; node = node.parent) {
    way.unshift(node);
  }
  return {
    head: end.head,
    serial: end.event.serial,
    lines: [...way.flatMap(({ lines }) => lines), ...loose],
    events: way.map(({ event }) => event),
    others,
  };
}

/**
 * The state that the events of a branch lead to by the rules. Undefined where they lead nowhere, or
 * where `known`, of which the pinned workflow is taken, has another one than they began with.
 */
export async function stateOf(
  { events, others }: Branch,
  workflow: Workflow,
  known: SessionState,
): Promise<SessionState | undefined> {
  // What another tool did is in its lines alone.
  if (others.others > 0) return undefined;
  const [first] = events;
  const { link, details } = first ?? {};
  const sha256 = (link?.base ?? details)?.get("definition_sha256");
  if (sha256 !== await definitionHash(known.definition)) return undefined;
  const replayer = newReplayer(workflow, known);
  for (const event of events) replayer.take(event);
  const { state, problems, isShared } = replayer.result();
  return problems.length > 0 || isShared ? undefined : state;
}

/** Where the chain stands at the end of a branch whose lines are all of a log. */
export function chainOf(
  { head, others }: Branch,
  state: SessionState,
  logBytes: number,
): Chain {
  return { head, ...others, offsetBytes: logBytes, closed: closedIn(state) };
}

/** The texts of the two sides of a file in which git left its markers; both are the text without any. */
export function sidesOf(text: string): readonly [ours: string, theirs: string] {
  const [ours, theirs]: [string[], string[]] = [[], []];
  let side: "both" | "ours" | "base" | "theirs" = "both";
  for (const line of text.split("\n")) {
    if (/^<{7}(?: |$)/.test(line)) side = "ours";
    else if (/^\|{7}(?: |$)/.test(line)) side = "base";
    else if (/^={7}$/.test(line) && side !== "both") side = "theirs";
    else if (/^>{7}(?: |$)/.test(line)) side = "both";
    else {
      if (side === "both" || side === "ours") ours.push(line);
      if (side === "both" || side === "theirs") theirs.push(line);
    }
  }
  return [ours.join("\n"), theirs.join("\n")];
}
