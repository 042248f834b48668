import process from "node:process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isAbsolutePath, joinPath, resolvePath } from "../base/path.ts";
import { ifAllowed } from "../files/read.ts";

/** Where a program is looked for. */
export interface ProgramSite {
  readonly workingDirectory: string;
  /** The variable `PATH` of the program's environment. */
  readonly path: string | undefined;
}

/**
 * Says why a program cannot run, in words that follow its name. The system has one answer, "no such
 * file", for a program and for what it needs, so the file itself is asked. Undefined where nothing
 * in it keeps it from running, or it may not be read.
 */
export function whyUnrunnable(
  program: string,
  site: ProgramSite,
): string | undefined {
  const file = findProgram(program, site);
  if (file === "unknown") return undefined;
  if (file !== "absent") return whyFileCannotRun(file.path, site);
  const beside = resolvePath(site.workingDirectory, program);
  return !program.includes("/") && kindOf(beside) === "file"
    ? `was not found on PATH; the file in the working directory is run as ./${program}`
    : "was not found";
}

/** The file that is run for a program's name; null where none is found, or nobody may look. */
export function programFile(
  program: string,
  site: ProgramSite,
): string | null {
  const isRun = (file: string) => kindOf(file) === "file" && hasRunBit(file);
  return placesOf(program, site).find(isRun) ?? null;
}

/** Where a program is looked for, in this order; an empty entry of `PATH` is the working directory. */
function placesOf(
  program: string,
  { workingDirectory, path = "" }: ProgramSite,
): readonly string[] {
  if (program.includes("/")) return [resolvePath(workingDirectory, program)];
  return path.split(":").map((entry) =>
    joinPath(resolvePath(workingDirectory, entry), program)
  );
}

/** Exit codes of shells and of `env` for what they could not run: a foreign file may be read as a script. */
const COULD_NOT_RUN: ReadonlySet<number> = new Set([2, 126, 127]);

/** What a shell complains about, behind its own name and a line number. */
const COMPLAINT = /^(?:\S*\/)?sh: (?:line )?(?:\d+: )?(\S*\/\S*): /m;

/**
 * Says why a program never ran although a shell or `env` ended in its place, or nothing did; undefined where it
 * seems to have run. Its first word stands for the program, or what a shell complains about.
 */
export function whyNeverRan(
  words: readonly string[] | undefined,
  ended: { readonly exitCode: number; readonly stderr: string },
  site: ProgramSite,
): string | undefined {
  const isDone = ended.exitCode === 0;
  if (!isDone && !COULD_NOT_RUN.has(ended.exitCode)) return undefined;
  const program = words === undefined
    ? COMPLAINT.exec(ended.stderr)?.[1]
    : words[0];
  if (program === undefined) return undefined;
  const file = findProgram(program, site);
  if (typeof file === "string") return undefined;
  // An empty file is a script for the system, and ends well.
  const reason = isDone
    ? headOf(file.path) === "" ? IS_EMPTY : undefined
    : whyFileCannotRun(file.path, site);
  return reason && `Program "${program}" ${reason}`;
}

const IS_EMPTY = "is empty: there is nothing in it to run";

/** A file that is there, or may be where orc may not look. */
type Sought = { readonly path: string } | "absent" | "unknown";

/** The file that is meant, whether it can run or not. */
function findProgram(program: string, site: ProgramSite): Sought {
  const isPath = program.includes("/");
  if (!isPath && process.platform === "win32") return "unknown";
  const places = placesOf(program, site)
    .filter((file) => isPath || kindOf(file) !== "directory");
  const found = places.find((file) => IS_THERE.has(kindOf(file)));
  if (found !== undefined) return { path: found };
  return places.some((file) => kindOf(file) === "unknown")
    ? "unknown"
    : "absent";
}

function whyFileCannotRun(
  file: string,
  site: ProgramSite,
): string | undefined {
  if (kindOf(file) === "directory") return "is a directory";
  if (process.platform === "win32") return undefined;
  if (!hasRunBit(file)) {
    return `is not executable: make it so with chmod +x ${file}`;
  }
  const head = headOf(file);
  if (head === undefined) return undefined;
  return head.startsWith("#!")
    ? whyNoInterpreter(head.split("\n", 1)[0] ?? "", site)
    : whyForeign(head);
}

