/** What a host of agents is answered when it calls a hook of orc. */
import { isOrcError, OrcError, orElse } from "../base/error.ts";
import { isAbsolutePath, parentDirectory, resolvePath } from "../base/path.ts";
import { inOneLine, quoted } from "../base/text.ts";
import { saveCheckpoint } from "../checkpoints/use.ts";
import type { NextStep, Summary } from "../engine/standing.ts";
import { entriesIn, fileKind } from "../files/read.ts";
import { throughLinks } from "../files/links.ts";
import type { Host } from "../host/host.ts";
import {
  assertKnown,
  mayHoldLegacy,
  openRepository,
  type Place,
  placeOf,
  type Repository,
} from "../repository/open.ts";
import type { SessionOptions, SessionSource } from "../repository/select.ts";
import { readBindingFile } from "../session/read.ts";
import { readNext } from "../work/agent.ts";
import { readStatus } from "../work/status.ts";
import { hasCome } from "../workflow/supervision.ts";
import {
  NEVER_SENT,
  readSent,
  rememberFired,
  rememberSent,
  type Sent,
} from "./hook_memory.ts";
import {
  answerFor,
  type HookCall,
  readCall,
  type Verdict,
} from "./hook_rules.ts";
import {
  eventNamed,
  type HookEvent,
  type HostKind,
  hostNamed,
  HOSTS,
} from "./host_rules.ts";
import { primeAgent } from "./prime.ts";
import { hooksText } from "./site.ts";
import { verifyNamedWrites } from "./write.ts";

/** What a host calls. */
export interface HookOptions extends SessionOptions {
  /** Which host: `claude`, `codex`, `cursor`, `gemini`, `copilot` or `opencode`. */
  readonly host: string;
  /** What happens there: the host's own name of it, or `SessionStart`, `PreToolUse`, `Stop`, `PreCompact` or `SessionEnd`. */
  readonly event: string;
  /** What the host says of it, as JSON. */
  readonly input: string;
  /** Answers, and remembers nothing: to try a hook. */
  readonly trial?: boolean;
}

/** What the host gets. */
export interface HookAnswered {
  /** Which repository was looked at; null where there is none. */
  readonly place: Place | null;
  /** What the host reads on standard output, in its own form; null for nothing. */
  readonly answer: object | null;
  /** Why orc had nothing to say, as sentences for people. */
  readonly warnings: readonly string[];
}

/** A tool may be handed a whole file, and more than one. */
export const MAX_HOOK_INPUT_BYTES = 64 * 1024 * 1024;

/** How often an agent is sent back that got nothing done in between. */
const MAX_SENT_BACK = 2;

/**
 * Answers a hook of an agent's host in the host's own way. Where an agent begins, or its memory was cut, it
 * is told what {@linkcode primeAgent} says. A tool that would change the state of orc, or a file that the
 * phase does not let be changed, is denied. An agent that stops though there is something it can do is sent
 * back with the next command, at most twice before it gets anything done; at a human's gate it may stop.
 * Before its memory is cut, and where it ends, a checkpoint is kept.
 *
 * Never in the host's way: what orc does not know, or cannot read, is a warning and no answer. Only a change
 * of files is denied where a session is there and cannot be judged.
 *
 * Requires `--allow-read`, and `--allow-write` and `--allow-run` of git for all but the judgement of a tool.
 */
