import { LOCK_NAME, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { epochMsOf } from "../base/time.ts";
import { discard } from "./write.ts";

/** Enough digits for every instant, so that names stand in the order of time. */
const DIGITS = 15;

const TICKET = new RegExp(
  `^${LOCK_NAME}\\.wait\\.(\\d{${DIGITS}})\\.[0-9a-f]{32}\\${TEMPORARY_SUFFIX}$`,
);

/** A ticket this far from the present is that of a killed process, or of a clock that was set. */
const STALE_MS = 60_000;

/** Whoever finds a lock held so often takes a ticket: most are free again before. */
const PATIENT_LOOKS = 3;

/**
 * Directories in which others waited for the lock when this process had it last, and how often it
 * may have it again before them.
 */
const crowded = new Map<string, number>();

/**
 * An update that follows at once costs a third of one by another process, which must wake up and
 * read the state anew. So those who wait let so many pass, and a turn is the longer the fewer they
 * are; in a crowd three turns of four are of two.
 */
const UPDATES_BEFORE_OTHERS = 32;
const CROWD = 12;
const TURNS_OF_TWO = 3;

let turns = 0;

/** Whoever comes back at once must know how many wait, or it would overtake them for ever. */
export function noteCrowd(directory: string, waiting: number): void {
  const left = crowded.get(directory) ?? 0;
  if (waiting === 0) crowded.delete(directory);
  else crowded.set(directory, left > 0 ? left - 1 : updatesMore(waiting));
}

function updatesMore(waiting: number): number {
  return waiting > CROWD
    ? Number(turns++ % 4 < TURNS_OF_TWO)
    : Math.floor(UPDATES_BEFORE_OTHERS / waiting);
}

/** Whether a name is the ticket of a process that may still wait. */
export function isTicket(name: string, now: string): boolean {
  const cameAt = TICKET.exec(name)?.[1];
  if (cameAt === undefined) return false;
  return Math.abs((epochMsOf(now) ?? 0) - Number(cameAt)) <= STALE_MS;
}

/**
 * A place in the line of the processes that wait for a lock: an empty file beside it, named by the
 * time its process came. It is advice alone. Only the lock says who holds it, so a ticket may be
 * missing or that of a dead process: nobody waits for one longer than from one look to the next.
 */
export class Ticket {
  readonly #directory: string;
  readonly #name: string;
  readonly #passedBy = new Set<string>();
  #looks = 0;
  #isMade = false;
  /** How many are in front; undefined without a ticket. */
  #inFront: number | undefined;
  /** How many have been in front at most. */
  #atFirst = 0;
  /** Who was first when the lock was free at the last look. */
  #idle: string | undefined;

  constructor(
    directory: string,
    { token, at }: { readonly token: string; readonly at: string },
  ) {
    const cameAtMs = String(epochMsOf(at) ?? 0).padStart(DIGITS, "0");
    this.#directory = directory;
    // It ends as every temporary file does, for whoever knows those.
    this.#name = `${LOCK_NAME}.wait.${cameAtMs}.${token}${TEMPORARY_SUFFIX}`;
  }

  /** Whether nobody who came before still waits; asked at each look at the lock. */
  isNext(isFree: boolean): boolean {
    if (!isFree) this.#looks++;
    const left = crowded.get(this.#directory);
    const isAlone = this.#inFront === undefined && left !== 0 &&
      (isFree || left === undefined && this.#looks < PATIENT_LOOKS);
    if (isAlone || this.#inFront === 0) return true;
    const before = this.#before();
    const [first] = before;
    if (isFree && first !== undefined && first === this.#idle) {
      // Dead, frozen or busy: who still wants the lock needs no ticket to take it.
      this.#passedBy.add(first);
      discard(`${this.#directory}/${first}`);
      before.shift();
    }
    this.#idle = isFree ? before[0] : undefined;
    this.#atFirst = Math.max(this.#atFirst, before.length);
    this.#inFront = before.length;
    return before.length === 0;
  }

  /**
   * How long to wait until the next look: who is next looks often, and more seldom the longer one
   * holder takes; who stands further back waits for about half of those in front.
   */
  pauseMs(isFree: boolean, waitedMs: number, heldMs: number): number {
    const inFront = this.#inFront;
    if (inFront === undefined) return 0.5 + Math.random() * 2 ** this.#looks;
    if (inFront === 0) return Math.min(0.5 + heldMs / 4, 25);
    const moved = Math.max(1, this.#atFirst - inFront);
    const paceMs = Math.min(Math.max(2, waitedMs / moved / 2), 25);
    return isFree ? paceMs : Math.min(paceMs * inFront, 100);
  }

  leave(): void {
    if (this.#isMade) discard(`${this.#directory}/${this.#name}`);
  }

  /** The tickets in front, from the first on; makes the own one if it is not there. */
  #before(): string[] {
    const names = [...Deno.readDirSync(this.#directory)]
      .filter(({ name, isFile }) => isFile && TICKET.test(name))
      .map(({ name }) => name);
    if (!names.includes(this.#name)) {
      this.#make();
    }
    return names.filter((name) =>
      name < this.#name && !this.#passedBy.has(name)
    ).sort();
  }

  #make(): void {
    const path = `${this.#directory}/${this.#name}`;
    try {
      Deno.openSync(path, { create: true, write: true }).close();
      this.#isMade = true;
    } catch {
      // What keeps it from being made will be told of the lock itself.
    }
  }
}
