import { OrcError } from "../base/error.ts";
import type { Host } from "../host/host.ts";

/** What a check finds in its environment: `session/item` of itself, after those it runs inside of. */
const VARIABLE = "ORCHESTRATOR_CHECK";

/** What the check of an item gets besides the environment of orc. */
export function checkVariables(
  host: Host,
  sessionId: string,
  itemId: string,
): Readonly<Record<string, string>> {
  const names = [...surroundingChecks(host), nameOf(sessionId, itemId)];
  return { [VARIABLE]: names.join(" ") };
}

/** Refuses a check that asks for its own verdict, and would be run again for ever. */
export function assertOutsideOwnCheck(
  host: Host,
  sessionId: string,
  itemId: string,
): void {
  if (!surroundingChecks(host).includes(nameOf(sessionId, itemId))) return;
  throw new OrcError(
    "refused",
    "inside_own_check",
    `Cannot complete item "${itemId}": its own check asks for it`,
    {
      hint:
        "a check only tests; take orc complete out of it, and run that outside",
      details: { item: itemId },
    },
  );
}

function surroundingChecks(host: Host): readonly string[] {
  return (host.env(VARIABLE) ?? "").split(" ").filter((name) => name !== "");
}

function nameOf(sessionId: string, itemId: string): string {
  return `${sessionId}/${itemId}`;
}
