import { OrcError } from "../base/error.ts";
import type { Finding } from "../base/finding.ts";
import type {
  DiagnoseOptions,
  Diagnosis,
  EachFindingOptions,
} from "../doctor/use.ts";
import type { Reviewed, ReviewOptions } from "../feedback/use.ts";
import type { FoundRoot } from "../files/root.ts";
import type { Analyzed, AnalyzeOptions } from "../history/use.ts";
import { denoHost } from "../host/deno_host.ts";
import type { Documents } from "../documents/documents.ts";
import type { Host, Terminal } from "../host/host.ts";
import type {
  ImportOptions,
  Migrated,
  MigrateOptions,
} from "../migration/use.ts";
import type { Probed, ProbeOptions } from "../persist/probe.ts";
import type { Pruned, PruneOptions } from "../persist/prune.ts";
import type { Pulled, PullOptions } from "../persist/pull.ts";
import type { Pushed } from "../persist/push.ts";
import type { PersistStatus, PersistStatusOptions } from "../persist/status.ts";
import type { PersistOptions } from "../persist/use.ts";
import {
  openRepository as open,
  type Place,
  type RepositoryOptions,
} from "../repository/open.ts";
import type { Cleanup, CleanupSessionsOptions } from "../sessions/cleanup.ts";
import type { EachSessionOptions, SessionLine } from "../sessions/list.ts";
import type { Switched, Unlocked, UnlockOptions } from "../sessions/manage.ts";
import type {
  PackOptions,
  Repacked,
  UnpackOptions,
} from "../sessions/packing.ts";
import type {
  ForgetOptions,
  Forgotten,
  RecoverableList,
  Recovered,
  RecoverOptions,
} from "../sessions/recover.ts";
import type { Moved, MoveOptions } from "../sessions/move.ts";
import type { StoreStatus, StoreUpgraded } from "../sessions/store.ts";
import type {
  Exported,
  ExportOptions,
  SnapshotOptions,
  SnapshotStream,
} from "../snapshot/export.ts";
import type { ResolvedWorkflow, ResolveOptions } from "../upstream/resolve.ts";
import type {
  UpdatedIncludes,
  UpdateIncludesOptions,
} from "../upstream/update.ts";
import type { Imported, ImportSnapshotOptions } from "../snapshot/import.ts";
import type { Inspected } from "../snapshot/inspect.ts";
import type { ReadOptions } from "../snapshot/read.ts";
import type { VerifyAttestationOptions } from "../trust/attestation.ts";
import type {
  Hooked,
  HookOptions,
  PushVerified,
  VerifyPushOptions,
} from "../trust/hook.ts";
import type { Verified } from "../trust/use.ts";
import type {
  Approvals,
  SessionApproval,
  WatchApprovalsOptions,
} from "../work/approvals.ts";
import type { NotifyTest } from "../notify/use.ts";
import type {
  Initialized,
  InitOptions,
  Validated,
  ValidateOptions,
  WorkflowList,
  WorkflowsOptions,
} from "../work/init.ts";
import type { StartOptions } from "../work/start.ts";
import {
  assertOnly,
  callIn,
  type CallOptions,
  type Given,
  type Site,
} from "./call.ts";
import { Session } from "./session.ts";
import { Config, Secrets } from "./settings.ts";

/** Where to look, with what machine, and how long to wait there. */
export interface OpenOptions extends CallOptions {
  /** The directory that holds, or will hold, `.orchestrator/`; without it, it is searched. */
  readonly root?: string;
  /**
   * The machine. Without it {@linkcode denoHost} without its terminal: a library asks nobody, and
   * acts of a human need a host that says how a human is asked.
   */
  readonly host?: Host;
  /** What keeps the sessions in the place of what the settings name; see `docs/backends.md`. */
  readonly documents?: Documents;
}

