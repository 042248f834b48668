/** Whether a session is what its events lead to, and its log what orc wrote. */
import { orElse } from "../base/error.ts";
import { type JsonObject, numberOf } from "../base/json.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_PROBLEMS } from "../base/limits.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type EventLink,
  type RecordedEvent,
} from "../engine/event.ts";
import { isFileTracked } from "../files/git_index.ts";
import { fileKind } from "../files/read.ts";
import { linkedLine, nextHead, withOther } from "../replay/chain.ts";
import { unearnedIn } from "../replay/earned.ts";
import { newReplayer, type Replayed } from "../replay/replay.ts";
import { definitionHash } from "../workflow/sizes.ts";
import type { Workflow } from "../workflow/types.ts";
import { repeatFilter } from "./log_read.ts";
import { readRepositoryMeta } from "./repository.ts";
import { findSpare, type Spare, type SpareState } from "./spare.ts";
import type { LogLine, Session, SessionStore } from "./store.ts";

/** What of a session contradicts itself. */
export interface Contradiction {
  /**
   * - `chain_missing`: no chain of events covers the state
   * - `chain_restarted`: it begins anew in the middle of the session
   * - `log_changed`: lines of the log were changed, removed or put in
   * - `log_cut`: the log ends before the state
   * - `update_not_allowed`: the rules do not lead to what an update logged
   * - `definition_changed`: the pinned workflow is not the one of the start
   * - `state_not_earned`: the state says what its events do not
   * - `state_put_back`: a later state was kept in git's directory, or one that the log does not know
   */
  readonly code:
    | "chain_missing"
    | "chain_restarted"
    | "log_changed"
    | "log_cut"
    | "update_not_allowed"
    | "definition_changed"
    | "state_not_earned"
    | "state_put_back";
  /** One sentence without its period. */
  readonly message: string;
  /** The update it is about; null where it is about the state. */
  readonly serial: number | null;
  /** The item it is about; null where it is about no item. */
  readonly itemId: string | null;
}

/** What was found out about a session. */
export interface Traced {
  /** The first 20; empty where state and log are what orc made of them. */
  readonly contradictions: readonly Contradiction[];
  /** The update from which on all of it is covered; null where nothing is. */
  readonly coveredFrom: number | null;
  /** The update at which a human signed a state whatever led to it; null where none did. */
  readonly vouchedAt: number | null;
  /** How many lines other tools wrote since. */
  readonly others: number;
  /** What the events lead to. */
  readonly replayed: Replayed;
}

/** Where a session and its log are. */
export interface Traceable {
  readonly layout: Pick<RepositoryLayout, "root">;
  readonly store: Pick<SessionStore, "log">;
}

/**
 * Reads the whole log of a session and compares it with its state. In constant memory: a log may
 * have millions of lines. The state after the update `asked` is kept. Reads only; throws as reading
 * the log does.
 */
export async function traceSession(
  { layout: { root }, store }: Traceable,
  session: Session,
  workflow: Workflow,
  asked?: number,
): Promise<Traced> {
  const replayer = newReplayer(workflow, session.state, asked);
  const walk = new Walk(session, {
    store,
    replay: replayer.take,
    spare: findSpare(root, session.id),
  });
  for await (const lines of store.log(session.id)) {
    for (const line of lines) {
      const restarting = walk.take(line);
      // Whoever waits for nothing takes a million lines in half the time.
      if (restarting) await restarting;
    }
  }
  walk.takeCarried(session.lastEvents);
  const replayed = replayer.result();
  const contradictions = [
    ...missedIn(root, session, walk),
    ...walk.end(),
    ...await definitionProblem(session, walk.definition),
    ...unlike(session, replayed),
  ];
  return {
    contradictions: contradictions.slice(0, MAX_PROBLEMS),
    coveredFrom: walk.coveredFrom,
    vouchedAt: walk.vouchedAt,
    others: walk.others,
    replayed,
  };
}

