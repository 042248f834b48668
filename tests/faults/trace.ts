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