export async function answerHook(
  host: Host,
  options: HookOptions,
): Promise<HookAnswered> {
  assertKnown(options, { host: true, event: true, input: true, trial: true });
  const { host: name, event: eventName, input, trial = false, ...where } =
    options;
  const kind = hostNamed(name);
  const event = kind && eventNamed(kind, eventName);
  if (kind === undefined) {
    const known = HOSTS.map((each) => each.name).join(", ");
    return nothing(`Unknown host ${quoted(name)}: known are ${known}`);
  }
  if (event === undefined) {
    return nothing(`Nothing is done at ${quoted(eventName)} of ${kind.title}`);
  }
  const call = readCall(input);
  const caller = call === undefined
    ? host
    : hostOf(host, kind, call, call.directory);
  let found: readonly Seen[];
  try {
    const own = host.workingDirectory;
    found = repositoriesOf(caller, { call, event, kind, own, where });
  } catch (error) {
    return nothing(messageOf(error));
  }
  const [first, ...others] = found;
  if (first === undefined) return nothing();
  const { repository } = first;
  const directory = caller.workingDirectory;
  const place = placeOf(repository, null);
  const warnings: string[] = [];
  const answering = { ...first, others, directory, kind, event, call, trial };
  const verdict = await judge(answering, where).catch((error) => {
    warnings.push(messageOf(error));
    return failed(event, error);
  });
  if (!trial) warnings.push(...remembered(answering));
  const answer = answerFor(kind, event, verdict) ?? null;
  return { place, answer, warnings };
}

function nothing(...warnings: readonly string[]): HookAnswered {
  return { place: null, answer: null, warnings };
}

/** One line, whatever went wrong: a host shows it beside its own. */
function messageOf(error: unknown): string {
  if (!(error instanceof OrcError)) throw error;
  return inOneLine(error.message);
}

/** Whoever may not be judged must not write. */
function failed(event: HookEvent, error: unknown): Verdict {
  return event === "PreToolUse"
    ? {
      type: "deny",
      text: `Whether files may be changed cannot be told: ${
        messageOf(error)
      }. A human finds out more with: orc doctor`,
    }
    : { type: "pass" };
}

/** A repository in which nobody used orc has nothing to say to an agent. */
function isInUse({ layout }: Repository): boolean {
  return fileKind(layout.directory) === "directory" ||
    mayHoldLegacy(layout.root);
}

/**
 * The host's session is the agent, as where its programs call orc. A host whose programs cannot tell its id
 * must not have one here, or the two would be taken for different agents.
 */