/**
 * Opens the repository that a directory belongs to. Reads only, makes nothing and holds nothing
 * open: the handle finds its root once, and each call goes to the files.
 *
 * Requires `--allow-read` for the root; without `root` also for what lies above the working
 * directory.
 *
 * @example
 * ```ts
 * import { openRepository } from "@orc/cli";
 *
 * const root = await Deno.makeTempDir();
 * const repository = await openRepository({ root });
 * const session = await repository.start("Add login");
 * const { phaseId, next } = await session.status();
 * console.log(phaseId, next?.command);
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @throws {OrcError} if there is no such directory, or none can be found; see {@linkcode findRoot}
 */
export async function openRepository(
  options: OpenOptions = {},
): Promise<Repository> {
  assertOnly(options, ["root", "host", "documents"]);
  const host = options.host ?? hostWithoutTerminal();
  const { host: _host, root: _root, ...base } = options;
  const { documents: _documents, ...place } = options;
  const found = await findRoot({ ...place, host });
  return new Repository({ host, base: { ...base, found } });
}

/**
 * Finds the root of a repository as the commands do: the directory that is named, else the one that
 * `ORCHESTRATOR_ROOT` names, else the nearest upwards that holds state of orc, `.git` or
 * workflow.yaml, else the working directory.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `no_such_root` (not_found), `root_not_a_directory` or `inside_git_directory`
 *   (usage)
 */
// deno-lint-ignore require-await
export async function findRoot(
  options: Omit<OpenOptions, "documents"> = {},
): Promise<FoundRoot> {
  assertOnly(options, ["root", "host"]);
  const { host = hostWithoutTerminal(), root, signal } = options;
  const site = {
    ...root !== undefined && { root },
    ...signal && { signal },
  };
  return open(host, site).found;
}

/** Its members are asked for one by one: not all that a machine has may be read. */
function hostWithoutTerminal(): Host {
  const members = Object.getOwnPropertyDescriptors(denoHost());
  const terminal = { value: NO_TERMINAL, enumerable: true };
  return Object.defineProperties({}, { ...members, terminal }) as Host;
}

const NO_TERMINAL: Terminal = {
  isInteractive: false,
  isOutputTerminal: false,
  isErrorTerminal: false,
  columns: 80,
  readLine: () => undefined,
  readHidden: () => undefined,
  showProgress: () => {},
};

/** A session whose id is known, as after its start. */
export type KnownSession = Session & { readonly id: string };

/** One repository: each method is one function of the library, in this repository. */
export class Repository {
  readonly #site: Site;
  /** Its root, and how it was found. */
  readonly found: FoundRoot;
  /** Its settings. */
  readonly config: Config;
  /** Its secrets. */
  readonly secrets: Secrets;

  /** Made by {@linkcode openRepository}. */
  constructor(site: Site & { readonly base: { readonly found: FoundRoot } }) {
    this.#site = site;
    this.found = site.base.found;
    this.config = new Config(site);
    this.secrets = new Secrets(site);
  }

  /** The directory that holds, or will hold, `.orchestrator/`; absolute. */
  get root(): string {
    return this.found.root;
  }

