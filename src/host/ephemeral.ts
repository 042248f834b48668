/** Whether this machine is one that vanishes with all that lies on it, such as an agent's in a cloud. */
import { orElse } from "../base/error.ts";
import { fileKind } from "../files/read.ts";
import { type Env, isSet } from "./agents.ts";

/**
 * The places that tell the programs in them where they run; the first that fits counts, so that the
 * agents stand before the services they run on. A line is a name and its marks, as in the table of
 * agents, of which one that begins with `/` is a directory; then whether a machine there vanishes, or
 * may stay; then what the names of branches begin with that an agent may push from there.
 * tests/testdata/ephemeral.json says where each is known from.
 *
 * `CI` is no mark: agents and editors set it on machines that stay.
 */
const TABLE = `
Claude Code on the web | CLAUDE_CODE_REMOTE=true | yes | claude/
Copilot coding agent | GITHUB_JOB=copilot&COPILOT_AGENT_COMMIT_LOGIN=copilot-swe-agent[bot] | yes | copilot/
Codex cloud | CODEX_INTERNAL_ORIGINATOR_OVERRIDE=codex_web_agent | yes | codex/
Cursor background agent | CURSOR_AGENT&HOSTNAME=cursor | yes | cursor/
Jules | USER=swebot&HOME=/home/jules | yes |
Devin | /opt/.devin | maybe | devin/
GitHub Codespaces | CODESPACES=true | maybe |
Gitpod | GITPOD_WORKSPACE_ID=* | maybe |
GitHub Actions | GITHUB_ACTIONS=true | maybe |
GitLab CI | GITLAB_CI=true | maybe |
`;

/** Whether a machine vanishes: `maybe` where it can be kept, and nobody can tell whether it is. */
export type Vanishing = "yes" | "maybe" | "no";

/** What is known of this machine. */
export interface Machine {
  /** What people call the place; null where none gives itself away. */
  readonly place: string | null;
  readonly vanishes: Vanishing;
  /** Begins the names of the branches that may be pushed from there; null where any may. */
  readonly branchPrefix: string | null;
}

interface EphemeralPlace extends Machine {
  readonly place: string;
  readonly marks: readonly string[];
}

/** Made when it is asked for: hardly any command asks. */
function places(): readonly EphemeralPlace[] {
  return TABLE.trim().split("\n").map((line) => {
    const [place = "", marks = "", vanishes = "", prefix = ""] = line
      .split("|").map((cell) => cell.trim());
    return {
      place,
      marks: marks.split(" "),
      vanishes: vanishes as Vanishing,
      branchPrefix: prefix || null,
    };
  });
}

/** Says where this is. `ORCHESTRATOR_EPHEMERAL` has the last word on whether it vanishes: 1 or 0. */
export function detectMachine(
  env: Env,
  isDirectory: (path: string) => boolean = isDirectoryHere,
): Machine {
  const isThere = (part: string): boolean =>
    part.startsWith("/") ? isDirectory(part) : isSet(env, part);
  const found = places().find(({ marks }) =>
    marks.some((mark) => mark.split("&").every(isThere))
  );
  const { place = null, vanishes = "no", branchPrefix = null } = found ?? {};
  const said = SAID.get(env("ORCHESTRATOR_EPHEMERAL")?.toLowerCase() ?? "");
  return { place, vanishes: said ?? vanishes, branchPrefix };
}

function isDirectoryHere(path: string): boolean {
  return orElse(() => fileKind(path) === "directory", () => false);
}

const SAID: ReadonlyMap<string, Vanishing> = new Map([
  ["1", "yes"],
  ["true", "yes"],
  ["0", "no"],
  ["false", "no"],
]);
