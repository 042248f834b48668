/** How git is asked, so that nothing in the repository, which whoever works in it can change, has a say. */
import type { GitPointer } from "../files/git.ts";
import { joinedBytes } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { searchPath } from "../host/search_path.ts";

/** A working tree, and what git keeps of it. */
export interface GitTree {
  readonly tree: string;
  readonly pointer: Extract<GitPointer, { readonly gitDirectory: string }>;
}

/** What git is given to read, and who takes what it answers, piece by piece. */
export interface GitStreams {
  readonly input?: string;
  readonly take?: (piece: Uint8Array) => void;
  readonly timeoutMs?: number;
  /** Leaves git its own settings: it is asked for one of them, and does nothing. */
  readonly isPlain?: boolean;
  /** Keeps the settings and attributes of user and machine from git. */
  readonly isAlone?: boolean;
  /** Lets git reach the remotes of the repository, by the programs that the user has for it. */
  readonly reaches?: boolean;
  /** What git is told besides, such as who makes a commit. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What git answered. */
export interface GitAnswer {
  readonly exitCode: number;
  /** Why it could not run; null where it did. */
  readonly problem: string | null;
  /** All of standard output; nothing where somebody took it. */
  readonly bytes: Uint8Array;
  /** The first line of error output; empty where there is none. */
  readonly complaint: string;
  /** All of error output, or its beginning and its end. */
  readonly errors: string;
}

/** Reading an index takes a moment, and looking for untracked files seconds on a slow disk. */
const GIT_TIMEOUT_MS = 120_000;

/** Git is told to write nothing, to ask no server for what is missing, and to run no program. */
const SETTINGS = [
  "core.fsmonitor=false",
  "core.untrackedCache=false",
  "core.hooksPath=/dev/null",
  // A copy of what the commits say, which anybody can write.
  "core.commitGraph=false",
];
const VARIABLES = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  // An older way to give commits other parents; of a file that is there, and empty, git complains.
  GIT_GRAFT_FILE: "/dev/null/none",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

/** Before git knew the variable that keeps it from asking a server, this did. */
const UNREACHABLE = { GIT_ALLOW_PROTOCOL: "none" };

/** Before git knew the first of them, the last two did. */
const ALONE = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ATTR_NOSYSTEM: "1",
  HOME: "/dev/null",
  XDG_CONFIG_HOME: "/dev/null",
};

/**
 * Runs git, which is named its directory and working tree: left to find them itself, it would follow
 * `core.worktree`, `core.bare`, or a bare repository that lies in the directory.
 */
export async function askGit(
  host: Host,
  directory: string,
  { tree, pointer }: GitTree,
  args: readonly string[],
  signal?: AbortSignal,
  {
    input,
    take,
    timeoutMs = GIT_TIMEOUT_MS,
    isPlain,
    isAlone,
    reaches,
    variables,
  }: GitStreams = {},
): Promise<GitAnswer> {
  const pieces: Uint8Array[] = [];
  const { exitCode, problem, stdout, stderr } = await host.runProgram({
    command: [
      "git",
      `--git-dir=${pointer.gitDirectory}`,
      `--work-tree=${tree}`,
      ...isPlain ? [] : SETTINGS.flatMap((setting) => ["-c", setting]),
      ...args,
    ],
    workingDirectory: directory,
    timeoutMs,
    variables: {
      ...VARIABLES,
      ...searchPath(host, tree),
      ...isAlone && ALONE,
      ...!reaches && UNREACHABLE,
      ...variables,
    },
    signal,
    ...input !== undefined && { input },
    onOutput: (name, piece) => {
      if (name === "stdout") take ? take(piece) : pieces.push(piece);
    },
  });
  const isLost = !take && problem === null && pieces.length === 0 &&
    stdout !== "";
  const [complaint = ""] = stderr.trim().split("\n");
  return {
    exitCode,
    problem: isLost
      ? "The host does not hand on the output of a program"
      : problem,
    bytes: joinedBytes(pieces),
    complaint,
    errors: stderr,
  };
}
