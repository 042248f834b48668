import type { OrcErrorCode } from "../base/codes.ts";
import { usage } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import { jsonObject, type JsonValue } from "../base/json.ts";
import { MAX_CONSTRAINT_LENGTH, MAX_TASK_LENGTH } from "../base/limits.ts";
import { sessionNameOf } from "../base/names.ts";
import { lengthOf } from "../base/text.ts";
import type { Action } from "../engine/action.ts";
import { decide } from "../engine/decide.ts";
import type { Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import type { HeldLock } from "../files/lock.ts";
import { foreignOwner } from "../files/tree.ts";
import type { Host } from "../host/host.ts";
import {
  type PinnedWorkflow,
  pinWorkflow,
  type WorkflowChoice,
} from "../repository/load.ts";
import {
  openRepository,
  placeOf,
  type Repository,
  type RepositoryOptions,
  type SessionPlace,
} from "../repository/open.ts";
import { overrideTexts } from "../repository/overrides.ts";
import {
  assertNoOwnSession,
  withPreparedRepository,
} from "../repository/prepare.ts";
import type { ChosenSize } from "../repository/sizing.ts";
import type { ReadCommitted } from "../repository/said.ts";
import { ownersOf } from "../repository/select.ts";
import { maskAction, sessionMasker } from "../secrets/masker.ts";
import { notChosen, writeBinding, writeCurrent } from "../session/create.ts";
import { readBinding } from "../session/read.ts";
import {
  markTold,
  missingSpares,
  removeOldSpares,
  type Spare,
} from "../session/spare.ts";
import type { Session } from "../session/store.ts";
import type { Problem } from "../workflow/problem.ts";
import { definitionHash } from "../workflow/sizes.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type { Decision, Workflow } from "../workflow/types.ts";
import { type Ahead, aheadOf } from "./agent.ts";
import { readBeginning } from "./beginning.ts";

/** A task, and how it is to be worked on. */
export interface StartOptions extends RepositoryOptions, WorkflowChoice {
  /** What is to be done; 1 to 10,000 characters. */
  readonly task: string;
  /** Name of the project the task belongs to; kept and shown. */
  readonly project?: string;
  /** What must hold throughout; each 1 to 1000 characters. */
  readonly constraints?: readonly string[];
  /** Starts a further session while the caller's own is active. */
  readonly beside?: boolean;
  /** A size of the workflow, or `auto`: then orc decides from the task's words, as without it. */
  readonly size?: string;
}

/** What runs tests. */
export interface TestRun {
  /** The command, with the settings filled in. */
  readonly command: string;
  /** Where it runs, relative to the working tree; null for the tree itself. */
  readonly workingDir: string | null;
}

/** A session that has started. */
export interface Started extends Ahead {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Where it stands: at the beginning. */
  readonly summary: Summary;
  /** Where the work is done and checks run, absolute; not the root in a linked worktree. */
  readonly workingTree: string;
  /** The file the workflow came from, absolute; null when it is the bundled one. */
  readonly workflowPath: string | null;
  /** What runs the tests, each once; empty where no check of the workflow demands that some ran. */
  readonly tests: readonly TestRun[];
  /** The size of the task; null where the workflow has none. */
  readonly size: string | null;
  /** Why it has that size, in one sentence; null in the same case. */
  readonly sizeReason: string | null;
  /** What is doubtful in the workflow, but does not keep it from being used; at most 20. */
  readonly problems: readonly Problem[];
  /** What the bundled workflow does not check, and what went wrong after the session counted. */
  readonly warnings: readonly string[];
}

/**
 * Starts a session for a task and makes it the caller's own. It follows workflow.yaml, else the
 * bundled workflow, as it is now: later changes of the file do not count. Everything is checked
 * before anything is written; `current` is written last. Of two starts by one caller at once, one
 * is refused.
 *
 * Requires `--allow-read` and `--allow-write`; from the sources, or as an npm package on Deno, also
 * `--allow-env=LOG_TOKENS,LOG_STREAM` for the YAML parser.
 *
 * @throws {OrcError} `session_active` (refused) if the caller's own session is still active, and
 *   `beside` is not set
 * @throws {OrcError} `invalid_workflow` or `invalid_yaml` (config) with all problems at once,
 *   `invalid_overrides` if `.orchestrator.yaml` holds no settings, `orc_version` if the workflow
 *   asks for another orc
 * @throws {OrcError} `loosening_refused` (denied) if a flag, a variable or a file that is not
 *   committed would loosen what the workflow demands, or the size is smaller than orc finds, and the
 *   caller is an agent
 * @throws {OrcError} `no_such_size` (usage) if the workflow does not have the size
 * @throws {OrcError} `no_such_workflow` (not_found) if the file named does not exist
 * @throws {OrcError} `invalid_task` or `invalid_constraint` (usage) if a text is blank or too long
 * @throws {OrcError} `unconfirmed` (external) if the session is stored, but might not survive a
 *   power cut; `session_not_chosen` if it is stored, but nobody could be put into it
 */
export async function startSession(
  host: Host,
  options: StartOptions,
): Promise<Started> {
  const repository = openRepository(host, options, {
    task: true,
    file: true,
    testCommand: true,
    buildCommand: true,
    project: true,
    constraints: true,
    beside: true,
    size: true,
  });
  assertFits(options.task, TASK);
  for (const text of options.constraints ?? []) assertFits(text, CONSTRAINT);
  const token = handed("newToken()", host.newToken());
  const readCommitted = committedBy(host, options.signal);
  const whole = await pinFor(host, repository, options, token, readCommitted);
  const pinned = await sized(host, repository, whole, options);
  const { chosen } = pinned;
  const missing = missingSpares(repository.layout);
  const { task } = options;
  const seen = { task, whole, pinned, readCommitted };
  const beginning = await readBeginning(host, repository, seen);
  const action: Action = {
    type: "start",
    workflowId: `wf_${token.slice(0, 8)}`,
    task,
    project: options.project ?? null,
    constraints: options.constraints ?? [],
    metadata: new Map([...pinned.metadata, ...beginning.metadata]),
    definition: pinned.definition,
    facts: jsonObject({
      definition_sha256: await definitionHash(pinned.definition),
      ...beginning.facts,
      ...chosen ? { size: chosen.size, size_reason: chosen.reason } : {},
      ...(missing.length > 0 ? { missing: missing.map(encodeMissing) } : {}),
    }),
  };
  const { workflow } = pinned;
  const { mask } = await sessionMasker(host, { repository, workflow });
  const decision = decide(workflow, undefined, maskAction(action, mask), {
    at: handed("now()", host.now()),
    caller: host.caller(),
  });
  const { beside = false } = options;
  if (!beside) await assertNoOwnSession(host, repository);
  const warnings = [
    ...missing.map(missingText),
    ...overrideTexts(pinned.overrides),
    ...pinned.unchecked,
    ...beginning.warnings,
  ];
  const work = async (lock: HeldLock): Promise<Session> => {
    // Two starts of one caller at once: the one that comes second finds the first one's session.
    if (!beside) await assertNoOwnSession(host, repository);
    return await store(host, repository, decision, { lock, warnings });
  };
  const how = { warnings };
  const session = await withPreparedRepository(host, repository, how, work);
  warnings.push(...foreignOwner(repository.layout));
  beginning.keep();
  // From now on only doctor says it, and who asks.
  markTold(missing);
  await removeOldSpares(repository.layout.root, host.now());
  const summary = summarize(
    { ...workflow, session: session.id },
    session.state,
  );
  return {
    place: placeOf(repository, session.id),
    summary,
    ...aheadOf(workflow, summary),
    workingTree: repository.found.workingTree,
    workflowPath: pinned.path,
    tests: testsOf(workflow),
    size: chosen?.size ?? null,
    sizeReason: chosen?.reason ?? null,
    problems: pinned.warnings,
    warnings,
  };
}

function missingText({ id, states }: Spare): string {
  const serial = states[0]?.serial ?? 0;
  return `Session "${id}" at update ${serial} is missing; to bring it back: orc recover ${id}`;
}

function encodeMissing({ id, states }: Spare): JsonValue {
  return jsonObject({ session: id, serial: states[0]?.serial ?? 0 });
}

function testsOf({ phases, settings }: Workflow): readonly TestRun[] {
  const runs = phases.flatMap(({ items }) =>
    items.flatMap(({ verification, workingDir }) => {
      const isTest = verification.type === "command" &&
        verification.expectTests;
      const command = isTest && subjectOfCheck(verification, settings);
      return command ? [{ command, workingDir }] : [];
    })
  );
  const keys = runs.map((run) => JSON.stringify(run));
  return runs.filter((_, index) => keys.indexOf(keys[index] ?? "") === index);
}

/** The workflow, with a name in it that is made of the task: a secret there would come back. */
async function pinFor(
  host: Host,
  repository: Repository,
  options: StartOptions,
  token: string,
  readCommitted: ReadCommitted,
): Promise<PinnedWorkflow> {
  const pin = (sessionName: string) =>
    pinWorkflow(host, repository, options, {
      ...{ sessionName, readCommitted },
      ...{ mayFetch: true, signal: options.signal },
    });
  const pinned = await pin(sessionNameOf(options.task, token));
  const { workflow } = pinned;
  const { mask } = await sessionMasker(host, { repository, workflow });
  const task = mask(options.task);
  if (task === options.task) return pinned;
  return await pin(sessionNameOf(task, token));
}

/** Loaded only for a workflow with sizes, or where a size is asked for. */
async function sized(
  host: Host,
  repository: Repository,
  pinned: PinnedWorkflow,
  { task, size }: StartOptions,
): Promise<PinnedWorkflow & { readonly chosen: ChosenSize | null }> {
  if (!pinned.workflow.sizing && size === undefined) {
    return { ...pinned, chosen: null };
  }
  const { withSize } = await import("../repository/sizing.ts");
  const { riskMatcherOf } = await import("../checks/tree_rules.ts");
  return withSize(host, repository, pinned, { task, size, riskMatcherOf });
}

/** Loaded only where a commit is asked. */
function committedBy(
  host: Host,
  signal: AbortSignal | undefined,
): ReadCommitted {
  return async (path) => {
    const { committedReader } = await import("../trust/committed.ts");
    return await committedReader(host, signal)(path);
  };
}

async function store(
  host: Host,
  repository: Repository,
  decision: Decision,
  { lock, warnings }: { lock: HeldLock; warnings: string[] },
): Promise<Session> {
  const owners = ownersOf(host, repository);
  const { layout } = repository;
  // A binding that cannot be read would not be replaced either, and the session is there by then.
  for (const owner of owners) await readBinding(layout, owner);
  const newId = await host.idSource();
  const session = await repository.store.create({
    id: newId(),
    decision,
    localTime: host.localNow(),
    owner: owners.find(({ kind }) => kind === "agent")?.name,
  });
  try {
    const binding = { session: session.id, at: host.now() };
    for (const owner of owners) {
      warnings.push(
        ...await writeBinding(layout, owner, binding, lock.token),
      );
    }
    warnings.push(...writeCurrent(layout, session.id, lock));
  } catch (error) {
    throw notChosen(layout, session.id, error);
  }
  return session;
}

/** A text, and what is wrong with another length of it. */
interface Kind {
  readonly code: OrcErrorCode;
  readonly name: string;
  readonly limit: number;
  readonly hint: string;
}

const TASK: Kind = {
  code: "invalid_task",
  name: "The task",
  limit: MAX_TASK_LENGTH,
  hint: 'orc start "<what is to be done>"',
};

const CONSTRAINT: Kind = {
  code: "invalid_constraint",
  name: "A constraint",
  limit: MAX_CONSTRAINT_LENGTH,
  hint: 'orc start "TASK" --constraint "<what must hold>"',
};

function assertFits(text: string, kind: Kind): void {
  const { code, name, limit, hint } = kind;
  const length = lengthOf(text);
  if (text.trim() !== "" && length <= limit) return;
  const problem = length > limit
    ? `has ${length} characters; at most ${limit} are kept`
    : "is empty";
  throw usage(code, `${name} ${problem}`, hint);
}
