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
  | "done"
  | "killed";

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
    if (process.step === "done" || process.step === "killed") return [];
    const next = takeStep({ world, number, process, options });
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

function takeStep(turn: Turn): readonly World[] {
  const { step } = turn.process;
  switch (step) {
    case "take":
    case "look":
      return acquire(turn, step);
    case "claim":
    case "recheck":
    case "remove":
    case "unclaim":
      return takeOver(turn, step);
    case "list":
    case "sweep":
    case "read":
    case "stage":
      return [prepare(turn, step)];
    case "fence":
    case "discard":
    case "rename":
      return [publish(turn, step)];
    case "recall":
    case "release":
      return [release(turn, step)];
    case "done":
    case "killed":
      throw new Error("Who has ended takes no step");
  }
}

function ownToken({ number, process }: Turn): number {
  return tokenOf(number, process.attempt);
}

function acquire(turn: Turn, step: "take" | "look"): readonly World[] {
  const { world, number } = turn;
  if (step === "take") {
    if (world.lock !== 0) return [go(turn, "look")];
    return [{ ...go(turn, "list"), lock: ownToken(turn) }];
  }
  const seen = world.lock;
  if (seen === 0) return [tryAgain(turn)];
  const claiming = change(world, number, { step: "claim", seen, index: 0 });
  return verdicts(turn, ownerOf(seen)).map((isDead) =>
    isDead ? claiming : tryAgain(turn)
  );
}

/** The answers that may be given to whether a process is dead. */
function verdicts({ world, options }: Turn, owner: number): readonly boolean[] {
  if (options.liveness === "arbitrary") return [false, true];
  return [world.processes[owner]?.step === "killed"];
}

function takeOver(
  turn: Turn,
  step: "claim" | "recheck" | "remove" | "unclaim",
): readonly World[] {
  const { world, process, options } = turn;
  switch (step) {
    case "claim":
      if (options.without === "claim") return [go(turn, "recheck")];
      return claim(turn);
    case "recheck":
      if (options.without === "recheck") return [go(turn, "remove")];
      if (world.lock === process.seen) return [go(turn, "remove")];
      return [tryAgain({ ...turn, world: withoutClaim(turn, process.index) })];
    case "remove":
      return [{ ...go(turn, "unclaim"), lock: 0 }];
    case "unclaim":
      return [unclaim(turn)];
  }
}

function claim(turn: Turn): readonly World[] {
  const { world, number, process } = turn;
  const { seen, index } = process;
  const standing = world.claims.find((claim) =>
    claim.lock === seen && claim.index === index
  );
  if (standing) {
    const next = turn.options.without === "next claim"
      ? tryAgain(turn)
      : change(world, number, { index: index + 1 });
    return verdicts(turn, standing.owner).map((isDead) =>
      isDead ? next : tryAgain(turn)
    );
  }
  const claims = [...world.claims, { lock: seen, index, owner: number }];
  return [{ ...go(turn, "recheck"), claims: sorted(claims) }];
}

function sorted(claims: readonly Claim[]): readonly Claim[] {
  return claims.toSorted((one, other) =>
    one.lock - other.lock || one.index - other.index
  );
}

/** Takes away its own claim first, then those of the dead before it. */
function unclaim(turn: Turn): World {
  const { number, process } = turn;
  const world = withoutClaim(turn, process.index);
  if (process.index === 0) return tryAgain({ ...turn, world });
  return change(world, number, { index: process.index - 1 });
}

function withoutClaim({ world, process }: Turn, index: number): World {
  const claims = world.claims.filter((claim) =>
    claim.lock !== process.seen || claim.index !== index
  );
  return { ...world, claims };
}

function prepare(
  turn: Turn,
  step: "list" | "sweep" | "read" | "stage",
): World {
  const { world, number, process, options } = turn;
  const own = ownToken(turn);
  switch (step) {
    case "list": {
      if (options.without === "sweep") return go(turn, "read");
      const foreign = world.staged.filter(({ token }) => token !== own);
      const found = foreign.map(({ token }) => token);
      const claims = world.claims.filter((claim) => claim.lock === own);
      return { ...change(world, number, { step: "sweep", found }), claims };
    }
    case "sweep": {
      const [token, ...found] = process.found;
      if (token === undefined) return go(turn, "read");
      return withoutStaged(change(world, number, { found }), token);
    }
    case "read":
      return change(world, number, { step: "stage", known: world.stored });
    case "stage": {
      const file = { token: own, updates: process.known | 2 ** number };
      const staged = [...world.staged, file].toSorted((one, other) =>
        one.token - other.token
      );
      return { ...change(world, number, { step: "fence", known: 0 }), staged };
    }
  }
}

function withoutStaged(world: World, token: number): World {
  const staged = world.staged.filter((file) => file.token !== token);
  return { ...world, staged };
}

function publish(
  turn: Turn,
  step: "fence" | "discard" | "rename",
): World {
  const { world, process, options } = turn;
  const own = ownToken(turn);
  if (step === "fence") {
    const isHeld = world.lock === own || options.without === "fence";
    return go(turn, isHeld ? "rename" : "discard");
  }
  const file = world.staged.find(({ token }) => token === own);
  const left = withoutStaged(world, own);
  if (step === "discard" || file === undefined) {
    return beginAgain({ ...turn, world: left }, process.attempt + 1);
  }
  return {
    ...go({ ...turn, world: left }, "recall"),
    stored: file.updates,
    committed: world.committed | 2 ** turn.number,
  };
}

function beginAgain(turn: Turn, attempt: number): World {
  if (attempt >= turn.options.attempts) return go(turn, "done");
  return change(tryAgain(turn), turn.number, { attempt });
}

function release(turn: Turn, step: "recall" | "release"): World {
  if (step === "release") return { ...go(turn, "done"), lock: 0 };
  const isOwn = turn.world.lock === ownToken(turn);
  return go(turn, isOwn ? "release" : "done");
}
