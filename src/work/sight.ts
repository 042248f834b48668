/** What a human sees before they say yes or no, and whether it is still so under their answer. */
import { conflict, refused } from "../base/error.ts";
import { type JsonObject, jsonObject, type JsonValue } from "../base/json.ts";
import { headOf } from "../base/markdown.ts";
import { listOf, quoted } from "../base/text.ts";
import { readTree, treeReceipt } from "../checks/tree.ts";
import type { Action } from "../engine/action.ts";
import { approvedItems, type ShownFile } from "../engine/approval.ts";
import { agentIn } from "../engine/event.ts";
import { phaseLines, questionLines } from "../engine/waiting.ts";
import { GIT_MAY_NOT_RUN, mayAskGit } from "../files/git_index.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { changedShown, lookAtShown, type SeenFile } from "../trust/shown.ts";
import type { Item } from "../workflow/types.ts";

/** What an approval is bound to. */
export interface Sight {
  /** The item that is approved; undefined for a phase. */
  readonly item: Item | undefined;
  /** The files that it shows. */
  readonly files: readonly SeenFile[];
}

const MAX_NAMES = 5;

/** Looks at what a human is to approve; undefined for what is no approval. */
export async function lookAt(
  host: Host,
  opened: OpenedSession,
  action: Action,
): Promise<Sight | undefined> {
  if (action.type === "approve_phase") return { item: undefined, files: [] };
  if (action.type !== "approve_item") return undefined;
  const { workflow, repository: { found } } = opened;
  const item = workflow.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === action.itemId);
  if (item === undefined) return { item, files: [] };
  const { columns } = host.terminal;
  const { workingTree } = found;
  const files = await lookAtShown(workingTree, workflow, item, columns);
  const sight = { item, files };
  // What is approved already can be approved anew, but not while its files are gone.
  const approved = approvedItems(workflow, opened.session.state);
  if (approved.some(({ item: { id } }) => id === item.id)) {
    assertShowable(sight);
  }
  return sight;
}

export function filesIn({ files }: Sight): readonly ShownFile[] {
  return files.flatMap(({ file }) => file ?? []);
}

/** What an approval tells of its files; nothing where there are none, or not all can be shown. */
export function shownBy(sight: Sight): JsonObject {
  const shown = filesIn(sight).map((file) => jsonObject({ ...file }));
  const isWhole = shown.length > 0 && shown.length === sight.files.length;
  return isWhole ? jsonObject({ shown }) : new Map();
}

/** The same with the identity of the working tree. */
export async function seenBy(
  host: Host,
  { repository: { context, found, layout } }: OpenedSession,
  sight: Sight,
): Promise<JsonObject> {
  const { signal } = context;
  const site = { root: layout.root, workingTree: found.workingTree };
  const seen = mayAskGit()
    ? await readTree(host, site, { signal })
    : { id: null, reason: GIT_MAY_NOT_RUN };
  const { tree, treeReason } = treeReceipt(seen);
  return new Map<string, JsonValue>([
    ...shownBy(sight),
    ["tree", tree && jsonObject({ ...tree })],
    ...treeReason === null ? [] : [["tree_reason", treeReason] as const],
  ]);
}

/** Refuses to ask for a yes to what is not there. */
export function assertShowable({ item, files }: Sight): void {
  const unseen = files.filter(({ problem }) => problem !== null);
  const [first] = unseen;
  if (item === undefined || first === undefined) return;
  throw refused(
    "shown_missing",
    `Cannot approve item "${item.id}": there is nothing to look at: ${first.problem}`,
    {
      hint:
        `write ${first.path} first; the item names it under "shows" in its workflow`,
      details: { itemId: item.id, paths: unseen.map(({ path }) => path) },
    },
  );
}

/** Refuses a yes to what changed while the human read it. */
export async function assertUnchanged(
  opened: OpenedSession,
  sight: Sight,
): Promise<void> {
  const { item } = sight;
  if (item === undefined) return;
  const { workflow, repository: { found } } = opened;
  const now = await lookAtShown(found.workingTree, workflow, item);
  const paths = changedShown(filesIn(sight), now);
  if (paths.length === 0) return;
  throw conflict(
    "approval_changed",
    `Cannot approve item "${item.id}": ${
      listOf(paths.map(quoted), MAX_NAMES)
    } changed while you were asked; nothing was approved`,
    {
      hint: "look at it again, then run the same command",
      details: { itemId: item.id, paths },
    },
  );
}

/** More of a task than a line holds says no more which session it is. */
const MAX_TASK_SHOWN = 200;

/** What the human is to know before they type: which session, whose, what is asked, and what it shows. */
export function linesFor(
  { workflow, session: { id, state, lastEvents } }: OpenedSession,
  action: Action,
  files: readonly SeenFile[] = [],
): readonly string[] {
  const itemId = "itemId" in action ? action.itemId : null;
  const phaseId = action.type === "approve_phase"
    ? action.phaseId ?? state.currentPhaseId
    : action.type === "advance"
    ? state.currentPhaseId
    : null;
  const [task = ""] = state.task.split("\n");
  const agent = agentIn(lastEvents);
  return [
    `Session ${id}: ${headOf(task, MAX_TASK_SHOWN)}`,
    ...agent === null ? [] : [`Agent ${agent}`],
    ...itemId === null ? [] : questionLines(workflow, state, itemId),
    ...phaseId === null ? [] : phaseLines(workflow, state, phaseId),
    ...files.flatMap(({ lines }) => lines),
  ];
}
