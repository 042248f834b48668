import { sessionLayout } from "../base/layout.ts";
import { type Account, newAccountant } from "../replay/account.ts";
import { readLog } from "./log_read.ts";
import type { Session } from "./store.ts";

/**
 * Reads how a session came about, from its whole log in constant memory. What another tool keeps
 * elsewhere of a legacy session is not read: nothing in it says who gave a yes.
 */
export function readAccount(
  root: string,
  { id, state, lastEvents }: Session,
): Account {
  const { log: path } = sessionLayout(root, id);
  const { workflowId } = state;
  const accountant = newAccountant();
  const { events } = readLog({ root, path, workflowId, lastEvents });
  for (const event of events) accountant.take(event);
  return accountant.result(state);
}
