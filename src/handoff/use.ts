import { external, usage } from "../base/error.ts";
import { AGENT_TIMEOUT_MS, STORED_OUTPUT_LENGTH } from "../base/limits.ts";
import type { Masker } from "../base/mask.ts";
import { quoted, tailOf, uncapitalised } from "../base/text.ts";
import { checkpointsOf } from "../checkpoints/files.ts";
import type { Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import type { Host, ProgramRequest } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import {
  type ConfigSite,
  readSetting,
  warningsAbout,
} from "../settings/files.ts";
import { originText, valueOf } from "../settings/merge.ts";
import { splitCommand } from "../workflow/command.ts";
import { handoffPrompt, hasWorkForAgents, openItems } from "./rules.ts";

/** What goes into the prompt besides the session, and who gets it. */
export interface HandOffOptions extends SessionOptions {
  /** What the result must fulfil. */
  readonly criteria?: readonly string[];
  /** Files to look at first. */
  readonly files?: readonly string[];
  /** Runs the program of an agent on the prompt and waits for its end. */
  readonly execute?: boolean;
  /**
   * Who takes over: `manual`, a person who carries the prompt, or `agent`, a
   * program; only the latter goes with `execute`.
   */
  readonly provider?: string;
  /**
   * That program, as a command line. Without it the setting `agent_program`
   * names it; `claude --print` unless somebody set it.
   */
  readonly agentProgram?: string;
  /** Seconds it may run, as typed: up to 86400; 3600 without it. */
  readonly timeout?: string;
}

/** A prompt for another agent, and what became of it. */
export interface HandedOff {
  /** Which session was handed off, and where it is. */
  readonly place: SessionPlace;
  /** Null when there is nothing an agent could do. */
  readonly prompt: string | null;
  /** Ids of the open items of the current phase. */
  readonly itemIds: readonly string[];
  /** How the agent's program ended; null when none was run. */
  readonly run: AgentRun | null;
  /** Where the session stands now. */
  readonly summary: Summary;
  /** Which checkpoints cannot be read, and what is ignored, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Writes a prompt with which another agent can go on. What the session holds stands in it
 * between fences, so that no task or output passes for an instruction. With `execute` it runs an
 * agent's program on it; no lock is held meanwhile, so that the agent can change the session.
 *
 * Requires `--allow-read` and, with `execute`, `--allow-run` and `--allow-env`.
 *
 * @throws {OrcError} `agent_program_failed` (external) if the program cannot be run, fails or
 *   takes too long; `details` holds its output
 * @throws {OrcError} `session_not_trusted` (denied) if a program is to run, and the session was not
 *   begun here: {@linkcode trustSession} says how it may
 * @throws {OrcError} `invalid_agent_program`, `invalid_timeout`, `invalid_provider` or
 *   `conflicting_flags` (usage) if the options make no sense
 */
export async function handOff(
  host: Host,
  options: HandOffOptions = {},
): Promise<HandedOff> {
  const { execute = false } = options;
  assertProvider(options.provider, execute);
  const timeoutMs = agentTimeoutMs(options.timeout);
  const opened = await openSession(host, options, {
    criteria: true,
    files: true,
    execute: true,
    provider: true,
    agentProgram: true,
    timeout: true,
  });
  const { repository } = opened;
  const masker = await sessionMasker(host, opened);
  const handoff = await handoffOf(opened, options, masker);
  if (handoff.prompt === null || !execute) return handoff;
  const { assertTrusted } = await import("../trust/foreign.ts");
  await assertTrusted(host, opened, "run an agent on it");
  const warnings = [...handoff.warnings];
  const program = options.agentProgram === undefined
    ? await configuredProgram(host, repository, warnings)
    : parsedProgram(options.agentProgram, "--agent-program");
  const run = await runAgent(host, program, {
    workingDirectory: repository.found.workingTree,
    timeoutMs,
    input: handoff.prompt,
    masker,
    signal: options.signal,
  });
  const session = opened.session.id;
  const now = await openSession(host, { ...options, session });
  return { ...handoff, ...standingOf(now), run, warnings };
}

/** The prompt, masked, where there is something that an agent could do. */
async function handoffOf(
  opened: OpenedSession,
  { criteria = [], files = [] }: HandOffOptions,
  { mask }: Masker,
): Promise<HandedOff> {
  const { repository, session, workflow, place } = opened;
  const { state, id: sessionId } = session;
  const handoff = { place, ...standingOf(opened), run: null };
  if (!handoff.summary.active || !hasWorkForAgents(workflow, state)) {
    return { ...handoff, prompt: null, warnings: [] };
  }
  const { root, workingTree } = repository.found;
  const { checkpoints, problems } = await checkpointsOf(
    repository,
    session,
  );
  const prompt = handoffPrompt({
    workflow,
    state,
    sessionId,
    root,
    workingTree,
    criteria: criteria.map(mask),
    files: files.map(mask),
    decisions: checkpoints.at(-1)?.decisions ?? [],
  });
  // An older session, or a file of another tool, may hold what nobody masked.
  return { ...handoff, prompt: mask(prompt), warnings: problems };
}

function standingOf(
  { session, workflow }: OpenedSession,
): Pick<HandedOff, "itemIds" | "summary"> {
  const summary = summarize(workflow, session.state);
  const open = summary.active ? openItems(workflow, session.state) : [];
  return { itemIds: open.map(({ item }) => item.id), summary };
}

interface AgentProgram extends Pick<ProgramRequest, "command"> {
  /** As it was named, for messages. */
  readonly name: string;
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

/** The program that the settings name, with what the repository says about it in vain. */
async function configuredProgram(
  host: Host,
  site: ConfigSite,
  warnings: string[],
): Promise<AgentProgram> {
  const merged = await readSetting(host, site, "agent_program");
  warnings.push(...await warningsAbout(host, site, "agent_program"));
  return parsedProgram(String(valueOf(merged)), originText(merged.origin));
}

function parsedProgram(text: string, origin: string): AgentProgram {
  const line = splitCommand(text);
  if (line.kind === "words") return { command: line.words, name: text };
  if (line.kind === "shell") return { command: { shell: text }, name: text };
  throw usage(
    "invalid_agent_program",
    `${origin} is no command line: ${uncapitalised(line.problem)}`,
    'name a program, such as --agent-program "claude --print"',
  );
}

/** The last one is what the Python tool calls a program. */
const PROVIDERS = ["manual", "agent", "claude_code"];

function assertProvider(
  provider: string | undefined,
  execute: boolean,
): void {
  if (provider !== undefined && !PROVIDERS.includes(provider)) {
    throw usage(
      "invalid_provider",
      `Provider ${quoted(provider)} is neither manual nor agent`,
      { details: { provider } },
    );
  }
  if (provider !== "manual" || !execute) return;
  throw usage(
    "conflicting_flags",
    "Cannot run a program: --provider manual asks for the prompt alone",
    "orc handoff --execute",
  );
}

function agentTimeoutMs(text: string | undefined): number {
  if (text === undefined) return AGENT_TIMEOUT_MS;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  throw usage(
    "invalid_timeout",
    `--timeout is "${text}", not a number of seconds up to ${MAX_TIMEOUT_SECONDS}`,
    "name seconds, such as --timeout 600",
  );
}

async function runAgent(
  host: Host,
  { command, name }: AgentProgram,
  bounds: Omit<ProgramRequest, "command">,
): Promise<AgentRun> {
  const ended = await host.runProgram({ command, ...bounds });
  const { exitCode, problem, stdout, stderr, durationSeconds } = ended;
  if (exitCode === 0 && problem === null) {
    return { program: name, stdout, stderr, durationSeconds };
  }
  const reason = problem ?? `It ended with exit code ${exitCode}`;
  const output = stderr.trim() || stdout.trim();
  const lastWords = tailOf(output, STORED_OUTPUT_LENGTH).split("\n");
  throw external(
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
