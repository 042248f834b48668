import type { OrcErrorCode } from "../base/codes.ts";
import { denied, type ErrorKind, OrcError } from "../base/error.ts";
import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import { parentDirectory } from "../base/path.ts";
import { shellWord } from "../base/text.ts";

interface Condition {
  readonly kind: ErrorKind;
  readonly code: OrcErrorCode;
  /** Follows "Cannot read "x": ". */
  readonly reason: string;
  readonly hint?: string;
}

const PERMISSION_DENIED: Condition = {
  kind: "denied",
  code: "permission_denied",
  reason: "permission denied",
  hint: "see who owns it and what its mode allows, with ls -l",
};

const TOO_MANY_FILES: Condition = {
  kind: "external",
  code: "too_many_open_files",
  reason: "too many files are open",
  hint: "raise the limit with ulimit -n, or close other programs",
};

const CONDITIONS: ReadonlyMap<string, Condition> = new Map([
  ["EACCES", PERMISSION_DENIED],
  ["EPERM", PERMISSION_DENIED],
  ["EROFS", {
    kind: "external",
    code: "read_only",
    reason: "the file system is read-only",
    hint: "make it writable; reading still works: orc status",
  }],
  ["ENOSPC", {
    kind: "external",
    code: "disk_full",
    reason: "disk full; nothing was changed",
    hint: "make room on the disk, then try again",
  }],
  ["EDQUOT", {
    kind: "external",
    code: "disk_full",
    reason: "disk quota used up; nothing was changed",
    hint: "make room in your quota, then try again",
  }],
  ["EMFILE", TOO_MANY_FILES],
  ["ENFILE", TOO_MANY_FILES],
  ["EIO", {
    kind: "external",
    code: "disk_error",
    reason: "the disk reports an error",
    hint: "check the disk before you go on",
  }],
  ["ENAMETOOLONG", {
    kind: "usage",
    code: "path_too_long",
    reason: "the path is longer than the file system allows",
    hint: "move the repository to a shorter path",
  }],
  ["ELOOP", {
    kind: "corrupt",
    code: "symbolic_link",
    reason: "its symbolic links lead in a circle",
    hint: "put a real file or directory in its place",
  }],
  ["ENOTDIR", {
    kind: "corrupt",
    code: "not_a_directory",
    reason: "something else lies where a directory is expected",
    hint: "move it away; orc does not remove what it did not make",
  }],
  ["EISDIR", {
    kind: "corrupt",
    code: "not_a_regular_file",
    reason: "it is a directory",
    hint: "move it away; orc does not remove what it did not make",
  }],
  ["ENOENT", {
    kind: "not_found",
    code: "path_not_found",
    reason: "it does not exist",
  }],
]);

const UNREACHABLE = [
  "the server of its file system does not know it any more, or does not answer",
  "try again; if it stays so, mount that file system anew",
] as const;

/** What is rarer: why, and what helps. Anything else has its code to look for. */
const RARE: Readonly<Record<string, readonly [reason: string, hint: string]>> =
  {
    EBUSY: [
      "it is in use, or something is mounted there",
      "end the program that uses it, or unmount it: lsof and mount tell",
    ],
    EXDEV: [
      "it lies on another file system than what belongs to it",
      `keep ${ORCHESTRATOR_DIRECTORY} whole on one file system: mount tells what lies on another`,
    ],
    ESTALE: UNREACHABLE,
    ENOTCONN: UNREACHABLE,
    ETIMEDOUT: UNREACHABLE,
    EFBIG: [
      "the file would be larger than is allowed",
      "raise the limit with ulimit -f",
    ],
    EUCLEAN: ["its file system is damaged", "check that with fsck first"],
  };

/** The error to throw for what a file call threw: what is no condition of the machine stays as it is. */
export function asOrcError(
  error: unknown,
  doing: string,
  path: string,
): unknown {
  if (error instanceof OrcError) return error;
  const code = codeOf(error);
  if (code === "NotCapable" || code === "ERR_ACCESS_DENIED") {
    return missingPermission(error, doing, path);
  }
  const condition = CONDITIONS.get(code) ?? otherCondition(code);
  if (condition === undefined) return error;
  const message = `Cannot ${doing} "${path}": ${condition.reason}`;
  const owner = condition === PERMISSION_DENIED
    ? ownerOf(doing, path)
    : undefined;
  const hint = owner ?? condition.hint;
  const details = { osCode: code };
  const more = { hint, path, cause: error, details };
  return new OrcError(condition.kind, condition.code, message, more);
}

