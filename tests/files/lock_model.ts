/**
 * The lock's protocol as a model small enough to try every order of events.
 *
 * Each process makes one update: it takes the lock, sweeps, reads, stages, asks the fence,
 * renames and gives the lock back. One step is one call to the file system; before each of
 * them a process may be killed. What a process knows it has read in an earlier step.
 */

/** A safeguard of the protocol that can be taken away, to see that it is needed. */
export type Safeguard =
  | "claim"
  /** Going past the claim of somebody who was killed before he removed the lock. */
  | "next claim"
  | "recheck"
  | "sweep"
  | "fence";

/** How large a world to try. */
export interface ModelOptions {
  readonly processes: number;
  /** How many processes may be killed. */
  readonly crashes: number;
  /** How often a process may begin again after its lock was taken over. */
  readonly attempts: number;
  /** `arbitrary`: whoever asks whether a process lives may get any answer. */
  readonly liveness: "honest" | "arbitrary";
  readonly without?: Safeguard;
}

/** What was found. */
export interface Exploration {
  readonly states: number;
  /** What went wrong first; undefined when nothing can. */
  readonly violation: string | undefined;
}

type Step =
  | "take"
  | "look"
  | "claim"
  | "recheck"
  | "remove"
  | "unclaim"
  | "list"
  | "sweep"
  | "read"
  | "stage"
  | "fence"
  | "discard"
  | "rename"
  | "recall"
  | "release"
  | Ended;

type Ended = "done" | "killed";

/** In these a process believes that it holds the lock. */
const HOLDING: ReadonlySet<Step> = new Set<Step>([
  "list",
  "sweep",
  "read",
  "stage",
  "fence",
  "rename",
]);

interface Process {
  readonly step: Step;
  readonly attempt: number;
  /** The lock that stands in the way, or 0. */
  readonly seen: number;
  /** Which of the claims on that lock is looked at. */
  readonly index: number;
  /** What is still to be swept. */
  readonly found: readonly number[];
  /** The stored updates as they were when the process read them. */
  readonly known: number;
}

/** Updates are bits, one for each process; a lock is named by its token, and 0 is none. */
interface World {
  readonly lock: number;
  readonly claims: readonly Claim[];
  readonly staged: readonly Staged[];
  readonly stored: number;
  /** Updates that have been renamed into place and must never be missing again. */
  readonly committed: number;
  readonly crashesLeft: number;
  readonly processes: readonly Process[];
}

interface Claim {
  readonly lock: number;
  readonly index: number;
  readonly owner: number;
}

interface Staged {
  readonly token: number;
  readonly updates: number;
}

/** Each attempt of each process has a token of its own. */
const TOKENS_PER_PROCESS = 8;

function tokenOf(process: number, attempt: number): number {
  return (process + 1) * TOKENS_PER_PROCESS + attempt;
}

function ownerOf(token: number): number {
  return Math.floor(token / TOKENS_PER_PROCESS) - 1;
}

class Violation extends Error {}

/** Tries every order of steps and crashes; stops at the first that breaks a promise. */
export function explore(options: ModelOptions): Exploration {
  const found = new Map<string, number>();
  const worlds: World[] = [];
  const before: number[][] = [];
  const visit = (world: World, from: number): void => {
    const key = keyOf(world);
    const known = found.get(key);
    if (known !== undefined) {
      before[known]?.push(from);
      return;
    }
    check(world, options);
    found.set(key, worlds.length);
    worlds.push(world);
    before.push([from]);
  };
  try {
    visit(firstWorld(options), 0);
    for (const [index, world] of worlds.entries()) {
      for (const next of successors(world, options)) visit(next, index);
    }
    if (options.liveness === "honest") assertAllCanEnd(worlds, before);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { states: worlds.length, violation: error.message };
  }
  return { states: worlds.length, violation: undefined };
}

/** Whatever has happened, there must be a way on which everybody who lives gets his turn. */
function assertAllCanEnd(
  worlds: readonly World[],
  before: readonly (readonly number[])[],
): void {
  const isEnd = ({ processes }: World) =>
    processes.every(({ step }) => step === "done" || step === "killed");
  const canEnd = new Set<number>();
  for (const [index, world] of worlds.entries()) {
    if (isEnd(world)) canEnd.add(index);
  }
  for (const index of canEnd) {
    for (const earlier of before[index] ?? []) canEnd.add(earlier);
  }
  if (canEnd.size < worlds.length) {
    throw new Violation("somebody waits for ever");
  }
}

