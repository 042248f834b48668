/** Reads what strace writes about a program: its calls on the files of a repository. */

/** A system call of the main thread on a file of the repository. */
export interface Call {
  /** What it is called, such as `openat`. */
  readonly name: string;
  /** How many calls of this name the thread had made then, on any file: so strace counts. */
  readonly ordinal: number;
  /** What it does, the same in every run: no token, id or number of a file is in it. */
  readonly what: string;
  /** Whether strace answered it with an error, instead of the system. */
  readonly isBroken: boolean;
}

const CALL = /^(\d+) +(\w+)\((.*)$/;
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/;
const RESULT = /\) += (?:\?|-?\d+).*$/;
const QUOTED = /"([^"]*)"|<([^>]*)>/g;
const OPEN_FLAGS = /\bO_[A-Z_|]+/;

const TOKEN = /[0-9a-f]{32}/g;
const SESSION_ID = /\b0[0-9a-z]{25}\b/g;
const MIGRATION_ID = /\b\d{8}t\d{6}z-[0-9a-f]{8}\b/g;

/** Returns the calls of the main thread on the files below a root, in their order. */
export function callsIn(trace: string, root: string): readonly Call[] {
  const lines = trace.split("\n");
  const mainThread = CALL.exec(lines[0] ?? "")?.[1];
  const ordinals = new Map<string, number>();
  const seen = new Map<string, number>();
  const calls: Call[] = [];
  let lastIsOurs = false;
  for (const line of lines) {
    if (RESUMED.exec(line)?.[1] === mainThread && lastIsOurs) {
      calls.push(withEnd(calls.pop(), line));
    }
    const [, thread, name = "", rest = ""] = CALL.exec(line) ?? [];
    if (thread === undefined || thread !== mainThread) continue;
    const ordinal = (ordinals.get(name) ?? 0) + 1;
    ordinals.set(name, ordinal);
    const plain = plainText(name, rest.replace(RESULT, ""), root);
    lastIsOurs = plain !== undefined;
    if (plain === undefined) continue;
    const times = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, times);
    const what = times === 1 ? plain : `${plain} (${times})`;
    calls.push(withEnd({ name, ordinal, what, isBroken: false }, line));
  }
  return calls;
}

function withEnd(call: Call | undefined, line: string): Call {
  if (call === undefined) throw new Error(`Nothing to resume: ${line}`);
  return { ...call, isBroken: line.endsWith("(INJECTED)") };
}

/** The name of a call and its files; undefined when none of them is below the root. */
function plainText(
  name: string,
  args: string,
  root: string,
): string | undefined {
  const files = Array.from(
    args.replaceAll(/AT_FDCWD<[^>]*>, /g, "").matchAll(QUOTED),
    ([, quoted, opened]) => quoted ?? opened ?? "",
  ).filter((path) => path === root || path.startsWith(`${root}/`));
  if (files.length === 0) return undefined;
  const [flags = ""] = name === "openat" ? OPEN_FLAGS.exec(args) ?? [] : [];
  return [name, ...files.map((path) => path.slice(root.length) || "/"), flags]
    .filter((part) => part !== "")
    .join(" ")
    .replaceAll(TOKEN, "TOKEN")
    .replaceAll(SESSION_ID, "ID")
    .replaceAll(MIGRATION_ID, "ID");
}

/** A call that did something to the files below a root, or confirmed it. */
export interface FileCall {
  readonly name: string;
  /** Seen from the root; the root itself is empty. */
  readonly paths: readonly string[];
  /** What it wrote; empty for all other calls. */
  readonly bytes: Uint8Array;
  /** What it does, the same in every run. */
  readonly what: string;
}

const IN_PIECES = / <unfinished \.\.\.>$/;
const RESUMED_REST = /^<\.\.\. \w+ resumed>(.*)$/;
const FAILED = /\) += -1 /;
/** A text or the path of an open file, as the whole of what strace puts around it. */
const STRING = /"((?:[^"\\]|\\.)*)"/g;
const FILE = /^\d+<([^>]*)>/;

/**
 * Returns what the calls of any thread did to the files below a root, in the order in which they
 * began; what failed or only read is left out. The trace must hold all that was written.
 */
export function fileCalls(trace: string, root: string): readonly FileCall[] {
  return wholeCalls(trace).flatMap((line) => fileCallIn(line, root) ?? []);
}

/** The calls as `name(args) = result`: another thread may have come between the halves of one. */
function wholeCalls(trace: string): readonly string[] {
  const calls: { text: string }[] = [];
  const begun = new Map<string, { text: string }>();
  for (const line of trace.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, rest] = RESUMED_REST.exec(text) ?? [];
    const first = begun.get(thread);
    if (rest !== undefined && first !== undefined) {
      first.text += rest;
      continue;
    }
    const call = { text: text.replace(IN_PIECES, "") };
    if (call.text !== text) begun.set(thread, call);
    calls.push(call);
  }
  return calls.map(({ text }) => text);
}

function fileCallIn(text: string, root: string): FileCall | undefined {
  const [, name = "", rest = ""] = /^(\w+)\((.*)$/.exec(text) ?? [];
  if (FAILED.test(text) || IRRELEVANT.test(name)) return undefined;
  if (name === "openat" && !rest.includes("O_CREAT")) return undefined;
  const [, opened] = FILE.exec(rest) ?? [];
  const texts = Array.from(rest.matchAll(STRING), ([, inner = ""]) => inner);
  const paths = pathsOf(name, opened, texts)
    .filter((path) => path === root || path.startsWith(`${root}/`))
    .map((path) => path.slice(root.length));
  if (paths.length === 0) return undefined;
  const bytes = name === "write" ? bytesOf(texts[0] ?? "") : new Uint8Array();
  const args = rest.replace(STRING, shortened).replace(RESULT, "");
  const what = plainText(name, args, root) ?? name;
  return { name, paths, bytes, what };
}

function pathsOf(
  name: string,
  opened: string | undefined,
  texts: readonly string[],
): readonly string[] {
  if (opened === undefined) return texts;
  return name === "unlinkat" ? [`${opened}/${texts[0]}`] : [opened];
}

/** Calls on files that change neither names nor bytes. */
const IRRELEVANT = /^f?chmod/;

function shortened(text: string): string {
  return text.startsWith('"/') ? text : '""';
}

const ESCAPES: Readonly<Record<string, number>> = {
  ...{ n: 10, t: 9, r: 13, v: 11, f: 12 },
  ...{ '"': 34, "\\": 92 },
};

/** A text as C spells it. */
function bytesOf(text: string): Uint8Array {
  const parts = text.match(/\\[0-7]{1,3}|\\.|[^\\]/g) ?? [];
  return Uint8Array.from(parts, (part) => {
    const escape = part.slice(1);
    if (!part.startsWith("\\")) return part.charCodeAt(0);
    return ESCAPES[escape] ?? parseInt(escape, 8);
  });
}
