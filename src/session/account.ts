/** How a session came about, as its log tells it. */
import { onRefusal } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  numberOf,
  textAt,
} from "../base/json.ts";
import { agentIn, type RecordedEvent } from "../engine/event.ts";
import {
  type Account,
  type Arrivals,
  asArrived,
  newAccountant,
} from "../replay/account.ts";
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
  const account = accountant.result(session.state);
  const meta = await store.meta(session.id).catch(onRefusal(() => undefined));
  const arrivals = arrivalsIn(meta);
  const settings = asObject(
    asObject(session.state.definition)?.get("settings"),
  );
  const asks = settings?.get("approvals") === "signed";
  const approvals = account.approvals.map((approval) =>
    asArrived(approval, arrivals, asks)
  );
  return { ...account, approvals };
}

/** Which updates came with copies, for the `meta.json` of a session. It means nothing in another clone. */
export const ARRIVALS = "arrivals";

/** Which updates of a session came with copies from elsewhere, as its `meta.json` says. */
export function arrivalsIn(meta: JsonObject | undefined): Arrivals {
  const list = meta?.get(ARRIVALS) ?? null;
  return (isJsonList(list) ? list : []).flatMap((one) => {
    const [from, to] = isJsonList(one) ? one.map(numberOf) : [];
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
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