function hostOf(
  host: Host,
  kind: HostKind,
  call: HookCall,
  directory: string | null,
): Host {
  const agent = kind.tellsId && call.id !== null
    ? `${kind.agent}:${call.id}`
    : host.caller().agent ?? kind.agent;
  const caller = (): ReturnType<Host["caller"]> => ({
    ...host.caller(),
    agent,
  });
  // A host may be an object of a class, whose methods ask for it.
  return new Proxy(host, {
    get(target, key) {
      if (key === "caller") return caller;
      if (key === "workingDirectory" && directory !== null) {
        if (isAbsolutePath(directory)) return directory;
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A repository, and who asks there. */
interface Seen {
  readonly host: Host;
  readonly repository: Repository;
}

/**
 * The repositories in use that a call is about: that in which the agent works and, where it edits files,
 * those in which these lie. Where an agent says it works is no way around.
 *
 * @throws {OrcError} why none can be opened
 */
function repositoriesOf(
  caller: Host,
  { call, event, kind, own, where }: {
    readonly call: HookCall | undefined;
    readonly event: HookEvent;
    readonly kind: HostKind;
    /** Where the hook itself was started: an edit is judged there too. */
    readonly own: string;
    readonly where: SessionOptions;
  },
): readonly Seen[] {
  const paths = event === "PreToolUse" ? call?.paths ?? [] : [];
  const isEdit = event === "PreToolUse" && call?.isEdit;
  const directories = new Set([
    ...paths.flatMap((path) =>
      directoriesAround(resolvePath(caller.workingDirectory, path))
    ),
    ...isEdit ? [own] : [],
  ]);
  const hosts = [
    caller,
    ...Array.from(
      directories,
      (directory) => call ? hostOf(caller, kind, call, directory) : caller,
    ),
  ];
  const seen = new Map<string, Seen>();
  const failures: unknown[] = [];
  for (const host of hosts) {
    try {
      const repository = openRepository(host, where, {});
      const { found: { root, workingTree } } = repository;
      const key = JSON.stringify([root, workingTree]);
      if (!seen.has(key)) seen.set(key, { host, repository });
    } catch (error) {
      messageOf(error);
      failures.push(error);
    }
  }
  if (seen.size === 0) throw failures[0];
  return [...seen.values()].filter(({ repository }) => isInUse(repository));
}

/** Directories from which the repository of a file is looked for: of its name, and of where that leads. */
function directoriesAround(path: string): readonly string[] {
  const real = orElse(() => throughLinks(path), () => path);
  return [path, real].map((each) => {
    // What git and orc keep belongs to the directory around it.
    const [outside = ""] = /^.*?(?=\/\.(?:git|orchestrator)(?:\/|$))/i
      .exec(each) ?? [parentDirectory(each)];
    let directory = outside === "" ? "/" : outside;
    while (orElse(() => fileKind(directory), () => "absent") !== "directory") {
      const above = parentDirectory(directory);
      if (above === undefined) break;
      directory = above;
    }
    return directory;
  });
}

interface Answering {
  readonly host: Host;
  readonly kind: HostKind;
  readonly event: HookEvent;
  readonly call: HookCall | undefined;
  readonly repository: Repository;
  /** Where else a tool is about to change files. */
  readonly others: readonly Seen[];
  /** Where the agent works, as the host says. */
  readonly directory: string;
  readonly trial: boolean;
}

async function judge(
  answering: Answering,
  where: SessionOptions,
): Promise<Verdict> {
  const { call, event, host, kind, repository } = answering;
  if (call !== undefined && isForCursor(kind, call, repository)) return PASS;
  switch (event) {
    case "SessionStart": {
      const { text } = await primeAgent(host, where);
      return { type: "context", text };
    }
    case "PreToolUse":
      return await judgeTool(answering, where);
    case "Stop":
      return await judgeStop(answering, where);
    case "PreCompact":
    case "SessionEnd":
      return await keepCheckpoint(answering, where);
  }
}

const PASS: Verdict = { type: "pass" };

/** Cursor runs the hooks of Claude Code too: where its own are there, nothing is said twice. */
function isForCursor(
  { name }: HostKind,
  { isCursor }: HookCall,
  { layout }: Repository,
): boolean {
  const cursor = hostNamed("cursor");
  if (name !== "claude" || !isCursor || cursor === undefined) return false;
  const site = { base: layout.root, isGlobal: false };
  return hooksText(site, cursor).includes("orc hook cursor");
}

async function judgeTool(
  { host, others, directory, call }: Answering,
  where: SessionOptions,
): Promise<Verdict> {
  if (call !== undefined && !call.isEdit) return PASS;
  const given = call?.paths ?? [];
  const seen = given.map((path) => resolvePath(directory, path));
  const paths = host.workingDirectory === directory ? given : seen;
  const isKnown = call !== undefined && !call.isUnclear;
  try {
    const { active } = await verifyNamedWrites(host, { ...where, paths });
    if (active && !isKnown) {
      return { type: "deny", text: call === undefined ? UNREAD : UNCLEAR };
    }
    for (const other of others) {
      await verifyNamedWrites(other.host, { ...where, paths: seen });
    }
    return PASS;
  } catch (error) {
    const isRefusal = isOrcError(error, "write_not_allowed") ||
      isOrcError(error, "state_not_yours");
    if (!isRefusal) throw error;
    return { type: "deny", text: `${error.message}. Next: orc next` };
  }
}

const UNREAD = "What the host says of the tool cannot be read";

const UNCLEAR =
  "Which files this changes cannot be told: name each by its path, and change no directory before a patch";

async function judgeStop(
  { host, repository, trial }: Answering,
  where: SessionOptions,
): Promise<Verdict> {
  const status = await statusIfThere(host, where);
  if (status === undefined || !isOwn(repository, status)) return PASS;
  const { next, owner, place: { session } } = await readNext(host, where);
  if (next === null || owner !== null) return PASS;
  if (isHumans(next, status.at)) {
    return {
      type: "tell",
      text: `orc: a human's turn, in a terminal: ${
        next.answer ?? next.command
      }`,
    };
  }
  const agent = host.caller().agent ?? "";
  const { layout } = repository;
  const before = readSent(layout, session, agent);
  const progress = progressOf(status);
  const times = before.progress === progress ? before.times : 0;
  if (times >= MAX_SENT_BACK) {
    return {
      type: "tell",
      text: `orc: the agent stopped though there is work left: ${next.command}`,
    };
  }
  if (!trial) {
    // Before it is answered: an agent must not be sent back for ever where nothing can be remembered.
    remember(host, layout, session, {
      ...before,
      progress,
      times: times + 1,
    });
  }
  return { type: "continue", text: reasonToGoOn(next) };
}

function remember(
  host: Host,
  layout: Repository["layout"],
  session: string,
  sent: Sent,
): void {
  const agent = host.caller().agent ?? "";
  rememberSent(layout, session, { agent, sent, token: host.newToken() });
}

function reasonToGoOn(next: NextStep): string {
  const what = next.item === null ? "" : ` Item: ${inOneLine(next.item.name)}.`;
  return `The work that orc leads is not done.${what} Next: ${next.command} (details: orc next). If you cannot go on, say why: orc note "<why>"`;
}

/** Nobody but a human, or their clock, gets past it. */
function isHumans({ human, item }: NextStep, at: string): boolean {
  const passesAt = item?.passesAt ?? null;
  return human || passesAt !== null && !hasCome(passesAt, at);
}

/** How far a session is; notes, and checks that fail, get nothing done. */
function progressOf(
  { phaseId, progress: { completed, skipped } }: Summary,
): string {
  return `${phaseId} ${completed} ${skipped}`;
}

type Standing = Awaited<ReturnType<typeof readStatus>>;

async function statusIfThere(
  host: Host,
  where: SessionOptions,
): Promise<Standing | undefined> {
  try {
    const status = await readStatus(host, where);
    return status.active ? status : undefined;
  } catch (error) {
    if (!isOrcError(error, "no_session")) throw error;
    return undefined;
  }
}

const OWN: ReadonlySet<SessionSource> = new Set([
  "flag",
  "environment",
  "agent",
  "worktree",
]);

/** An agent that only looks around is not sent to the work of another. */
function isOwn(
  { layout }: Repository,
  { session, sessionSource }: Standing,
): boolean {
  if (OWN.has(sessionSource)) return true;
  return !entriesIn(layout.bindings, "list the bindings")
    .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
    .some(({ name }) =>
      readBindingFile(`${layout.bindings}/${name}`) === session
    );
}

async function keepCheckpoint(
  { host, kind, event, repository, trial }: Answering,
  where: SessionOptions,
): Promise<Verdict> {
  const status = await statusIfThere(host, where);
  if (trial || status === undefined || !isOwn(repository, status)) return PASS;
  const { session, serial } = status;
  const { layout } = repository;
  const before = readSent(layout, session, host.caller().agent ?? "");
  // Nothing has happened since the last one.
  if (before.kept === serial) return PASS;
  const message = event === "PreCompact"
    ? `Before ${kind.title} cut its memory`
    : `When ${kind.title} ended`;
  await saveCheckpoint(host, { ...where, message });
  remember(host, layout, session, { ...NEVER_SENT, ...before, kept: serial });
  return PASS;
}

/** That a hook fired is remembered for `orc agents status`; where it cannot be, that is said and no more. */
function remembered({ host, kind, event, repository }: Answering): string[] {
  try {
    const at = host.now();
    const token = host.newToken();
    rememberFired(repository.layout, kind.name, { event, at, token });
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}
