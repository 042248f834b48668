import process from "node:process";
import { OrcError } from "../base/error.ts";
import type { ProgramRequest } from "./host.ts";
import { type ChildProcess, spawn } from "node:child_process";

/** Starts a program; its group, its output and its errors are the caller's. */
export function startProgram(request: ProgramRequest): ChildProcess | Error {
  const [program = "", ...args] = wordsOf(request.command);
  const isWindows = process.platform === "win32";
  try {
    return spawn(program, args, {
      cwd: request.workingDirectory,
      env: environmentFor(request),
      stdio: [request.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      // A group of its own, which can be ended as a whole.
      detached: !isWindows,
      windowsHide: true,
      windowsVerbatimArguments: "shell" in request.command,
    });
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function environmentFor(
  { variables, withheld = [] }: ProgramRequest,
): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env)
    .filter(([name]) => !withheld.includes(name));
  return { ...Object.fromEntries(kept), ...variables };
}

/**
 * Says why a program could not be started.
 *
 * @throws {OrcError} `permission_missing` if orc may not run it.
 */
export function problemOfStart(request: ProgramRequest, error: Error): string {
  const program = wordsOf(request.command)[0];
  if (error.name === "NotCapable") {
    throw new OrcError(
      "denied",
      "permission_missing",
      `Cannot run "${program}": orc has no permission to run programs`,
      { hint: "run orc with --allow-run --allow-env", cause: error },
    );
  }
  // The system reports a missing working directory as a missing program.
  if (isMissing(request.workingDirectory)) {
    return `Working directory "${request.workingDirectory}" does not exist`;
  }
  switch (codeOf(error)) {
    case "ENOENT":
      return `Program "${program}" was not found`;
    case "EACCES":
      return `Program "${program}" is not executable`;
    default:
      return `Program "${program}" could not be started: ${error.message}`;
  }
}

/** The system's name of an error, such as `ENOENT`. */
export function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

function wordsOf(command: ProgramRequest["command"]): readonly string[] {
  if (!("shell" in command)) return command;
  return process.platform === "win32"
    ? ["cmd", "/d", "/s", "/c", `"${command.shell}"`]
    : ["sh", "-c", command.shell];
}

function isMissing(directory: string): boolean {
  try {
    return !Deno.statSync(directory).isDirectory;
  } catch (error) {
    return error instanceof Error && codeOf(error) === "ENOENT";
  }
}
