import { onRefusal } from "../base/error.ts";
import { ifAllowed } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { PathFact } from "./look.ts";

/** Prints those of its arguments that this user may not change; only the system knows groups and access lists. */
const NOT_WRITABLE =
  'for path; do test -w "$path" || printf "%s\\n" "$path"; done';

/** More kinds of owner and mode than any repository has. */
const MAX_ASKED = 50;

const TIMEOUT_MS = 10_000;

/**
 * Which of these paths belong to somebody else, who does not let this user change them. The system
 * is asked once for all that have owner and mode in common, and not at all where everything is the
 * user's own.
 */
export async function unwritablePaths(
  host: Host,
  paths: readonly PathFact[],
): Promise<readonly PathFact[]> {
  const { getuid } = await import("node:process");
  const own = ifAllowed({ name: "sys", kind: "uid" }, () => getuid?.());
  const foreign = paths.filter(({ uid }) => uid !== null && uid !== own);
  if (own === undefined || foreign.length === 0) return [];
  const kindOf = ({ kind, mode, uid }: PathFact) => `${kind} ${mode} ${uid}`;
  const samples = new Map(foreign.map((fact) => [fact.path, kindOf(fact)]));
  const asked = [...new Map([...samples].map(([path, kind]) => [kind, path]))]
    .slice(0, MAX_ASKED).map(([, path]) => path);
  const refused = await host.runProgram({
    command: ["sh", "-c", NOT_WRITABLE, "sh", ...asked],
    workingDirectory: "/",
    timeoutMs: TIMEOUT_MS,
  }).then(({ stdout }) => stdout.split("\n"), onRefusal(() => []));
  const kinds = new Set(refused.flatMap((path) => samples.get(path) ?? []));
  return foreign.filter((fact) => kinds.has(kindOf(fact)));
}
