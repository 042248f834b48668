import { OrcError, usage } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  type SessionLayout,
  sessionLayout,
  sessionLayoutAt,
} from "../base/layout.ts";
import { quoted } from "../base/text.ts";
import { isThere } from "../files/read.ts";
import { denoHost } from "../host/deno_host.ts";
import type { Host } from "../host/host.ts";
import { assertKnown, openRepository as open } from "../repository/open.ts";
import type { SessionStore } from "../session/store.ts";
import type { StartOptions } from "../work/start.ts";
import { assertOnly, type CallOptions, type Given } from "./call.ts";
import type { SessionReading } from "./read.ts";
import { openRepository } from "./repository.ts";

/** Whose paths are meant. */
export interface PathsOptions {
  /** The directory that holds `.orchestrator/`; without it, it is found as the commands find it. */
  readonly baseDir?: string;
  /** The session whose files are meant; without it, those of no session. */
  readonly sessionId?: string;
}

/**
 * Where everything lies, under the names of the Python tool's design: `session_dir()` is
 * {@linkcode OrchestratorPaths.sessionDir}. Paths have `/` between their parts on every system.
 *
 * Requires no permission where `baseDir` is given, else `--allow-read`.
 *
 * @example
 * ```ts
 * import { OrchestratorPaths } from "@orc/cli";
 *
 * const paths = new OrchestratorPaths({ baseDir: "/shop", sessionId: "01k9" });
 * console.log(paths.stateFile()); // /shop/.orchestrator/sessions/01k9/state.json
 * ```
 *
 * @throws {OrcError} `invalid_session_id` (usage) for what can be no id
 */
export class OrchestratorPaths {
  readonly #layout: RepositoryLayout;
  readonly #session: SessionLayout;
  /** The session whose files are meant; null for those of no session. */
  readonly sessionId: string | null;

  /** Finds the directory, where none is named. */
  constructor(options: PathsOptions = {}) {
    assertKnown(options, { baseDir: true, sessionId: true }, {});
    const { baseDir, sessionId } = options;
    if (sessionId !== undefined && !isSessionId(sessionId)) {
      throw usage(
        "invalid_session_id",
        `${quoted(sessionId)} cannot be the id of a session`,
        "orc session list",
      );
    }
    const root = baseDir ?? open(denoHost(), {}).found.root;
    this.#layout = repositoryLayout(root);
    this.sessionId = sessionId ?? null;
    this.#session = sessionId === undefined
      ? sessionLayoutAt(this.#layout.directory)
      : sessionLayout(root, sessionId);
  }

  /** The directory that holds `.orchestrator/`. */
  get baseDir(): string {
    return this.#layout.root;
  }

  /** `.orchestrator`: all that orc keeps. */
  get orchestratorDir(): string {
    return this.#layout.directory;
  }

  /** The same place for another session. */
  of(sessionId: string): OrchestratorPaths {
    return new OrchestratorPaths({ baseDir: this.baseDir, sessionId });
  }

  /**
   * The directory of the session.
   *
   * @throws {OrcError} `no_session_id` (usage) without one
   */
  sessionDir(): string {
    if (this.sessionId !== null) return this.#session.directory;
    throw usage(
      "no_session_id",
      "No session is named, so none has a directory",
      "give a sessionId, or ask SessionManager.getCurrentSession()",
    );
  }

  /** `state.json`: always the new place, whether it is there or not. */
  stateFile(): string {
    return this.#session.state;
  }

  /** The older tool's `.workflow_state.json`; null where there is none. Requires `--allow-read`. */
  findLegacyStateFile(): string | null {
    const { legacyState } = this.#layout;
    return isThere(legacyState) ? legacyState : null;
  }

  /** `log.jsonl`: its events. */
  logFile(): string {
    return this.#session.log;
  }

  /** The directory of copies of its state. */
  checkpointsDir(): string {
    return this.#session.checkpoints;
  }

  /** The directory of its feedback. */
  feedbackDir(): string {
    return this.#session.feedback;
  }

  /** `meta.json` of the repository. */
  metaFile(): string {
    return this.#layout.meta;
  }

  /** What is there once a migration counts. */
  migrationMarker(): string {
    return this.#layout.migrationRecord;
  }
}

/** With what machine, and how long to wait. */
export interface ManagerOptions extends CallOptions {
  /** The machine; without it that of {@linkcode openRepository}. */
  readonly host?: Host;
}

/**
 * The sessions of a repository, under the names of the Python tool's design. For all else there is
 * {@linkcode openRepository}.
 *
 * Requires `--allow-read`; `--allow-write` for what changes something.
 *
 * @example
 * ```ts
 * import { OrchestratorPaths, SessionManager } from "@orc/cli";
 *
 * const baseDir = await Deno.makeTempDir();
 * const manager = new SessionManager(new OrchestratorPaths({ baseDir }));
 * const id = await manager.createSession("Add login");
 * console.log(await manager.getCurrentSession() === id);
 * await Deno.remove(baseDir, { recursive: true });
 * ```
 */
export class SessionManager {
  /** Where they lie. */
  readonly paths: OrchestratorPaths;
  readonly #options: ManagerOptions;

  /** Looks at nothing yet. */
  constructor(paths: OrchestratorPaths, options: ManagerOptions = {}) {
    assertOnly(options, ["host"]);
    this.paths = paths;
    this.#options = options;
  }

  /** Starts a session and makes it the current one; returns its id. */
  async createSession(
    task: string,
    options: Given<StartOptions, "task"> = {},
  ): Promise<string> {
    return (await (await this.#repository()).start(task, options)).id;
  }

  /** The session that is meant; null where there is none, or none of several was chosen. */
  async getCurrentSession(): Promise<string | null> {
    try {
      return (await (await this.#repository()).current())?.id ?? null;
    } catch (error) {
      const isUndecided = error instanceof OrcError &&
        error.code === "session_ambiguous";
      if (isUndecided) return null;
      throw error;
    }
  }

  /** Makes a session the current one. */
  async setCurrentSession(id: string): Promise<void> {
    await (await this.#repository()).switch(id);
  }

  /** Ids of all sessions in the new place, newest last. */
  async listSessions(): Promise<readonly string[]> {
    return (await this.storage()).ids();
  }

  /**
   * Reads a session where it lies: the new place first, else the older tool's file, which is never
   * written. The first change of such a session copies it to the new place.
   */
  async readState(id?: string): Promise<SessionReading> {
    return await (await this.#repository()).session(id).read();
  }

  /** Where sessions are kept in the new place. It knows no rules: changes go through {@linkcode decide}. */
  async storage(): Promise<SessionStore> {
    const { found } = await this.#repository();
    return open(this.#options.host ?? denoHost(), {
      ...this.#given(),
      found,
    }).store;
  }

  #repository() {
    const root = this.paths.baseDir;
    return openRepository({ ...this.#options, root });
  }

  #given(): CallOptions {
    const { host: _host, ...given } = this.#options;
    return given;
  }
}
