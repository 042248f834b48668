import { OrcError } from "../base/error.ts";
import { headOf, oneLine } from "../base/markdown.ts";
import { titleOf } from "../base/text.ts";
import {
  currentPhase,
  isDone,
  itemStateOf,
  phaseStateOf,
} from "../engine/state.ts";
import type { Host } from "../host/host.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";

/** What of a repository a word on a command line can name. */
export type CandidateKind =
  | "item"
  | "open-item"
  | "phase"
  | "session"
  | "checkpoint";

/** A word that could stand on a command line. */
export interface Candidate {
  readonly word: string;
  /** What it stands for, in one line. */
  readonly summary: string;
}

/** A shell takes these as they are: what a file says must not become a program. */
const SAFE_WORD = /^[\w.@%+/-]+$/;

/** Shells show words and summaries side by side. */
const MAX_SUMMARY_LENGTH = 60;

/**
 * Lists what a word could name here, for the completions of shells. Takes no
 * lock, writes nothing, and lists nothing where nothing can be read: nobody
 * wants to see an error while they type.
 */
export async function listCandidates(
  host: Host,
  kind: CandidateKind,
  options: SessionOptions = {},
): Promise<readonly Candidate[]> {
  try {
    const candidates = await LISTS[kind](host, options);
    return candidates
      .filter(({ word }) => SAFE_WORD.test(word))
      .map(({ word, summary }) => ({
        word,
        summary: headOf(oneLine(summary), MAX_SUMMARY_LENGTH),
      }));
  } catch (error) {
    if (error instanceof OrcError) return [];
    throw error;
  }
}

const LISTS: Readonly<
  Record<
    CandidateKind,
    (host: Host, options: SessionOptions) => Promise<readonly Candidate[]>
  >
> = {
  item: async (host, options) => {
    const { workflow } = await openSession(host, options);
    return workflow.phases.flatMap(({ items }) => items.map(candidateOf));
  },
  "open-item": async (host, options) => {
    const { workflow, session } = await openSession(host, options);
    const phase = currentPhase(workflow, session.state);
    const phaseState = phaseStateOf(session.state, phase);
    return phase.items
      .filter(({ id }) => !isDone(itemStateOf(phaseState, id)))
      .map(candidateOf);
  },
  phase: async (host, options) => {
    const { workflow } = await openSession(host, options);
    return workflow.phases.map(candidateOf);
  },
  session: async (host, { root }) => {
    const { listSessions } = await import("./list.ts");
    const { sessions } = await listSessions(host, { root });
    return sessions.map(({ id, name, task, status }) => ({
      word: id,
      summary: `${status ?? "damaged"}: ${titleOf(name, task ?? "")}`,
    }));
  },
  checkpoint: async (host, options) => {
    const { listCheckpoints } = await import("../checkpoints/use.ts");
    const { checkpoints } = await listCheckpoints(host, options);
    return checkpoints.map(({ id, phaseId, message }) => ({
      word: id,
      summary: message ?? phaseId,
    }));
  },
};

function candidateOf({ id, name }: { id: string; name: string }): Candidate {
  return { word: id, summary: name };
}