function firstWorld({ processes, crashes }: ModelOptions): World {
  const process: Process = {
    step: "take",
    attempt: 0,
    seen: 0,
    index: 0,
    found: [],
    known: 0,
  };
  return {
    lock: 0,
    claims: [],
    staged: [],
    stored: 0,
    committed: 0,
    crashesLeft: crashes,
    processes: Array.from({ length: processes }, () => process),
  };
}

function keyOf(world: World): string {
  const { lock, stored, committed, crashesLeft } = world;
  const parts = [lock, stored, committed, crashesLeft];
  for (const { lock, index, owner } of world.claims) {
    parts.push(lock, index, owner);
  }
  const staged = world.staged.flatMap((file) => [file.token, file.updates]);
  const processes = world.processes.map((process) =>
    `${process.step}${process.attempt},${process.seen},${process.index},` +
    `${process.known},${process.found.join(".")}`
  );
  return `${parts.join()}|${staged.join()}|${processes.join("|")}`;
}

/** Promises that hold in every world. */
function check(world: World, { liveness }: ModelOptions): void {
  if ((world.stored & world.committed) !== world.committed) {
    throw new Violation("an update is lost");
  }
  // Who is taken for dead is driven out while he works; then only the data must stay right.
  if (liveness === "arbitrary") return;
  const holding = world.processes.filter(({ step }) => HOLDING.has(step));
  if (holding.length > 1) throw new Violation("two hold the lock");
  if (world.processes.every(({ step }) => step === "done")) checkEnd(world);
}

function checkEnd({ lock, claims, staged, stored, processes }: World): void {
  if (stored !== 2 ** processes.length - 1) {
    throw new Violation("an update was given up");
  }
  if (lock !== 0 || claims.length > 0 || staged.length > 0) {
    throw new Violation("something is left over");
  }
}

function successors(world: World, options: ModelOptions): readonly World[] {
  return world.processes.flatMap((process, number) => {
    const { step } = process;
    if (step === "done" || step === "killed") return [];
    const next = STEPS[step]({ world, number, process, options });
    if (world.crashesLeft === 0) return next;
    const killed = change(world, number, { step: "killed" });
    return [...next, { ...killed, crashesLeft: world.crashesLeft - 1 }];
  });
}

/** A process that is about to take a step. */
interface Turn {
  readonly world: World;
  readonly number: number;
  readonly process: Process;
  readonly options: ModelOptions;
}

/** The world with a process changed; what it remembers for one step only is forgotten. */
function change(world: World, number: number, to: Partial<Process>): World {
  const processes = world.processes.map((process, index) =>
    index === number ? { ...process, ...to } : process
  );
  return { ...world, processes };
}

function go({ world, number }: Turn, step: Step): World {
  return change(world, number, { step });
}

/** Goes back to trying to take the lock, and forgets what stood in the way. */
function tryAgain({ world, number }: Turn): World {
  return change(world, number, { step: "take", seen: 0, index: 0 });
}

function ownToken({ number, process }: Turn): number {
  return tokenOf(number, process.attempt);
}

/** What the next call of a process may lead to, by the step that it is at. */
const STEPS: Readonly<
  Record<Exclude<Step, Ended>, (turn: Turn) => readonly World[]>