  /**
   * A session by its id, or by an unambiguous part of it; without one the session that is meant.
   * Nothing is looked up before the handle is used.
   */
  session(id?: string): Session {
    return new Session(this.#site, id);
  }

  /** The session that is meant, by its id; null where there is none. */
  async current(options: CallOptions = {}): Promise<KnownSession | null> {
    try {
      const { session } = await this.session().status(options);
      return this.session(session) as KnownSession;
    } catch (error) {
      if (error instanceof OrcError && error.code === "no_session") return null;
      throw error;
    }
  }

  /** Starts a session for a task: {@linkcode startSession}. */
  async start(
    task: string,
    options: Given<StartOptions, "task"> = {},
  ): Promise<KnownSession> {
    const { startSession } = await import("../work/start.ts");
    const call = callIn(this.#site, { ...options, task });
    const started = await startSession(this.#site.host, call);
    const id = started.place.session;
    return new Session(this.#site, id, started) as KnownSession;
  }

  /** Makes a session the caller's own: {@linkcode switchSession}. */
  async switch(id: string, options: CallOptions = {}): Promise<Switched> {
    const { switchSession } = await import("../sessions/manage.ts");
    const call = callIn(this.#site, { ...options, id });
    return await switchSession(this.#site.host, call);
  }

  /** Makes closed sessions one compressed file each: {@linkcode packSessions}. */
  async pack(options: Given<PackOptions> = {}): Promise<Repacked> {
    const { packSessions } = await import("../sessions/packing.ts");
    return await packSessions(this.#site.host, callIn(this.#site, options));
  }

  /** Gives packed sessions their files back: {@linkcode unpackSessions}. */
  async unpack(options: Given<UnpackOptions> = {}): Promise<Repacked> {
    const { unpackSessions } = await import("../sessions/packing.ts");
    return await unpackSessions(this.#site.host, callIn(this.#site, options));
  }

  /** Goes through the sessions, the newest first: {@linkcode eachSession}. */
  async *sessions(
    options: Given<EachSessionOptions> = {},
  ): AsyncGenerator<SessionLine, void> {
    const { eachSession } = await import("../sessions/list.ts");
    yield* eachSession(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Prepares it, and writes a workflow.yaml where there is none: {@linkcode initRepository}. */
  async init(options: Given<InitOptions> = {}): Promise<Initialized> {
    const { initRepository } = await import("../work/init.ts");
    return await initRepository(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Lists the workflows that come with orc: {@linkcode listWorkflows}. */
  async workflows(
    options: Given<WorkflowsOptions> = {},
  ): Promise<WorkflowList> {
    const { listWorkflows } = await import("../work/init.ts");
    return await listWorkflows(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Checks its workflow: {@linkcode validateWorkflow}. */
  async validate(options: Given<ValidateOptions> = {}): Promise<Validated> {
    const { validateWorkflow } = await import("../work/init.ts");
    return await validateWorkflow(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Its workflow with all that it includes: {@linkcode resolveWorkflow}. */
  async resolve(
    options: Given<ResolveOptions> = {},
  ): Promise<ResolvedWorkflow> {
    const { resolveWorkflow } = await import("../upstream/resolve.ts");
    return await resolveWorkflow(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Pins what its workflow includes to newer commits: {@linkcode updateIncludes}. */
  async updateIncludes(
    options: Given<UpdateIncludesOptions> = {},
  ): Promise<UpdatedIncludes> {
    const { updateIncludes } = await import("../upstream/update.ts");
    return await updateIncludes(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** What waits for a human in all its sessions: {@linkcode listApprovals}. */
  async approvals(options: CallOptions = {}): Promise<Approvals> {
    const { listApprovals } = await import("../work/approvals.ts");
    return await listApprovals(this.#site.host, callIn(this.#site, options));
  }

  /** Whether who is to be told when a human is waited for can be: {@linkcode testNotify}. */
  async notifyTest(options: CallOptions = {}): Promise<NotifyTest> {
    const { testNotify } = await import("../notify/use.ts");
    return await testNotify(this.#site.host, callIn(this.#site, options));
  }

  /** What comes to wait, until the signal ends it: {@linkcode watchApprovals}. */
  async *waiting(
    options: Given<WatchApprovalsOptions> = {},
  ): AsyncGenerator<SessionApproval, void> {
    const { watchApprovals } = await import("../work/approvals.ts");
    const call = callIn(this.#site, options);
    const { batches } = watchApprovals(this.#site.host, call);
    for await (const batch of batches) yield* batch;
  }

  /** Counts what its sessions have in common: {@linkcode analyzeSessions}. */
  async analyze(options: Given<AnalyzeOptions> = {}): Promise<Analyzed> {
    const { analyzeSessions } = await import("../history/use.ts");
    return await analyzeSessions(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Sums up the feedback on its sessions: {@linkcode reviewFeedback}. */
  async feedback(options: Given<ReviewOptions> = {}): Promise<Reviewed> {
    const { reviewFeedback } = await import("../feedback/use.ts");
    return await reviewFeedback(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Moves the older tool's files in, or back out: {@linkcode migrate}. */
  async migrate(options: Given<MigrateOptions> = {}): Promise<Migrated> {
    const { migrate } = await import("../migration/use.ts");
    return await migrate(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Copies the older tool's files in from elsewhere: {@linkcode importLegacy}. */
  async importLegacy(
    path: string,
    options: Given<ImportOptions, "path"> = {},
  ): Promise<Migrated> {
    const { importLegacy } = await import("../migration/use.ts");
    const call = callIn(this.#site, { ...options, path });
    return await importLegacy(this.#site.host, call);
  }

  /** Brings a session back whose files are gone: {@linkcode recoverSession}. */
  async recover(options: Given<RecoverOptions> = {}): Promise<Recovered> {
    const { recoverSession } = await import("../sessions/recover.ts");
    return await recoverSession(this.#site.host, callIn(this.#site, options));
  }

  /** What could be brought back: {@linkcode listRecoverable}. */
  async recoverable(options: CallOptions = {}): Promise<RecoverableList> {
    const { listRecoverable } = await import("../sessions/recover.ts");
    return await listRecoverable(this.#site.host, callIn(this.#site, options));
  }

  /** Lets a session go that is gone: {@linkcode forgetSession}. */
  async forget(options: Given<ForgetOptions> = {}): Promise<Forgotten> {
    const { forgetSession } = await import("../sessions/recover.ts");
    return await forgetSession(this.#site.host, callIn(this.#site, options));
  }

  /** Packs its sessions into a file: {@linkcode exportSnapshot}. */
  async exportSnapshot(options: Given<ExportOptions>): Promise<Exported> {
    const { exportSnapshot } = await import("../snapshot/export.ts");
    return await exportSnapshot(this.#site.host, callIn(this.#site, options));
  }

  /** Packs its sessions for a pipe: {@linkcode streamSnapshot}. */
  async streamSnapshot(
    options: Given<SnapshotOptions> = {},
  ): Promise<SnapshotStream> {
    const { streamSnapshot } = await import("../snapshot/export.ts");
    return await streamSnapshot(this.#site.host, callIn(this.#site, options));
  }

  /** Says what a snapshot holds: {@linkcode inspectSnapshot}. */
  async inspectSnapshot(options: ReadOptions): Promise<Inspected> {
    const { inspectSnapshot } = await import("../snapshot/inspect.ts");
    return await inspectSnapshot(this.#site.host, options);
  }

  /** Brings the sessions of a snapshot in: {@linkcode importSnapshot}. */
  async importSnapshot(
    options: Given<ImportSnapshotOptions>,
  ): Promise<Imported> {
    const { importSnapshot } = await import("../snapshot/import.ts");
    return await importSnapshot(this.#site.host, callIn(this.#site, options));
  }

  /** What a git remote lets orc keep there: {@linkcode probeRemote}. */
  async probe(options: Given<ProbeOptions> = {}): Promise<Probed> {
    const { probeRemote } = await import("../persist/probe.ts");
    return await probeRemote(this.#site.host, callIn(this.#site, options));
  }

  /** Sends sessions to a git remote: {@linkcode pushSessions}. */
  async push(options: Given<PersistOptions> = {}): Promise<Pushed> {
    const { pushSessions } = await import("../persist/push.ts");
    return await pushSessions(this.#site.host, callIn(this.#site, options));
  }

  /** Brings sessions from a git remote: {@linkcode pullSessions}. */
  async pull(options: Given<PullOptions> = {}): Promise<Pulled> {
    const { pullSessions } = await import("../persist/pull.ts");
    return await pullSessions(this.#site.host, callIn(this.#site, options));
  }

  /** How its sessions stand to those at a git remote: {@linkcode readPersistStatus}. */
  async persisted(
    options: Given<PersistStatusOptions> = {},
  ): Promise<PersistStatus> {
    const { readPersistStatus } = await import("../persist/status.ts");
    return await readPersistStatus(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Removes old copies at a git remote: {@linkcode pruneSessions}. */
  async prune(options: Given<PruneOptions> = {}): Promise<Pruned> {
    const { pruneSessions } = await import("../persist/prune.ts");
    return await pruneSessions(this.#site.host, callIn(this.#site, options));
  }

  /** Where its sessions are kept: {@linkcode readStoreStatus}. */
  async storeStatus(
    options: Given<RepositoryOptions> = {},
  ): Promise<StoreStatus> {
    const { readStoreStatus } = await import("../sessions/store.ts");
    return await readStoreStatus(this.#site.host, callIn(this.#site, options));
  }

  /** Moves its sessions between files and the database: {@linkcode moveSessions}. */
  async moveSessions(options: Given<MoveOptions>): Promise<Moved> {
    const { moveSessions } = await import("../sessions/move.ts");
    return await moveSessions(this.#site.host, callIn(this.#site, options));
  }

  /** Makes or renews the tables of the database: {@linkcode upgradeStore}. */
  async upgradeStore(
    options: Given<RepositoryOptions> = {},
  ): Promise<StoreUpgraded> {
    const { upgradeStore } = await import("../sessions/store.ts");
    return await upgradeStore(this.#site.host, callIn(this.#site, options));
  }

  /** Whether an attestation speaks for a commit: {@linkcode verifyAttestation}. */
  async verifyAttestation(
    options: Given<VerifyAttestationOptions>,
  ): Promise<Verified> {
    const { verifyAttestation } = await import("../trust/attestation.ts");
    return await verifyAttestation(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Has git ask before it pushes, or no longer: {@linkcode changePushHook}. */
  async changePushHook(options: Given<HookOptions> = {}): Promise<Hooked> {
    const { changePushHook } = await import("../trust/hook.ts");
    return await changePushHook(this.#site.host, callIn(this.#site, options));
  }

  /** Whether what is pushed may be: {@linkcode verifyPush}. */
  async verifyPush(options: Given<VerifyPushOptions>): Promise<PushVerified> {
    const { verifyPush } = await import("../trust/hook.ts");
    return await verifyPush(this.#site.host, callIn(this.#site, options));
  }

  /** Looks for what is damaged or in the way: {@linkcode diagnoseRepository}. */
  async doctor(options: Given<DiagnoseOptions> = {}): Promise<Diagnosis> {
    const { diagnoseRepository } = await import("../doctor/use.ts");
    const call = callIn(this.#site, options);
    return await diagnoseRepository(this.#site.host, call);
  }

  /** Goes through what {@linkcode Repository.doctor} finds, while it still looks: {@linkcode eachFinding}. */
  async *findings(
    options: Given<EachFindingOptions> = {},
  ): AsyncGenerator<Finding, void> {
    const { eachFinding } = await import("../doctor/use.ts");
    yield* eachFinding(this.#site.host, callIn(this.#site, options));
  }

  /** Removes old closed sessions: {@linkcode cleanupSessions}. */
  async cleanup(
    options: Given<CleanupSessionsOptions> = {},
  ): Promise<Cleanup & { readonly place: Place }> {
    const { cleanupSessions } = await import("../sessions/cleanup.ts");
    return await cleanupSessions(
      this.#site.host,
      callIn(this.#site, options),
    );
  }

  /** Shows who holds its locks, or removes them: {@linkcode unlock}. */
  async unlock(options: Given<UnlockOptions> = {}): Promise<Unlocked> {
    const { unlock } = await import("../sessions/manage.ts");
    return await unlock(
      this.#site.host,
      callIn(this.#site, options),
    );
  }
}
