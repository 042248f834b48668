/** What tells a program, and all that it starts, that it runs for a check: it is no human, and knows which. */
import { type Host, variableOf } from "./host.ts";

/** What a check finds in its environment: `session/item` of itself, after those it runs inside of. */
export const CHECK_VARIABLE = "ORCHESTRATOR_CHECK";

/** What the program of a check gets, so that it is known by it. */
export function checkVariables(
  host: Host,
  sessionId: string,
  itemId: string,
): Readonly<Record<string, string>> {
  const names = [...surroundingChecks(host), `${sessionId}/${itemId}`];
  return { [CHECK_VARIABLE]: names.join(" ") };
}

/** The checks that this process runs inside of. */
export function surroundingChecks(host: Host): readonly string[] {
  return (variableOf(host, CHECK_VARIABLE) ?? "").split(" ").filter((name) =>
    name !== ""
  );
}