> = {
  take: (turn) =>
    turn.world.lock === 0
      ? [{ ...go(turn, "list"), lock: ownToken(turn) }]
      : [go(turn, "look")],
  look: (turn) => {
    const { world, number } = turn;
    const seen = world.lock;
    if (seen === 0) return [tryAgain(turn)];
    const claiming = change(world, number, { step: "claim", seen, index: 0 });
    return ifDead(turn, ownerOf(seen), claiming);
  },
  claim: (turn) =>
    turn.options.without === "claim" ? [go(turn, "recheck")] : claim(turn),
  recheck: (turn) => {
    const { world, process, options } = turn;
    return options.without === "recheck" || world.lock === process.seen
      ? [go(turn, "remove")]
      : [tryAgain({ ...turn, world: withoutClaim(turn, process.index) })];
  },
  remove: (turn) => [{ ...go(turn, "unclaim"), lock: 0 }],
  /** Takes away its own claim first, then those of the dead before it. */
  unclaim: (turn) => {
    const { number, process: { index } } = turn;
    const world = withoutClaim(turn, index);
    return index === 0
      ? [tryAgain({ ...turn, world })]
      : [change(world, number, { index: index - 1 })];
  },
  list: (turn) => {
    const { world, number, options } = turn;
    if (options.without === "sweep") return [go(turn, "read")];
    const own = ownToken(turn);
    const foreign = world.staged.filter(({ token }) => token !== own);
    const found = foreign.map(({ token }) => token);
    const claims = world.claims.filter((claim) => claim.lock === own);
    return [{ ...change(world, number, { step: "sweep", found }), claims }];
  },
  sweep: (turn) => {
    const { world, number, process } = turn;
    const [token, ...found] = process.found;
    return token === undefined
      ? [go(turn, "read")]
      : [withoutStaged(change(world, number, { found }), token)];
  },
  read: ({ world, number }) => [
    change(world, number, { step: "stage", known: world.stored }),
  ],
  stage: (turn) => {
    const { world, number, process } = turn;
    const token = ownToken(turn);
    const file = { token, updates: process.known | 2 ** number };
    const staged = [...world.staged, file].toSorted((one, other) =>
      one.token - other.token
    );
    return [{ ...change(world, number, { step: "fence", known: 0 }), staged }];
  },
  fence: (turn) => {
    const isHeld = turn.world.lock === ownToken(turn) ||
      turn.options.without === "fence";
    return [go(turn, isHeld ? "rename" : "discard")];
  },
  discard: (turn) => [beginAgain(turn)],
  rename: (turn) => {
    const { world, number } = turn;
    const own = ownToken(turn);
    const file = world.staged.find(({ token }) => token === own);
    if (file === undefined) return [beginAgain(turn)];
    return [{
      ...withoutStaged(go(turn, "recall"), own),
      stored: file.updates,
      committed: world.committed | 2 ** number,
    }];
  },
  recall: (turn) => {
    const isOwn = turn.world.lock === ownToken(turn);
    return [go(turn, isOwn ? "release" : "done")];
  },
  release: (turn) => [{ ...go(turn, "done"), lock: 0 }],
};

/** Goes on one way if the owner is dead, as far as can be told, and else begins again. */
function ifDead(turn: Turn, owner: number, next: World): readonly World[] {
  const { world, options } = turn;
  if (options.liveness === "arbitrary") return [tryAgain(turn), next];
  const isDead = world.processes[owner]?.step === "killed";
  return [isDead ? next : tryAgain(turn)];
}

function claim(turn: Turn): readonly World[] {
  const { world, number, process: { seen, index } } = turn;
  const standing = world.claims.find((claim) =>
    claim.lock === seen && claim.index === index
  );
  if (standing) {
    const next = turn.options.without === "next claim"
      ? tryAgain(turn)
      : change(world, number, { index: index + 1 });
    return ifDead(turn, standing.owner, next);
  }
  const claims = [...world.claims, { lock: seen, index, owner: number }]
    .sort((one, other) => one.lock - other.lock || one.index - other.index);
  return [{ ...go(turn, "recheck"), claims }];
}

function withoutClaim({ world, process }: Turn, index: number): World {
  const claims = world.claims.filter((claim) =>
    claim.lock !== process.seen || claim.index !== index
  );
  return { ...world, claims };
}

function withoutStaged(world: World, token: number): World {
  const staged = world.staged.filter((file) => file.token !== token);
  return { ...world, staged };
}

/** What it staged is gone; after its last attempt it ends. */
function beginAgain(turn: Turn): World {
  const { number, options, process } = turn;
  const world = withoutStaged(turn.world, ownToken(turn));
  const attempt = process.attempt + 1;
  return attempt < options.attempts
    ? change(tryAgain({ ...turn, world }), number, { attempt })
    : go({ ...turn, world }, "done");
}
