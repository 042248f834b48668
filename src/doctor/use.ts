import { onRefusal } from "../base/error.ts";
import { type Finding, isProblem } from "../base/finding.ts";
import { tellsChanges } from "../base/mount.ts";
import { isClosed } from "../engine/state.ts";
import { visibleKind } from "../files/read.ts";
import { isOfNoRepository } from "../files/root.ts";
import { freeBytesAt, mountAt } from "../files/tree.ts";
import type { Machine } from "../host/ephemeral.ts";
import type { Host } from "../host/host.ts";
import { pinWorkflow, SAMPLE_NAME } from "../repository/load.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { BUNDLED } from "../repository/overrides.ts";
import { secretFacts } from "../secrets/doctor.ts";
import { unlessDamaged } from "../session/entries.ts";
import { lookAtDatabase } from "../sessions/store.ts";
import { readValue } from "../settings/files.ts";
import { storeModuleOf } from "../settings/store_rules.ts";
import { readMachine } from "../settings/machine.ts";
import { readNotifyFailure } from "../notify/use.ts";
import { committedReader } from "../trust/committed.ts";
import { untrustedWorkflow } from "../trust/foreign.ts";
import { problemLine } from "../workflow/problem.ts";
import { unwritablePaths } from "./access.ts";
import {
  configFacts,
  type DiagnosisFacts,
  gatherFacts,
  type StoreFact,
  strandedStates,
} from "./facts.ts";
import { type IndexUse, keepIndex } from "./index.ts";
import { attempt, troubleOf } from "./look.ts";
import type { Repaired, RepairRequest } from "./repair.ts";
import { diagnose } from "./rules.ts";
import type { SessionView } from "./session_facts.ts";
import { diagnoseSessions, soundAmong } from "./session_rules.ts";

/** What doctor is to do besides looking. */
export interface DiagnoseOptions extends RepositoryOptions {
  /** Puts right what can be without losing anything. */
  readonly fix?: boolean;
  /** Reads every session, also those that have not changed since they were found sound. */
  readonly full?: boolean;
  /** Tells what `fix` would put right, and changes nothing. */
  readonly dryRun?: boolean;
  /** Puts a session right by a decision that only a human may take. */
  readonly repair?: RepairRequest;
}

