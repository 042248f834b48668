import type { Masker } from "../base/mask.ts";
import { checkpointsOf } from "../checkpoints/session_checkpoints.ts";
import { summarize, type Summary } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { sessionMasker } from "../secrets/masker.ts";
import {
  agentProgram,
  type AgentRun,
  agentTimeoutMs,
  assertTakeover,
  runAgent,
} from "./agent_program.ts";
import { canBeHandedOff, handoffPrompt, openItems } from "./rules.ts";

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
  readonly place: Place;
  /** Null when there is nothing an agent could do. */
  readonly prompt: string | null;
  /** Ids of the open items of the current phase. */
  readonly items: readonly string[];
  /** How the agent's program ended; null when none was run. */
  readonly run: AgentRun | null;
  /** Where the session stands now. */
  readonly summary: Summary;
  /** Which checkpoints cannot be read, and what is ignored, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Writes a prompt with which another agent can go on: task, constraints, open
 * items, what failed last, and the exact commands. What the session holds
 * stands in it between fences, so that no task or output passes for an
 * instruction. With `execute` it runs an agent's program on it; no lock is held
 * meanwhile, so that the agent can change the session.
 *
 * Requires `--allow-read` and, with `execute`, `--allow-run` and `--allow-env`.
 *
 * @throws {OrcError} `agent_program_failed` (external) if the program cannot be
 *   run, fails or takes too long; `details` holds its output
 * @throws {OrcError} `invalid_agent_program`, `invalid_timeout`,
 *   `invalid_provider` or `conflicting_flags` (usage) if the options make no
 *   sense
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { denoHost, handOff, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { prompt } = await handOff(host, { root, files: ["src/login.ts"] });
 * assert(prompt?.includes("Add login"));
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function handOff(
  host: Host,
  options: HandOffOptions = {},
): Promise<HandedOff> {
  const { execute = false } = options;
  assertTakeover(options.provider, execute);
  const timeoutMs = agentTimeoutMs(options.timeout);
  const opened = await openSession(host, options);
  const masker = await sessionMasker(host, opened);
  const handed = handedOff(opened, options, masker);
  const { prompt } = handed;
  if (prompt === null || !execute) return handed;
  const program = await agentProgram(
    host,
    opened.repository,
    options.agentProgram,
  );
  const run = await runAgent(host, program, {
    workingDirectory: opened.repository.found.workingTree,
    timeoutMs,
    input: prompt,
    masker,
  });
  const session = opened.session.id;
  const now = await openSession(host, { ...options, session });
  const warnings = [...handed.warnings, ...program.warnings];
  return { ...handed, ...standingOf(now), run, warnings };
}

function handedOff(
  opened: OpenedSession,
  { criteria = [], files = [] }: HandOffOptions,
  { mask }: Masker,
): HandedOff {
  const texts = { criteria: criteria.map(mask), files: files.map(mask) };
  const { repository, session, workflow, place } = opened;
  const { state } = session;
  const standing = standingOf(opened);
  const isOpen = standing.summary.active && canBeHandedOff(workflow, state);
  const handed = { place, ...standing, run: null };
  if (!isOpen) return { ...handed, prompt: null, warnings: [] };
  const { root, workingTree } = repository.found;
  const { checkpoints, problems } = checkpointsOf(repository, session);
  const prompt = handoffPrompt({
    workflow,
    state,
    sessionId: session.id,
    root,
    workingTree,
    ...texts,
    decisions: checkpoints.at(-1)?.decisions ?? [],
  });
  // An older session, or a file of another tool, may hold what nobody masked.
  return { ...handed, prompt: mask(prompt), warnings: problems };
}

function standingOf(
  { session, workflow }: OpenedSession,
): Pick<HandedOff, "items" | "summary"> {
  const { state } = session;
  const summary = summarize(workflow, state);
  const items = summary.active
    ? openItems(workflow, state).map(({ item }) => item.id)
    : [];
  return { items, summary };
}