/** Who can allow what was denied: of a name, its directory. Undefined where that cannot be seen. */
function ownerOf(doing: string, path: string): string | undefined {
  const directory = ["move", "remove"].includes(doing)
    ? parentDirectory(path)
    : undefined;
  try {
    const { uid, mode } = Deno.lstatSync(directory ?? path);
    if (uid === null || mode === null) return undefined;
    const octal = (mode & 0o7777).toString(8).padStart(4, "0");
    const what = directory === undefined ? "it" : `"${directory}"`;
    return `${what} belongs to user ${uid} and has the mode ${octal}; see ls -l`;
  } catch {
    return undefined;
  }
}

/** The reason of a failed write where more was done before it than the write itself, which changed nothing. */
export function reasonOf({ message }: OrcError): string {
  return message.replace("; nothing was changed", "");
}

export function isDenied(error: unknown): boolean {
  return error instanceof OrcError && error.kind === "denied";
}

/** A code of the operating system that is not for orc to act on; codes of runtimes have a "_". */
function otherCondition(code: string): Condition | undefined {
  if (!/^E[A-Z0-9]+$/.test(code)) return undefined;
  const [reason, hint] = RARE[code] ?? [
    "the operating system refuses it",
    "look the code up: errno -l; most are rare on a local disk",
  ];
  return {
    kind: "external",
    code: "file_system_error",
    reason: `${reason} (${code})`,
    hint,
  };
}

function missingPermission(
  cause: unknown,
  doing: string,
  path: string,
): OrcError {
  const flag = flagFor(cause, path);
  return denied(
    "permission_missing",
    `Cannot ${doing} "${path}" without the permission ${flag}`,
    { hint: `run it again with ${flag}`, path, cause, details: { flag } },
  );
}

/** Names the flag of Deno, or of Node's permission model, that allows what was refused. */
function flagFor(error: unknown, path: string): string {
  const { message, permission } = error as Error & { permission?: unknown };
  const isNode = typeof permission === "string";
  const isWrite = /^(?:Requires write |FileSystemWrite)/.test(
    isNode ? permission : message,
  );
  const flag = `--allow-${isNode ? "fs-" : ""}${isWrite ? "write" : "read"}`;
  return `${flag}=${shellWord(grantFor(path))}`;
}

/** State is allowed as a whole: names in it change with each session and each write. */
function grantFor(path: string): string {
  const parts = path.split("/");
  const index = parts.lastIndexOf(ORCHESTRATOR_DIRECTORY);
  return index < 0 ? path : parts.slice(0, index + 1).join("/");
}

export function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** The result of an act on a name; undefined where nothing has that name. */
export function ifThere<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export function isTaken(error: unknown): boolean {
  return codeOf(error) === "EEXIST";
}

/** What a file system without hard links answers, and a process that may not make one. */
const NO_LINKS: ReadonlySet<string> = new Set([
  "EINVAL",
  "EMLINK",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EXDEV",
  "NotCapable",
  "NotSupported",
]);

export function isWithoutLinks(error: unknown): boolean {
  return NO_LINKS.has(codeOf(error));
}

/** Numbers of the errors that Deno gives no name. */
const UNNAMED: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  linux: new Map([
    [23, "ENFILE"],
    [27, "EFBIG"],
    [31, "EMLINK"],
    [37, "ENOLCK"],
    [38, "ENOSYS"],
    [116, "ESTALE"],
    [117, "EUCLEAN"],
    [122, "EDQUOT"],
  ]),
  darwin: new Map([
    [23, "ENFILE"],
    [27, "EFBIG"],
    [31, "EMLINK"],
    [69, "EDQUOT"],
    [70, "ESTALE"],
    [77, "ENOLCK"],
    [78, "ENOSYS"],
  ]),
};

/** The system's name of an error, such as `ENOENT`, else its number; the class name of any other. */
export function codeOf(error: unknown): string {
  const { code, name = "", message = "" } = error as Partial<
    Error & { code: string }
  >;
  return code ?? codeByNumber(message) ?? name;
}

function codeByNumber(message: string): string | undefined {
  const digits = /\(os error (\d+)\)/.exec(message)?.[1];
  if (digits === undefined) return undefined;
  return UNNAMED[Deno.build.os]?.get(Number(digits)) ?? `E${digits}`;
}