/**
 * The states with a second name that came to nothing. Git puts older ones back with each branch, where it
 * tracks the state and the repository was made for that; that somebody put the state into the index, where
 * all is hidden from git, says nothing.
 */
function missedIn(
  root: string,
  { id }: Session,
  { missed }: Walk,
): readonly Contradiction[] {
  if (missed.size === 0) return [];
  const { state } = sessionLayout(root, id);
  const layout = repositoryLayout(root);
  const isHidden = fileKind(layout.gitignore) !== "absent" &&
    !orElse(() => readRepositoryMeta(layout)?.portable, () => false);
  const isPutBackByGit = !isHidden &&
    orElse(() => isFileTracked(root, state), () => null) !== false;
  return isPutBackByGit ? [] : Array.from(missed.values(), putBack);
}

/** What the rules and the events do not lead to. */
function unlike(
  { state }: Session,
  replayed: Replayed,
): readonly Contradiction[] {
  return [
    ...replayed.problems.map(({ serial, message }) =>
      contradiction(
        "update_not_allowed",
        `Update ${serial} is none that orc makes: ${message}`,
        { serial },
      )
    ),
    ...unearnedIn(state, replayed).map(({ message, itemId }) =>
      contradiction("state_not_earned", message, { itemId })
    ),
  ];
}

/** What contradicts what, in a sentence that is put where it is said; nothing where nothing does. */
export function contradictionText(
  { contradictions: [first, ...others] }: Pick<Traced, "contradictions">,
  say: (text: string) => string,
): readonly string[] {
  if (first === undefined) return [];
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return [say(`${first.message}${more}`)];
}

/** The same of a session that is shown. */
export async function contradictionsIn(
  ...traced: Parameters<typeof traceSession>
): Promise<readonly string[]> {
  return seeAll(await traceSession(...traced));
}

export function seeAll(
  traced: Pick<Traced, "contradictions">,
): readonly string[] {
  return contradictionText(traced, (text) => `${text}; see all: orc verify`);
}

async function definitionProblem(
  { state: { definition } }: Session,
  expected: string | null,
): Promise<readonly Contradiction[]> {
  if (expected === null) return [];
  if (await definitionHash(definition) === expected) return [];
  return [contradiction(
    "definition_changed",
    "The workflow in the state is not the one that the session began with",
  )];
}

function contradiction(
  code: Contradiction["code"],
  message: string,
  about: Partial<Pick<Contradiction, "serial" | "itemId">> = {},
): Contradiction {
  return { code, message, serial: null, itemId: null, ...about };
}

/** So many lines of other tools may come between two updates and be covered by the second at once. */
const MAX_RECENT_OTHERS = 1024;

/** An event, and its line as it is without its chain. */
interface Step {
  readonly event: RecordedEvent & { readonly link: EventLink };
  readonly line: string;
}

/** One way through a log, from its first line to its last. */
class Walk {
  readonly #session: Session;
  readonly #store: Traceable["store"];
  readonly #replay: (event: RecordedEvent) => void;
  readonly #isRepeat = repeatFilter();
  /** By turns: a map that entries are taken from keeps them alive for longer. */
  #olderTexts = new Map<string, string>();
  #texts = new Map<string, string>();
  readonly #found: Contradiction[] = [];
  /** Digests of the last lines of other tools, by how many there were then. */
  #digests = new Map<number, string>([[0, ""]]);
  #head: string;
  #serial = 0;
  #covered = 0;
  /** How many lines of other tools stood before the last event, and before the update ahead of it. */
  #seen = 0;
  #standing = 0;
  /** Whether a power cut tore something here: what was lost comes again behind it. */
  #isTorn = false;
  #sizeBytes = 0;
  readonly #early: Step[] = [];
  others = 0;
  coveredFrom: number | null = null;
  vouchedAt: number | null = null;
  definition: string | null = null;

  /** States with a second name whose update did not come by yet. */
  readonly missed: Map<string, SpareState>;

