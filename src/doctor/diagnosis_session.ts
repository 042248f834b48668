import { OrcError } from "../base/error.ts";
import {
  CHECKPOINT_SUFFIX,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { ORC_FORMAT } from "../session/codec.ts";
import { decodeState, readState } from "../session/read.ts";
import { readSessionMeta } from "../session/session_meta.ts";
import { decodeDefinition, findDuplicateId } from "../workflow/definition.ts";
import type { SessionState } from "../workflow/types.ts";
import { attempt, listDirectory, troubleOf } from "./diagnosis_entries.ts";
import type { SessionFacts, StateFacts, Trouble } from "./diagnosis_facts.ts";
import { type CheckedLog, checkLog } from "./diagnosis_log.ts";

/** Reads a session whose directory is known to be one; what is damaged is told. */
export async function sessionFacts(
  { root }: RepositoryLayout,
  id: string,
): Promise<SessionFacts> {
  const paths = sessionLayout(root, id);
  // In this order an update that is made meanwhile looks like a log that is behind, which does no harm.
  const log = checkLog(root, paths.log);
  const { state, trouble } = await checkState(paths, id, log);
  return {
    id,
    directory: paths.directory,
    statePath: paths.state,
    state,
    trouble,
    log: log.facts,
    metaTrouble: checkMeta(paths.meta),
    checkpoints: listDirectory(paths.checkpoints).entries
      .filter(({ name }) => name.endsWith(CHECKPOINT_SUFFIX)).length,
  };
}

async function checkState(
  paths: SessionLayout,
  id: string,
  log: CheckedLog,
): Promise<Pick<SessionFacts, "state" | "trouble">> {
  try {
    const text = readState(paths, id);
    const session = await decodeState(text, paths, id);
    const { state, serial, format, checksum, lastEvents } = session;
    return {
      state: {
        status: state.status,
        serial,
        isNewer: format > ORC_FORMAT,
        checksum,
        missingEvents: lastEvents.filter(({ id }) => !log.recentIds.has(id))
          .length,
        ...workflowFacts(state),
        pinned: pinnedFrom(state),
      },
      trouble: null,
    };
  } catch (error) {
    const trouble = troubleOf(error, paths.state);
    const isAbsent = trouble.code === "no_such_session";
    return { state: null, trouble: isAbsent ? null : trouble };
  }
}

/** The workflow of a session that nobody changes any more is not looked at: it is most of what there is to read. */
function workflowFacts(
  { status, definition }: SessionState,
): Pick<StateFacts, "duplicate" | "workflowProblem"> {
  const isOpen = status === "active" || status === "paused";
  if (!isOpen || definition === null) {
    return { duplicate: null, workflowProblem: null };
  }
  try {
    const duplicate = findDuplicateId(decodeDefinition(definition)) ?? null;
    return { duplicate, workflowProblem: null };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { duplicate: null, workflowProblem: error.message };
  }
}

function pinnedFrom({ metadata }: SessionState): StateFacts["pinned"] {
  const path = metadata.get("workflow_yaml_path");
  const sha256 = metadata.get("workflow_yaml_checksum");
  return typeof path === "string" && typeof sha256 === "string"
    ? { path, sha256 }
    : null;
}

function checkMeta(path: string): Trouble | null {
  const read = () => {
    readSessionMeta(path);
    return { trouble: null };
  };
  return attempt(path, read, {}).trouble;
}
