/**
 * What a power cut can leave of the files that recorded calls have made. A file system may keep or
 * forget whatever nobody synced, in any order: bytes count from the sync of their file on, and a
 * name from the sync of a directory that holds it. A rename is there as a whole or not at all, as
 * on every file system with a journal.
 */
import { fileCalls } from "./trace.ts";

/** Files by their paths, seen from the root; a directory is null. */
export type Picture = ReadonlyMap<string, Uint8Array | null>;

/** A file or a directory, whatever it is called. */
interface Node {
  readonly names: Map<string, Node> | null;
  readonly bytes: Uint8Array | null;
}

/** A change that may be lost until something is synced. */
interface Change {
  /** The directories whose names change, or the file whose bytes do. */
  readonly nodes: readonly Node[];
  /** What becomes of the names; null stands for removed. */
  readonly names: readonly (readonly [Node, string, Node | null])[];
  /** What is written behind the file's end. */
  readonly bytes: Uint8Array | null;
  /** How many calls had been made when it was safe. */
  safeFrom: number;
  /** Which call it was, from 0. */
  readonly at: number;
}

/** A moment at which the power may go, and what is there afterwards. */
export interface Cut {
  /** How many commands had been acknowledged. */
  readonly acknowledged: number;
  readonly what: string;
  readonly picture: Picture;
}

/** Records what commands do, one after the other, to a directory that is on the disk. */
export class Disk {
  readonly #root: Node;
  readonly #changes: Change[] = [];
  readonly #calls: string[] = [];
  /** How many calls had been made when each command was acknowledged. */
  readonly #acknowledgedAt: number[] = [];

  constructor(directory: string) {
    this.#root = nodeAt(directory);
  }

  /** Takes the calls of one command that ended well. */
  record(trace: string, root: string): void {
    for (const call of fileCalls(trace, root)) {
      const at = this.#calls.push(call.what) - 1;
      this.#take(call, at);
    }
    this.#acknowledgedAt.push(this.#calls.length);
  }

  /** What is on the disk when the last command was acknowledged and nothing more is synced. */
  least(): Picture {
    return this.#picture(this.#calls.length, isSafe);
  }

  /** What everybody sees who looks while there is power. */
  whole(): Picture {
    return this.#picture(this.#calls.length, () => true);
  }