  constructor(
    session: Session,
    { store, replay, spare }: {
      readonly store: Traceable["store"];
      readonly replay: (event: RecordedEvent) => void;
      readonly spare: Spare | undefined;
    },
  ) {
    this.#session = session;
    this.#store = store;
    this.#replay = replay;
    this.#head = session.id;
    this.missed = new Map(spare?.states.map((state) => [state.head, state]));
  }

  /** Returns what is to be waited for, where the chain begins anew. */
  take(line: LogLine): Promise<void> | undefined {
    this.#sizeBytes = line.endBytes;
    const text = line.text ?? "";
    const linked = linkedLine(text);
    const event = decodeLogLine(text);
    if (linked === undefined || event?.link === undefined) {
      this.#takeOther(line, event);
      return;
    }
    const { link } = event;
    if (this.#isKnown(event.id, text)) return;
    const step = { event: { ...event, link }, line: linked.line };
    if (link.base === null) {
      this.#follow(step);
      return;
    }
    return this.#restart(event, link.base, line)
      .then(() => this.#follow(step));
  }

  /** Events that travel in the state, and may not be in the log yet. */
  takeCarried(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const text = encodeLogLine(event).trimEnd();
      const line = linkedLine(text)?.line;
      const { link } = event;
      if (link === undefined || line === undefined) continue;
      if (!this.#isKnown(event.id, text)) {
        this.#follow({ event: { ...event, link }, line });
      }
    }
  }

  /** What the state says of all that. */
  end(): readonly Contradiction[] {
    const { chain, serial } = this.#session;
    const [early] = this.#early;
    if (early !== undefined) this.#found.push(notMet(early));
    if (chain === null) {
      const message = this.coveredFrom === null
        ? "No chain of events covers this session: it begins with the next update"
        : "The state names no chain of events, but its log has one";
      return [...this.#found, contradiction("chain_missing", message)];
    }
    const isMet = this.#head === chain.head && this.#serial === serial &&
      chain.offsetBytes <= this.#sizeBytes;
    if (!isMet) this.#found.push(this.#endOf(serial));
    const digest = this.#digests.get(chain.others);
    if (digest !== chain.othersDigest && this.#found.length === 0) {
      this.#found.push(contradiction(
        "log_changed",
        "Lines that another tool wrote to the log are not there any more, or not as they were",
      ));
    }
    return this.#found;
  }

