/*
 * How Windows starts a program. The system itself looks for no extension but `.exe` and `.com`,
 * and runs no batch file; programs that npm, Maven or Gradle install are nothing else. What
 * `cmd.exe` reads, it reads by rules of its own, so a batch file's arguments are quoted here.
 */
import { isAbsolutePath, resolvePath } from "../base/path.ts";
import type { ProgramRequest } from "./host.ts";

/** The program Windows is to start, with its arguments. */
export interface WindowsStart {
  /** In the system's own spelling. */
  readonly program: string;
  readonly args: readonly string[];
  /** Whether the arguments are quoted already. */
  readonly isQuoted: boolean;
}

/** What the start of a program depends on. */
export interface WindowsSite {
  readonly workingDirectory: string;
  /** Variables of the program; their names are told apart without regard to case. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Undefined where nobody may look. */
  isProgram(path: string): boolean | undefined;
}

/** What can be started; `PATHEXT` may also name what only opens with some other program. */
const STARTED = [".com", ".exe", ".bat", ".cmd"];

const BATCH_FILE = /\.(?:bat|cmd)$/i;

/** `cmd.exe` cuts off or refuses what is longer. */
const MAX_LINE_LENGTH = 8191;

/**
 * Without the commands that the registry adds to each start, and with variables expanded in one
 * way only: `%NAME%`, whose rules the quoting knows.
 */
const SHELL_FLAGS = ["/d", "/e:on", "/v:off", "/s", "/c"];

/** Plans how to start a program; a text says why that cannot be done. */
export function windowsStart(
  command: ProgramRequest["command"],
  site: WindowsSite,
): WindowsStart | string {
  if ("shell" in command) {
    const sign = command.values?.map(signForShell).find(Boolean);
    return sign === undefined
      ? shellStart(command.shell, site)
      : `could not be started: a setting in the command holds ${sign}, which cmd.exe would interpret`;
  }
  const [name = "", ...args] = command;
  const found = findProgram(name, site);
  if (found === undefined) return "was not found";
  const program = found.replaceAll("/", "\\");
  if (!BATCH_FILE.test(program)) return { program, args, isQuoted: false };
  const words = [program, ...args];
  if (words.some((word) => /[\0\r\n]/.test(word))) {
    return "could not be started: a line break cannot be handed to a batch file";
  }
  const line = words.map(quoteForBatch).join(" ");
  return line.length > MAX_LINE_LENGTH
    ? `could not be started: a batch file takes no more than ${MAX_LINE_LENGTH} characters`
    : shellStart(line, site);
}

/** What a value filled into a text for `cmd.exe` must not bring along; POSIX signs are refused before. */
function signForShell(value: string): string | undefined {
  const [sign] = /[%^]/.exec(value) ?? [];
  // A pair of quotes closes itself; one alone would turn what the author quoted inside out.
  return sign ?? (value.split('"').length % 2 === 0 ? 'an odd "' : undefined);
}

function shellStart(line: string, { variables }: WindowsSite): WindowsStart {
  return {
    program: systemProgram("cmd.exe", variables),
    args: [...SHELL_FLAGS, `"${line}"`],
    isQuoted: true,
  };
}

/** The system's own: one of the same name in the working directory must not take its place. */
export function systemProgram(
  name: string,
  variables: WindowsSite["variables"],
): string {
  return `${
    valueOf(variables, "SystemRoot") ?? "C:\\Windows"
  }\\System32\\${name}`;
}

/** Looks where `PATH` says, with each extension of `PATHEXT`; unlike the system not in the working directory. */
function findProgram(
  name: string,
  { workingDirectory, variables, isProgram }: WindowsSite,
): string | undefined {
  const isPath = /[\\/]/.test(name) || isAbsolutePath(name);
  const directories = isPath
    ? [""]
    : (valueOf(variables, "PATH") ?? "").split(";")
      .map((entry) => entry.replaceAll('"', "").trim())
      .filter((entry) => entry !== "");
  const extensions = extensionsIn(valueOf(variables, "PATHEXT"));
  const hasExtension = STARTED.some((known) =>
    name.toLowerCase().endsWith(known)
  );
  const endings = hasExtension ? ["", ...extensions] : extensions;
  let isHidden = false;
  for (const directory of directories) {
    const path = resolvePath(
      workingDirectory,
      slashed(isPath ? name : `${directory}/${name}`),
    );
    for (const ending of endings) {
      const isThere = isProgram(path + ending);
      if (isThere) return path + ending;
      isHidden ||= isThere === undefined;
    }
  }
  // Then the system looks, which knows no batch files.
  return isHidden ? name : undefined;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

function extensionsIn(list: string | undefined): readonly string[] {
  const named = (list ?? "").toLowerCase().split(";")
    .filter((extension) => STARTED.includes(extension));
  return named.length === 0 ? STARTED : named;
}

/** Value of a variable, in whatever case its name is spelled; an empty one is as none. */
function valueOf(
  variables: WindowsSite["variables"],
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  const known = Object.keys(variables)
    .find((key) => key.toLowerCase() === wanted);
  return known === undefined ? undefined : variables[known] || undefined;
}

/**
 * Quotes a word so that `cmd.exe`, the batch file that hands it on with `%*`, and the program that
 * gets it in the end all take it for the same word.
 *
 * Each `"` is doubled: to `cmd.exe` the second one opens again what the first one closed, so that
 * `&`, `|`, `<`, `>` and `^` always stand between quotes; to the program the pair is one quote.
 * Between the halves of `%NAME%` comes `%cd:~,%`, which is empty: no name is left to expand.
 */
export function quoteForBatch(word: string): string {
  const inner = word
    .replaceAll(/\\+(?="|$)/g, "$&$&")
    .replaceAll('"', '""')
    .replaceAll("%", "%%cd:~,%");
  return `"${inner}"`;
}
