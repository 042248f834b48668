/** How a session came about, as its log tells it. */
import { textAt } from "../base/json.ts";
import { agentIn, type RecordedEvent } from "../engine/event.ts";
import { type Account, newAccountant } from "../replay/account.ts";
import { ASKED_FOR } from "../workflow/sizes.ts";
import { eachEvent } from "./kept/each.ts";
import type { Session, SessionStore } from "./store.ts";

/**
 * Reads how a session came about, from its whole log in constant memory. What another tool keeps
 * elsewhere of a legacy session is not read: nothing in it says who gave a yes.
 */
export async function readAccount(
  store: SessionStore,
  session: Session,
): Promise<Account> {
  const accountant = newAccountant();
  for await (const { events } of store.events(session)) {
    events.forEach(accountant.take);
  }
  return accountant.result(session.state);
}

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

/** Reads from the first event of its log who set the size that a session has. */
export async function readSize(
  store: SessionStore,
  session: Session,
  name: string,
): Promise<SessionSize> {
  let first: RecordedEvent | undefined;
  for await (first of eachEvent(store, session)) break;
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
