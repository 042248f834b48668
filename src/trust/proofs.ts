/** What stands behind what is done: the runs of commands, on which base they were red, and the yes of humans. */
import { OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { asObject, type JsonObject, textAt } from "../base/json.ts";
import { quoted, uncapitalised } from "../base/text.ts";
import { NoTree } from "../checks/tree_files.ts";
import { checkKey } from "../engine/check.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { parseReceipt, type Receipt } from "../engine/receipt.ts";
import { isDone, isPhaseApproved } from "../engine/state.ts";
import type { OpenedSession } from "../repository/select.ts";
import { eachEventBackwards } from "../session/kept/each.ts";
import type { Item } from "../workflow/types.ts";
import { type Git, resolveCommit, tryGit } from "./committed.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";

/** A command that ran, for one item or several. */
export interface Run {
  /** The item whose check ran it last comes first. */
  readonly itemIds: readonly string[];
  readonly receipt: Receipt;
}

/** What stands behind the items and phases that are done. */
export interface Proofs {
  /** The last run of each command first. */
  readonly runs: readonly Run[];
  /** The events in which a human said yes. */
  readonly approvals: readonly RecordedEvent[];
  /** What the session was measured by when it ended; empty where nothing says so. */
  readonly measured: JsonObject;
}

/** Reads from the log by what each item was completed, the last time it was. */
export async function readProofs(opened: OpenedSession): Promise<Proofs> {
  const { state } = opened.session;
  const { phases } = state;
  const items = new Set(
    phases.flatMap(({ items }) => items).filter(isDone).map(({ id }) => id),
  );
  const approved = new Set(
    phases.map(({ id }) => id).filter((id) => isPhaseApproved(state, id)),
  );
  const approvals: RecordedEvent[] = [];
  const runs = new Map<string, { itemIds: string[]; receipt: Receipt }>();
  let measured: JsonObject | undefined;
  const keyFor = commandKeys(opened);
  for await (const event of eachEventBackwards(opened)) {
    const { type, phaseId, itemId, details } = event;
    if (type === "workflow_completed") {
      measured ??= asObject(details.get("measured"));
    }
    if (items.size + approved.size === 0) break;
    const isYes = event.actor === "human" ||
      textAt(details, "origin") === "setting";
    if (itemId === null) {
      const isApproval = type === "human_override" && isYes &&
        !details.has("reopened") && !details.has("repair");
      if (isApproval && approved.delete(phaseId ?? "")) approvals.push(event);
      continue;
    }
    // What was skipped, or completed without its check, was not completed by an earlier one.
    const isEnd = type === "item_skipped" || isYes && type === "item_completed";
    if (isEnd && items.delete(itemId) && isYes) approvals.push(event);
    if (!PASSED.has(type) || !items.delete(itemId)) continue;
    const receipt = parseReceipt(details.get("receipt"));
    if (!receipt?.command) continue;
    const key = keyFor(itemId, receipt.command);
    const run = runs.get(key);
    if (run === undefined) runs.set(key, { itemIds: [itemId], receipt });
    else run.itemIds.push(itemId);
  }
  return {
    runs: [...runs.values()],
    approvals,
    measured: measured ?? new Map(),
  };
}

const PASSED: ReadonlySet<string> = new Set([
  "verification_passed",
  "gate_passed",
]);

function commandKeys(
  { workflow }: OpenedSession,
): (itemId: string, command: string) => string {
  const items = new Map(
    workflow.phases.flatMap(({ items }) => items).map((
      item,
    ) => [item.id, item]),
  );
  return (itemId, command) => {
    const item = items.get(itemId);
    return item === undefined ? command : checkKey(item, command);
  };
}

/** On which commit the check of each item was proved able to fail, as a session or an attestation says it. */
export type ClaimedBases = ReadonlyMap<string, string>;

/** What the receipts of a session say of it. */
export function basesIn({ runs }: Proofs): ClaimedBases {
  return new Map(
    runs.flatMap(({ itemIds, receipt: { proved } }) =>
      itemIds.flatMap((id) => proved?.base ? [[id, proved.base] as const] : [])
    ),
  );
}

/**
 * The commit from which the work of a commit goes out: its merge base with a reference; undefined where all
 * of it is in there already, so that nothing tells.
 *
 * @throws {NoTree} where the two have no commit in common here
 * @throws {OrcError} `no_such_commit` (not_found)
 */
export async function workBase(
  git: Git,
  commit: string,
  ref: string,
): Promise<string | undefined> {
  const other = await resolveCommit(git, ref);
  const args = ["merge-base", commit, other];
  const { exitCode, bytes } = await tryGit(git, args);
  const id = new TextDecoder().decode(bytes).trim();
  if (exitCode !== 0 || id === "") {
    throw new NoTree(
      `${shortId(commit)} and ${
        quoted(ref)
      } have no commit in common here; a shallow clone fetches it: git fetch --unshallow`,
    );
  }
  return id === commit ? undefined : id;
}

/**
 * Judges the commits on which checks were proved able to fail. One that lies before the merge base with what
 * is judged by lacks more than the work: a check may be red there for want of what others did.
 */
export async function judgeBases(
  git: Git,
  commit: string,
  { items, claimed, ref }: {
    readonly items: readonly Item[];
    readonly claimed: ClaimedBases;
    readonly ref: string;
  },
): Promise<readonly TrustFinding[]> {
  const findings: TrustFinding[] = [];
  for (const { id, verification } of items) {
    const proved = claimed.get(id);
    if (proved === undefined || verification.type !== "command") continue;
    const why = await whyOtherBase(git, commit, {
      proved,
      ref: verification.prove?.base ?? ref,
    });
    if (why === undefined) continue;
    const message = `The check of item ${quoted(id)} was red on ${
      shortId(proved)
    }, and ${why}; with --rerun it is proved anew`;
    findings.push(finding("base_differs", message, id));
  }
  return findings;
}

async function whyOtherBase(
  git: Git,
  commit: string,
  { proved, ref }: { readonly proved: string; readonly ref: string },
): Promise<string | undefined> {
  if (!isObjectId(proved)) return "that is no commit";
  try {
    const base = await workBase(git, commit, ref);
    if (base === undefined || base === proved) return undefined;
    const args = ["merge-base", "--is-ancestor", base, proved];
    const { exitCode } = await tryGit(git, args);
    return exitCode === 0
      ? undefined
      : `the work goes out from ${shortId(base)}, its merge base with ${
        quoted(ref)
      }`;
  } catch (error) {
    if (error instanceof NoTree || error instanceof OrcError) {
      return uncapitalised(error.message);
    }
    throw error;
  }
}

const SHOWN_DIGITS = 12;

export function shortId(id: string): string {
  return id.slice(0, SHOWN_DIGITS);
}
