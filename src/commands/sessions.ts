import { shortSessionId } from "../base/ids.ts";
import { listTree, type TreeSession } from "../sessions/list_tree.ts";
import { command, type Style } from "./command.ts";
import { DEPTH_FLAG, SEARCH_FLAG, treeOptions } from "./tree_flags.ts";
import { shortTask } from "./view.ts";

/** A session with the keys of the Python tool's list, and what that has no key for. */
interface ListedSession {
  readonly path: string;
  readonly directory: string;
  readonly workflow_id: string | null;
  readonly task: string | null;
  readonly status: string | null;
  readonly current_phase: string | null;
  readonly project: string | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly session: string | null;
  readonly legacy: boolean;
  readonly problem: string | null;
}

interface ListResult {
  /** Where the search began. */
  readonly directory: string;
  readonly sessions: readonly ListedSession[];
}

/** `orc list` */
export const listCommand = command<ListResult>({
  name: "list",
  summary: "List the sessions of a directory tree",
  description:
    "Lists the sessions of all repositories in a directory tree, new and legacy ones. Follows no links and looks into no .git or node_modules. A damaged session is listed with its problem; what may not be read is named, and the rest is listed.",
  args: [{
    name: "DIR",
    summary: "Where to begin instead of here",
    required: false,
    values: "directory",
  }],
  flags: [
    SEARCH_FLAG,
    DEPTH_FLAG,
    { name: "active-only", summary: "Leave out completed and abandoned ones" },
  ],
  effect: "reads",
  permissions: [],
  examples: ["orc list", "orc list ~/projects --active-only --json"],
  async run(host, values) {
    const { directory, sessions, warnings } = await listTree(host, {
      ...treeOptions(values, "list", values.text("DIR")),
      activeOnly: values.on("active-only"),
    });
    const result = { directory, sessions: sessions.map(listed) };
    return { place: null, warnings, result };
  },
  render: ({ directory, sessions }, style) =>
    sessions.length === 0
      ? `No sessions below ${directory}; how deep to look says --depth`
      : linesOf(sessions, style).join("\n"),
});

function listed(session: TreeSession): ListedSession {
  return {
    path: session.path,
    directory: session.directory,
    workflow_id: session.workflowId,
    task: session.task,
    status: session.status,
    current_phase: session.phase,
    project: session.project,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    session: session.session,
    legacy: session.legacy,
    problem: session.problem,
  };
}

/** A heading for each directory, and its sessions below. */
function linesOf(
  sessions: readonly ListedSession[],
  style: Style,
): readonly string[] {
  return sessions.flatMap((session, index) => {
    const line = lineOf(session, style);
    return session.directory === sessions[index - 1]?.directory
      ? [line]
      : [style.bold(session.directory), line];
  });
}

function lineOf(session: ListedSession, style: Style): string {
  const id = session.session === null ? "" : shortSessionId(session.session);
  const beginning = `  ${id.padEnd(9)}  `;
  if (session.problem !== null) return beginning + style.bad(session.problem);
  const status = (session.status ?? "").padEnd(9);
  const phase = (session.current_phase ?? "").padEnd(8);
  const task = shortTask(session.task ?? "", 60);
  return `${beginning}${status}  ${phase}  ${task}`.trimEnd();
}
