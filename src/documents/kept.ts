/** What is kept beside a session among documents: checkpoints, what checks printed, and feedback. */
import { notFound } from "../base/error.ts";
import { isCheckpointId } from "../base/names.ts";
import { OUTPUT_NAME } from "../session/kept/outputs.ts";
import type {
  Checkpoints,
  KeptBeside,
  KeptCheckpoint,
  KeptFeedback,
  Outputs,
} from "../session/store.ts";
import { noSuchSession } from "../session/read.ts";
import type { Head } from "./head.ts";
import type { SessionDocuments } from "./sessions.ts";

/** Two checkpoints of one instant differ by chance only; more tries than digits mean no chance. */
const MAX_NAME_TRIES = 10_000;

/** Feedback in the order of its names. */
const NUMBER_DIGITS = 8;

/** The parts of one session, each a text of its own. */
class Parts {
  readonly #documents: SessionDocuments;
  readonly #id: string;

  constructor(documents: SessionDocuments, id: string) {
    this.#documents = documents;
    this.#id = id;
  }

  /** The names of all that begin so, without that, in their order; none where there is no session. */
  async names(beginning: string): Promise<readonly string[]> {
    const found = await this.#documents.find(this.#id);
    if (found === undefined) return [];
    const parts = await this.#documents.partsOf(
      ...[this.#id, found.head, beginning] as const,
    );
    return parts.map((part) => part.slice(beginning.length));
  }

  async read(part: string): Promise<string | undefined> {
    const found = await this.#documents.find(this.#id);
    if (found === undefined) return undefined;
    const key = await this.#documents.partOf(this.#id, found.head, part);
    const document = await this.#documents.ask((all) => all.get(key));
    return document && JSON.parse(document.text);
  }

  /**
   * Adds a part if none is called so; of a session that goes meanwhile nothing is left.
   *
   * @throws {OrcError} `no_such_session` (not_found)
   */
  async add(part: string, text: string): Promise<boolean> {
    const { head } = await this.#documents.hold(this.#id);
    const key = await this.#documents.partOf(this.#id, head, part);
    const json = JSON.stringify(text);
    let isRepeated = false;
    const isAdded = await this.#documents.ask(async (all) => {
      const isKnown = isRepeated && (await all.get(key))?.text === json;
      isRepeated = true;
      return isKnown || await all.put(key, json, undefined) !== undefined;
    });
    const now = await this.#documents.find(this.#id);
    if (now?.head.life === head.life) return isAdded;
    await this.#documents.ask((all) => all.delete(key));
    throw noSuchSession(this.#id);
  }

  async remove(part: string): Promise<boolean> {
    const { head } = await this.#documents.hold(this.#id);
    const key = await this.#documents.partOf(this.#id, head, part);
    return await this.#documents.ask((all) => all.delete(key));
  }
}

export const CHECKPOINTS = "checkpoints/";
export const OUTPUTS = "outputs/";
const FEEDBACK = "feedback/";

export function checkpointsIn(
  documents: SessionDocuments,
  id: string,
): Checkpoints {
  const parts = new Parts(documents, id);
  const pathOf = (name: string) =>
    `${documents.labelOf(id)}/${CHECKPOINTS}${name}`;
  const find = async (name: string): Promise<KeptCheckpoint | undefined> => {
    const text = isCheckpointId(name)
      ? await parts.read(`${CHECKPOINTS}${name}`)
      : undefined;
    if (text === undefined) return undefined;
    const sizeBytes = new TextEncoder().encode(text).length;
    return { id: name, path: pathOf(name), text, sizeBytes };
  };
  return {
    async *all() {
      for (const name of await parts.names(CHECKPOINTS)) {
        const found = await find(name);
        if (found !== undefined) yield found;
      }
    },
    read: async (name) => {
      const found = await find(name);
      if (found !== undefined) return found;
      const more = { path: pathOf(name), hint: "orc checkpoints" };
      throw notFound("no_such_checkpoint", `No checkpoint "${name}"`, more);
    },
    save: async (make) => {
      const { head } = await documents.hold(id);
      const session = await documents.writable(head, id);
      for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
        const { id: name, text } = make(session);
        if (!isCheckpointId(name)) throw new Error(`No checkpoint id: ${name}`);
        if (await parts.add(`${CHECKPOINTS}${name}`, text)) {
          return { path: pathOf(name), warnings: [] };
        }
      }
      throw new Error(`No name is free in "${documents.labelOf(id)}"`);
    },
    remove: async (names) => {
      await documents.hold(id);
      const removed: string[] = [];
      for (const name of names.filter(isCheckpointId)) {
        if (await parts.remove(`${CHECKPOINTS}${name}`)) removed.push(name);
      }
      return removed;
    },
  };
}

/** What is kept beside a session, whether that is still there or not. */
export async function besideOf(
  documents: SessionDocuments,
  id: string,
  head: Head,
): Promise<KeptBeside> {
  const [checkpoints = [], feedback = []] = await Promise.all(
    [CHECKPOINTS, FEEDBACK].map((part) => documents.partsOf(id, head, part)),
  );
  return {
    checkpoints: checkpoints.map((part) => part.slice(CHECKPOINTS.length)),
    feedback: feedback.length,
  };
}

/** What checks printed. What a process left that ended before its update is named by no event, and goes with the session. */
export function outputsIn(documents: SessionDocuments, id: string): Outputs {
  const parts = new Parts(documents, id);
  return {
    keep: async (text) => {
      if (text === "" || await documents.find(id) === undefined) {
        return undefined;
      }
      const name = `${OUTPUTS}${documents.context.newToken()}.txt`;
      await parts.add(name, text);
      const settle = async (isNamed: boolean): Promise<void> => {
        if (!isNamed) await parts.remove(name);
      };
      return { name, settle };
    },
    read: async (name) =>
      OUTPUT_NAME.test(name) ? await parts.read(name) : undefined,
  };
}

export function feedbackIn(
  documents: SessionDocuments,
  id: string,
): KeptFeedback {
  const parts = new Parts(documents, id);
  return {
    add: async ({ tool, process }) => {
      const token = documents.context.newToken();
      const entry = JSON.stringify({ token, tool, process });
      const last = (await parts.names(FEEDBACK)).at(-1);
      for (let number = Number(last ?? -1) + 1;; number++) {
        const name = String(number).padStart(NUMBER_DIGITS, "0");
        if (await parts.add(`${FEEDBACK}${name}`, entry)) return;
      }
    },
    async *lines(kind) {
      for (const name of await parts.names(FEEDBACK)) {
        const entry = await parts.read(`${FEEDBACK}${name}`);
        yield entry && JSON.parse(entry)[kind];
      }
    },
  };
}