/** How a repository is. */
export interface Diagnosis {
  /** Where it is; no session. */
  readonly place: Place;
  /** Whether no warning or error was found, or is left. */
  readonly healthy: boolean;
  /** How many sessions were looked at. */
  readonly sessions: number;
  /** How many of them were not read: no file of theirs has changed since they were last found sound. */
  readonly unchanged: number;
  /** The worst first; after a repair, what is left. */
  readonly findings: readonly Finding[];
  /** What `fix` has put right, or would put right. */
  readonly fixed: readonly Finding[];
  /** Whether it was only told what `fix` would put right. */
  readonly dryRun: boolean;
  /** What `repair` has done. */
  readonly repaired: Repaired | null;
  /** Why something could not be put right, and what became of a merge, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Looks for everything that keeps somebody from working, will or may. Looking takes no lock, changes
 * nothing, and goes on past whatever is damaged; its time grows with the number of sessions. Among a
 * hundred sessions or more it keeps an index of the sound ones, if it may write; those it does not
 * read again until their files change.
 *
 * The signal ends it between two sessions.
 *
 * Requires `--allow-read` and `--allow-env`; `--allow-write` to put something right, or to keep the
 * index. With
 * `--allow-sys` it knows the free space and who you are, with `--allow-run=git` the secrets that git's
 * credential helper has.
 *
 * @throws {OrcError} `not_damaged` (refused) if a repair is not needed
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no human says yes to a
 *   repair
 */
export async function diagnoseRepository(
  host: Host,
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const repository = openRepository(host, options, {
    fix: true,
    full: true,
    repair: true,
    dryRun: true,
  });
  const { repair, fix, full, dryRun = false } = options;
  // What is to be changed is judged anew.
  const use = repair || fix || full ? "renew" : "read";
  const look = () => endOf(lookAtAll(host, repository, use));
  const warnings: string[] = [];
  let facts = await look();
  const before = diagnose(facts);
  let repaired: Repaired | null = null;
  if (repair || fix) {
    const { fixFindings, repairDamaged } = await import("./repair.ts");
    if (repair) {
      const done = await repairDamaged(host, repository, repair, before);
      repaired = done.repaired;
      warnings.push(...done.warnings);
    }
    if (fix && !dryRun) warnings.push(...await fixFindings(repository, before));
    facts = await look();
  }
  const findings = diagnose(facts);
  if (!dryRun) rememberSound(host, facts);
  return {
    place: placeOf(repository, null),
    healthy: !findings.some(isProblem),
    sessions: facts.sessions.length,
    unchanged: facts.sessions.filter(({ isUnchanged }) => isUnchanged).length,
    findings,
    fixed: !fix
      ? []
      : dryRun
      ? before.filter(({ fixable }) => fixable)
      : before.filter(isGoneFrom(findings)),
    dryRun,
    repaired,
    warnings,
  };
}

/** Whose findings are wanted, and whether every session is to be read for them. */
export type EachFindingOptions =
  & RepositoryOptions
  & Pick<DiagnoseOptions, "full">;

/**
 * Goes through what {@linkcode diagnoseRepository} finds, while it still looks. What a session and its
 * lock tell comes as soon as that session was looked at: one session after the other by their ids, and
 * of each the worst first. What takes a view of all comes last, the worst first. Who goes on no further
 * ends the looking, and nothing more is read; so does the signal.
 *
 * Requires what {@linkcode diagnoseRepository} does for looking.
 */
export async function* eachFinding(
  host: Host,
  options: EachFindingOptions = {},
): AsyncGenerator<Finding, void> {
  const repository = openRepository(host, options, { full: true });
  const use = options.full ? "renew" : "read";
  const looking = lookAtAll(host, repository, use);
  const said = new Set<string>();
  let step = await looking.next();
  for (; !step.done; step = await looking.next()) {
    for (const finding of diagnoseSessions(step.value)) {
      said.add(JSON.stringify(finding));
      yield finding;
    }
  }
  const findings = diagnose(step.value);
  rememberSound(host, step.value);
  yield* findings.filter((each) => !said.has(JSON.stringify(each)));
}

async function endOf<End>(steps: AsyncGenerator<unknown, End>): Promise<End> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

function rememberSound(host: Host, facts: DiagnosisFacts): void {
  if (facts.index === null) return;
  const sound = soundAmong(facts).filter(({ id }) =>
    !facts.foreign.includes(id)
  );
  keepIndex(facts.layout, host.newToken(), facts.index, sound);
}

/** What is found no more was put right, here or by somebody else at the same moment. */
function isGoneFrom(left: readonly Finding[]): (finding: Finding) => boolean {
  const keyOf = ({ code, path }: Finding): string => `${code} ${path}`;
  const keys = new Set(left.map(keyOf));
  return (finding) => finding.fixable && !keys.has(keyOf(finding));
}

/** Looks at everything; on the way it yields the sessions of which something may be said. */
async function* lookAtAll(
  host: Host,
  repository: Repository,
  index: IndexUse,
): AsyncGenerator<SessionView, DiagnosisFacts> {
  const { layout, found, store } = repository;
  // What is wrong with the settings is told with them.
  const hasFiles = await store.capabilities()
    .then(({ files }) => files, onRefusal(() => false));
  const context = { ...repository.context, hasFiles };
  // It may be a mount point of its own.
  const path = visibleKind(layout.directory) === "directory"
    ? layout.directory
    : layout.root;
  const mount = mountAt(path);
  const isTold = mount?.hasModes !== false && tellsChanges(mount?.type ?? null);
  const use = isTold ? index : "none";
  const stored = yield* gatherFacts(layout, context, use);
  return {
    ...stored,
    paths: mount?.hasModes === false
      ? stored.paths.map((fact) => ({ ...fact, mode: null, uid: null }))
      : stored.paths,
    machine: await readMachine(host, repository).catch(onRefusal(() => STAYS)),
    notify: readNotifyFailure(layout),
    unwritable: await unwritablePaths(host, stored.paths),
    isProject: !isOfNoRepository(layout.root, host.homeDirectory()),
    foreign: await foreignSessions(host, repository, stored),
    stranded: attempt(layout.root, () => strandedStates(found)).found ?? [],
    disk: {
      path,
      freeBytes: await freeBytesAt(path),
      type: mount?.type ?? null,
      isReadOnly: mount?.isReadOnly ?? false,
    },
    store: await storeFacts(host, repository),
    workflow: await workflowFacts(host, repository),
    config: await configFacts(host, repository),
    secrets: await secretFacts(host, repository).catch((error) => ({
      trouble: troubleOf(error, layout.secrets),
    })),
  };
}

/** Where settings cannot be read, that is said of them. */
const STAYS: Machine = { place: null, vanishes: "no", branchPrefix: null };

/** What is wrong with the settings themselves is told with them. */
async function storeFacts(
  host: Host,
  repository: Repository,
): Promise<StoreFact | null> {
  const { layout: { root } } = repository;
  const store = await readValue(host, repository, "store")
    .catch(onRefusal(() => null));
  const module = storeModuleOf(String(store));
  if (store !== "postgres" && module === undefined) return null;
  try {
    if (module !== undefined) {
      await repository.store.count();
      return null;
    }
    return await lookAtDatabase(host, repository);
  } catch (error) {
    return { trouble: troubleOf(error, root) };
  }
}

/** Closed sessions run nothing any more. */
async function foreignSessions(
  host: Host,
  repository: Repository,
  { sessions }: Pick<DiagnosisFacts, "sessions">,
): Promise<readonly string[]> {
  const foreign: string[] = [];
  for (const { id, state, isUnchanged } of sessions) {
    if (state === null || isUnchanged || isClosed(state.status)) continue;
    const session = await unlessDamaged(() => repository.store.read(id), []);
    const isForeign = session &&
      await untrustedWorkflow(host, { repository, session }) !== undefined;
    if (isForeign) foreign.push(id);
  }
  return foreign;
}

/** Reads the workflow as a start here would: what that lets pass keeps nobody from starting. */
async function workflowFacts(
  host: Host,
  repository: Repository,
): Promise<DiagnosisFacts["workflow"]> {
  const none = { path: null, sha256: null, doubts: [] };
  try {
    const { path, sha256, warnings } = await pinWorkflow(
      host,
      repository,
      {},
      { sessionName: SAMPLE_NAME, readCommitted: committedReader(host) },
    );
    const doubts = warnings.filter(({ severity }) => severity === "error")
      .map((problem) => problemLine(problem, path ?? BUNDLED));
    return { path, sha256, doubts, trouble: null };
  } catch (error) {
    const { root } = repository.layout;
    return { ...none, trouble: troubleOf(error, root) };
  }
}
