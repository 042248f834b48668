/** Whether an agent runs orc although the variables that say so were unset. */
import { agentOf, type SeenProcess } from "./ancestor_rules.ts";
import { kernelText } from "./liveness.ts";

/** More than any shell in a terminal in a window has. */
const MAX_ANCESTORS = 32;

/** An agent among the processes that this one was started by. */
export interface AgentAbove {
  /** Such as `claude-code`. */
  readonly agent: string;
  /** Id of its process. */
  readonly pid: number;
}

/**
 * Finds an agent's program among the processes that led to this one, the nearest first; undefined
 * where there is none, and where nobody may look. A process whose parent has ended is nobody's child:
 * what an agent started in the background, such as a server of terminals, is not seen as its own.
 */
export function findAgentAbove(
  processes = "/proc",
  from: number = Deno.pid,
): AgentAbove | undefined {
  let pid = from;
  for (let step = 0; step <= MAX_ANCESTORS && pid > 1; step++) {
    const seen = processAt(`${processes}/${pid}`);
    if (seen === undefined) return undefined;
    const agent = pid === from ? undefined : agentOf(seen);
    if (agent !== undefined) return { agent, pid };
    pid = seen.parent;
  }
  return undefined;
}

function processAt(
  directory: string,
): SeenProcess & { readonly parent: number } | undefined {
  const stat = kernelText(`${directory}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may itself hold parentheses and blanks.
  const end = stat.lastIndexOf(")");
  const parent = Number(stat.slice(end + 2).split(" ")[1]);
  if (!Number.isSafeInteger(parent)) return undefined;
  const words = kernelText(`${directory}/cmdline`)?.split("\0") ?? [];
  return { name: stat.slice(stat.indexOf("(") + 1, end), words, parent };
}