  #endOf(serial: number): Contradiction {
    return this.#serial < serial
      ? contradiction(
        "log_cut",
        `The log ends at update ${this.#serial}, and the state is at update ${serial}`,
        { serial },
      )
      : contradiction(
        "log_changed",
        `The log does not lead to update ${serial}, which the state is at`,
        { serial },
      );
  }

  #takeOther(line: LogLine, event: RecordedEvent | undefined): void {
    if (event === undefined && mayBeTorn(line)) this.#isTorn = true;
    if (line.isEnded) this.#count(line);
    if (this.coveredFrom === null || event === undefined) return;
    // An orc that knew no chain wrote what travelled in the state once more, in its own form.
    if (event.id !== "" && this.#isRepeat(event.id)) return;
    this.#serial = Math.max(this.#serial, event.serial);
    const { workflowId } = this.#session.state;
    if (event.workflowId === workflowId) this.#replay(event);
  }

  /** What stands before the beginning of the chain is only counted. */
  #count(line: LogLine): void {
    this.others += 1;
    const digest = this.#digests.get(this.others - 1);
    if (this.coveredFrom === null || digest === undefined) return;
    const next = withOther(digest, line.bytes());
    this.#digests.set(this.others, next);
    this.#digests.delete(this.others - MAX_RECENT_OTHERS);
  }

  /** An event that a crash had written a second time says the same twice. */
  #isKnown(id: string, text: string): boolean {
    if (!this.#isRepeat(id)) {
      if (this.#texts.size === MAX_RECENT_TEXTS) {
        this.#olderTexts = this.#texts;
        this.#texts = new Map();
      }
      this.#texts.set(id, text);
      return false;
    }
    const known = this.#texts.get(id) ?? this.#olderTexts.get(id);
    if (known !== undefined && known !== text) {
      this.#found.push(contradiction(
        "log_changed",
        `Event ${id} is there twice, with two contents`,
      ));
    }
    return true;
  }

  /** A chain that begins later than its session. */
  async #restart(
    { serial, details }: RecordedEvent,
    base: JsonObject,
    { startBytes }: LogLine,
  ): Promise<void> {
    const isVouched = details.has("repair");
    if (isVouched) {
      this.#found.length = 0;
      this.vouchedAt = serial;
    } else if (this.coveredFrom !== null) {
      this.#found.push(contradiction(
        "chain_restarted",
        `The chain of events begins anew at update ${serial}`,
        { serial },
      ));
    }
    this.#head = this.#session.id;
    this.coveredFrom = serial;
    this.definition = null;
    [this.others, this.#covered, this.#standing, this.#seen] = [0, 0, 0, 0];
    this.#digests = new Map([[0, ""]]);
    const fromBytes = numberOf(base.get("log_bytes")) ?? 0;
    for await (const lines of this.#store.log(this.#session.id, fromBytes)) {
      for (const line of lines) {
        if (line.startBytes >= startBytes) return;
        if (linkedLine(line.text ?? "") === undefined) this.#count(line);
      }
    }
  }

  #follow(step: Step): void {
    if (!this.#isMet(step)) {
      // What a power cut took comes again behind what it left.
      if (this.#isTorn && this.#early.length < MAX_RECENT_TEXTS) {
        this.#early.push(step);
        return;
      }
      this.#found.push(notMet(step));
    }
    this.#accept(step);
    const next = this.#early.findIndex((early) => this.#isMet(early));
    if (next >= 0) this.#follow(this.#early.splice(next, 1)[0] ?? step);
  }

  #isMet({ event: { serial, link }, line }: Step): boolean {
    const { others, chain } = link;
    const digest = this.#digests.get(others);
    // What stood there at the update before was seen by this one.
    const isFirst = this.coveredFrom === null;
    const seen = isFirst ? this.others : this.#seen;
    const standing = serial === this.#serial ? this.#standing : seen;
    const isInOrder = others >= this.#covered &&
      (others >= standing || this.#isTorn);
    return digest !== undefined && isInOrder &&
      nextHead(this.#head, digest, line) === chain;
  }

  #accept({ event }: Step): void {
    const { serial, link, details } = event;
    if (serial !== this.#serial) this.#standing = this.#seen;
    this.#seen = this.others;
    this.coveredFrom ??= serial;
    this.#head = link.chain;
    // Looking up a text that no map has yet costs a copy of it.
    if (this.missed.size > 0) this.missed.delete(link.chain);
    this.#serial = serial;
    this.#covered = link.others;
    const sha256 = (link.base ?? details).get("definition_sha256");
    if (typeof sha256 === "string") this.definition ??= sha256;
    this.#replay(event);
  }
}

const LINE_START = '{"timestamp"';

/** A power cut leaves the beginning of a line, or zeros; anything else somebody wrote. */
function mayBeTorn({ text }: LogLine): boolean {
  return text === undefined || text.includes("\0") ||
    text.startsWith(LINE_START) || text !== "" && LINE_START.startsWith(text);
}

function putBack({ serial }: SpareState): Contradiction {
  return contradiction(
    "state_put_back",
    `Update ${serial} is kept in git's directory, and the log does not know it: older files were put back`,
    { serial },
  );
}

function notMet({ event: { serial } }: Step): Contradiction {
  return contradiction(
    "log_changed",
    `Update ${serial} in the log does not follow from what stands before it: lines were changed, removed or put in`,
    { serial },
  );
}

const MAX_RECENT_TEXTS = 64;
