/** Which size a session has, and who set it. */
import { textAt } from "../base/json.ts";
import { sessionLayout } from "../base/layout.ts";
import { agentIn } from "../engine/event.ts";
import { ASKED_FOR, sizingIn } from "../workflow/sizes.ts";
import { readLog } from "./log_read.ts";
import type { Session } from "./store.ts";

/** The size of a session, and who set it. */
export interface SessionSize {
  /** One of the workflow's words. */
  readonly name: string;
  /**
   * `orc` told it from the task's words, the `caller` asked for it at the start, or it has grown since,
   * because the `change` was more than a smaller size allows.
   */
  readonly setBy: "orc" | "caller" | "change";
  /** The agent that asked for it; null for nobody known, and where none did. */
  readonly agent: string | null;
  /** Why, in one sentence without its period; null where no event says it. */
  readonly reason: string | null;
}

/** Reads the first event of the log; null for a session without sizes. */
export function readSize(
  root: string,
  { id, state, lastEvents }: Session,
): SessionSize | null {
  const name = sizingIn(state.definition)?.size;
  if (name === undefined) return null;
  const { log: path } = sessionLayout(root, id);
  const { workflowId } = state;
  const { events } = readLog({ root, path, workflowId, lastEvents });
  const [first] = events;
  const from = first && textAt(first.details, "size");
  if (!first || !from) return { name, setBy: "orc", agent: null, reason: null };
  if (from !== name) {
    const reason = `grown from ${from}, which its change is more than`;
    return { name, setBy: "change", agent: null, reason };
  }
  const reason = textAt(first.details, "size_reason");
  return reason?.startsWith(ASKED_FOR)
    ? { name, setBy: "caller", agent: agentIn([first]), reason }
    : { name, setBy: "orc", agent: null, reason };
}