/** The first line names the program that reads the rest; the system does not say that it is that one. */
function whyNoInterpreter(
  line: string,
  site: ProgramSite,
): string | undefined {
  if (line.endsWith("\r")) {
    return "has the line ends of Windows, which become part of its interpreter's name: save it with line ends of LF";
  }
  const [interpreter, ...args] = line.slice(2).trim().split(/[ \t]+/);
  if (interpreter === undefined || interpreter === "") return undefined;
  const reason = isAbsolutePath(interpreter)
    ? reasonFor(interpreter, site)
    : undefined;
  if (reason !== undefined) return reason;
  if (!/\/env$/.test(interpreter)) return undefined;
  const named = args.find((word) => !/^-|=/.test(word));
  return named === undefined ? undefined : reasonFor(named, site);
}

function reasonFor(interpreter: string, site: ProgramSite): string | undefined {
  const file = findProgram(interpreter, site);
  if (file === "unknown") return undefined;
  const reason = file === "absent"
    ? "was not found"
    : kindOf(file.path) === "directory"
    ? "is a directory"
    : hasRunBit(file.path)
    ? undefined
    : "is not executable";
  return reason && `needs the interpreter "${interpreter}", which ${reason}`;
}

/** What an ELF file calls the processors it is for, in the words of Node. */
const PROCESSORS: ReadonlyMap<number, string> = new Map([
  [3, "ia32"],
  [8, "mips"],
  [20, "ppc"],
  [21, "ppc64"],
  [22, "s390x"],
  [40, "arm"],
  [62, "x64"],
  [183, "arm64"],
  [243, "riscv64"],
  [258, "loong64"],
]);

/** Processors whose programs others run as well. */
const RUNS_TOO: Readonly<Record<string, string>> = {
  x64: "ia32",
  arm64: "arm",
};

/** The program that loads the libraries of another. */
const LOADER = /\/[\w./-]*\bld[\w.-]*\.so[\w.]*/;

/** A binary for another system or processor is read as a script by a shell, which says nothing of the kind. */
function whyForeign(head: string): string | undefined {
  const { platform, arch } = process;
  if (/^MZ/.test(head)) return "is a program for Windows";
  if (/^(?:\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe)/.test(head)) {
    return platform === "darwin" ? undefined : "is a program for macOS";
  }
  if (!head.startsWith("\x7fELF")) return undefined;
  if (platform === "darwin") return "is a program for Linux";
  const isLittle = head.charCodeAt(5) === 1;
  const [low, high] = isLittle ? [18, 19] : [19, 18];
  const number = head.charCodeAt(low) + 256 * head.charCodeAt(high);
  const processor = PROCESSORS.get(number);
  if (
    processor !== undefined && processor !== arch &&
    processor !== RUNS_TOO[arch]
  ) {
    return `is built for another processor: for ${processor}, and this machine is ${arch}`;
  }
  const [loader] = LOADER.exec(head) ?? [];
  return loader === undefined || kindOf(loader) !== "absent"
    ? undefined
    : `is built for another system: it needs "${loader}", which was not found`;
}

const HEAD_BYTES = 4096;

/** The beginning of a file, each byte as one character; undefined where it cannot be read. */
function headOf(file: string): string | undefined {
  return ifAllowed({ name: "read", path: file }, () => {
    const descriptor = openSync(file, "r");
    try {
      const bytes = new Uint8Array(HEAD_BYTES);
      const length = readSync(descriptor, bytes, 0, HEAD_BYTES, 0);
      return String.fromCharCode(...bytes.subarray(0, length));
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Unknown is what this process may not look at: of that, nothing is said. */
type Kind = "file" | "directory" | "other" | "absent" | "unknown";

const IS_THERE: ReadonlySet<Kind> = new Set(["file", "directory", "other"]);

function kindOf(path: string): Kind {
  return ifAllowed({ name: "read", path }, () => {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return "absent";
    if (info.isDirectory()) return "directory";
    return info.isFile() ? "file" : "other";
  }) ?? "unknown";
}

const RUN_BITS = 0o111;

function hasRunBit(path: string): boolean {
  return ifAllowed(
    { name: "read", path },
    () => (statSync(path).mode & RUN_BITS) !== 0,
  ) ?? true;
}