  /** Every cut that may leave something else than all others. */
  *cuts(): Generator<Cut> {
    const seen = new Set<string>();
    for (let count = 0; count <= this.#calls.length; count++) {
      const acknowledged = this.#acknowledgedAt
        .filter((end) => end <= count).length;
      for (const [kept, keeps] of this.#outcomes(count)) {
        const picture = this.#picture(count, keeps);
        const key = `${acknowledged} ${keyOf(picture)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const last = this.#calls[count - 1] ?? "nothing";
        yield { acknowledged, what: `${kept} after ${last}`, picture };
      }
    }
  }

  /** Which of the changes that nobody synced may be there. */
  *#outcomes(
    count: number,
  ): Generator<readonly [string, (change: Change, count: number) => boolean]> {
    const open = this.#changes.filter((change) =>
      change.at < count && change.safeFrom > count
    );
    const hasName = ({ names }: Change): boolean => names.length > 0;
    const single = open.filter(({ names }) =>
      names.some(([, name]) => !isOfLock(name))
    );
    yield ["all that was synced", isSafe];
    yield ["all", () => true];
    yield ["all names", (change) => isSafe(change, count) || hasName(change)];
    for (const one of single) {
      const what = this.#calls[one.at];
      yield [`all but "${what}"`, (change) => change !== one];
      yield [
        `only "${what}" of what was not synced`,
        (change) => change === one || isSafe(change, count),
      ];
    }
  }

  #picture(
    count: number,
    keeps: (change: Change, count: number) => boolean,
  ): Picture {
    const kept = this.#changes.filter((change) =>
      change.at < count && keeps(change, count)
    );
    return pictureOf(this.#root, kept);
  }

  #take(call: ReturnType<typeof fileCalls>[number], at: number): void {
    const { name, paths: [path = "", to = ""], bytes } = call;
    switch (name) {
      case "openat":
        if (this.#find(path) === undefined) {
          this.#name(at, [path, { names: null, bytes: new Uint8Array() }]);
        }
        return;
      case "mkdir":
        return this.#name(at, [path, { names: new Map(), bytes: null }]);
      case "unlink":
      case "unlinkat":
      case "rmdir":
        return this.#name(at, [path, null]);
      case "linkat":
        return this.#name(at, [to, this.#at(path)]);
      case "rename":
        return this.#name(at, [path, null], [to, this.#at(path)]);
      case "write":
        this.#changes.push({
          ...{ nodes: [this.#at(path)], names: [], bytes, at },
          safeFrom: Infinity,
        });
        return;
      case "fsync":
      case "fdatasync":
        return this.#sync(this.#at(path), at + 1);
      default:
        throw new Error(`What does this do to the files? ${call.what}`);
    }
  }

  #name(at: number, ...given: (readonly [string, Node | null])[]): void {
    const names = given.map(([path, node]) => {
      const [parent, name] = partsOf(path);
      return [this.#at(parent), name, node] as const;
    });
    const nodes = names.map(([directory]) => directory);
    this.#changes.push({ nodes, names, bytes: null, safeFrom: Infinity, at });
  }

  #sync(node: Node, count: number): void {
    for (const change of this.#changes) {
      if (!change.nodes.includes(node)) continue;
      change.safeFrom = Math.min(change.safeFrom, count);
    }
  }

  #at(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw new Error(`Nothing is known of "${path}"`);
    return node;
  }

  #find(path: string): Node | undefined {
    const namesOf = namesAfter(this.#changes);
    let node: Node | undefined = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      node = node && namesOf(node)?.get(name);
    }
    return node;
  }
}

/** Nobody who is alive when the power is back holds a lock: one more or less is all the same. */
function isOfLock(name: string): boolean {
  return /^lock(?:\.|$)/.test(name);
}

function isSafe(change: Change, count: number): boolean {
  return change.safeFrom <= count;
}

function partsOf(path: string): readonly [string, string] {
  const end = path.lastIndexOf("/");
  return [path.slice(0, end), path.slice(end + 1)];
}

function nodeAt(path: string): Node {
  if (!Deno.lstatSync(path).isDirectory) {
    return { names: null, bytes: Deno.readFileSync(path) };
  }
  const names = Array.from(Deno.readDirSync(path))
    .map(({ name }) => [name, nodeAt(`${path}/${name}`)] as const);
  return { names: new Map(names), bytes: null };
}

type Names = ReadonlyMap<string, Node>;

function namesAfter(
  changes: readonly Change[],
): (node: Node) => Names | undefined {
  const changed = new Map<Node, Map<string, Node>>();
  for (const change of changes) {
    for (const [directory, name, node] of change.names) {
      const names = changed.get(directory) ?? new Map(directory.names);
      changed.set(directory, names);
      if (node === null) names.delete(name);
      else names.set(name, node);
    }
  }
  return (node) => changed.get(node) ?? node.names ?? undefined;
}

function pictureOf(root: Node, changes: readonly Change[]): Picture {
  const namesOf = namesAfter(changes);
  const picture = new Map<string, Uint8Array | null>();
  const bytesOf = (node: Node): Uint8Array => {
    const pieces = changes.filter(({ bytes, nodes }) =>
      bytes !== null && nodes.includes(node)
    ).map(({ bytes }) => bytes ?? new Uint8Array());
    return joined([node.bytes ?? new Uint8Array(), ...pieces]);
  };
  const visit = (node: Node, path: string): void => {
    const names = namesOf(node);
    if (path !== "") picture.set(path, names ? null : bytesOf(node));
    for (const [name, child] of names ?? []) visit(child, `${path}/${name}`);
  };
  visit(root, "");
  return picture;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

function keyOf(picture: Picture): string {
  return Array.from(picture, ([path, bytes]) => `${path} ${bytes}`)
    .toSorted().join("\n");
}

/** Makes the files of a picture in a new directory. */
export function lay(picture: Picture, directory: string): void {
  Deno.mkdirSync(directory);
  for (const [path, bytes] of picture) {
    if (bytes === null) Deno.mkdirSync(`${directory}${path}`);
    else Deno.writeFileSync(`${directory}${path}`, bytes);
  }
}
