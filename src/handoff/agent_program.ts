import { OrcError } from "../base/error.ts";
import { AGENT_TIMEOUT_MS, STORED_OUTPUT_LENGTH } from "../base/limits.ts";
import { quoted, tailOf, uncapitalised } from "../base/text.ts";
import type { Host, ProgramRequest, ProgramResult } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { originText, valueOf } from "../settings/merge.ts";
import { readSetting, warningsAbout } from "../settings/read_config.ts";
import { splitCommand } from "../workflow/command_line.ts";

/** A program that reads a prompt from standard input and acts on it. */
export interface AgentProgram {
  readonly command: ProgramRequest["command"];
  /** As it was named, for messages. */
  readonly name: string;
  /** What the repository says about it in vain, as sentences for people. */
  readonly warnings: readonly string[];
}

/** How the program of an agent ended; always well. */
export interface AgentRun {
  /** The program as it was named. */
  readonly program: string;
  /** First 4 KiB and last 16 KiB of what it printed. */
  readonly stdout: string;
  /** Error output, cut in the same way. */
  readonly stderr: string;
  /** How long it ran, to the millisecond. */
  readonly durationSeconds: number;
}

const MAX_TIMEOUT_SECONDS = 86_400;

/** Finds out which program takes sessions over: the one named, else that of the settings. */
export async function agentProgram(
  host: Host,
  site: ConfigSite,
  named: string | undefined,
): Promise<AgentProgram> {
  if (named !== undefined) return parsedProgram(named, "--agent-program");
  const merged = await readSetting(host, site, "agent_program");
  const warnings = await warningsAbout(host, site, "agent_program");
  const text = String(valueOf(merged));
  return { ...parsedProgram(text, originText(merged.origin)), warnings };
}

function parsedProgram(text: string, origin: string): AgentProgram {
  const line = splitCommand(text);
  switch (line.kind) {
    case "words":
      return { command: line.words, name: text, warnings: [] };
    case "shell":
      return { command: { shell: text }, name: text, warnings: [] };
    case "invalid":
      throw new OrcError(
        "usage",
        "invalid_agent_program",
        `${origin} is no command line: ${uncapitalised(line.problem)}`,
        { hint: 'name a program, such as --agent-program "claude --print"' },
      );
  }
}

/**
 * Refuses a provider that is none, and one that contradicts what is asked for. `claude_code` is
 * what the Python tool calls a program.
 */
export function assertTakeover(
  provider: string | undefined,
  execute: boolean,
): void {
  if (provider === undefined) return;
  if (!["manual", "agent", "claude_code"].includes(provider)) {
    throw new OrcError(
      "usage",
      "invalid_provider",
      `Provider ${quoted(provider)} is neither manual nor agent`,
    );
  }
  if (provider !== "manual" || !execute) return;
  throw new OrcError(
    "usage",
    "conflicting_flags",
    "Cannot run a program: --provider manual asks for the prompt alone",
    { hint: "orc handoff --execute" },
  );
}

/** Reads a time limit as it was typed. */
export function agentTimeoutMs(text: string | undefined): number {
  if (text === undefined) return AGENT_TIMEOUT_MS;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  throw new OrcError(
    "usage",
    "invalid_timeout",
    `--timeout is "${text}", not a number of seconds up to ${MAX_TIMEOUT_SECONDS}`,
    { hint: "name seconds, such as --timeout 600" },
  );
}

/**
 * Lets an agent act on a prompt, to its end.
 *
 * @throws {OrcError} external `agent_program_failed`
 */
export async function runAgent(
  host: Host,
  { command, name }: AgentProgram,
  bounds: Omit<ProgramRequest, "command">,
): Promise<AgentRun> {
  const ended = await host.runProgram({ command, ...bounds });
  const { exitCode, problem, stdout, stderr, durationSeconds } = ended;
  if (exitCode !== 0 || problem !== null) throw failedAgent(name, ended);
  return { program: name, stdout, stderr, durationSeconds };
}

function failedAgent(name: string, ended: ProgramResult): OrcError {
  const reason = ended.problem ?? `It ended with exit code ${ended.exitCode}`;
  const output = ended.stderr.trim() || ended.stdout.trim();
  const lastWords = tailOf(output, STORED_OUTPUT_LENGTH).split("\n");
  return new OrcError(
    "external",
    "agent_program_failed",
    [
      `Cannot hand off to "${name}": ${uncapitalised(reason)}`,
      ...output === "" ? [] : lastWords,
    ].join("\n  "),
    {
      hint:
        "name another program with --agent-program, or take the prompt elsewhere: orc handoff",
      details: { program: name, ...ended },
    },
  );
}
