import { type OrcError, pending, refused, usage } from "../../base/error.ts";
import {
  durationText,
  inOneLine,
  minutesBetween,
  shellWord,
} from "../../base/text.ts";
import type { NotifyTest } from "../../notify/use.ts";
import {
  type Approvals,
  listApprovals,
  type SessionApproval,
  watchApprovals,
} from "../../work/approvals.ts";
import { rejectItem, reopen } from "../../work/rework.ts";
import { type Waited, waitForAnswer } from "../../work/wait.ts";
import { CHANGED } from "../brief.ts";
import { type Clamped, clamped } from "../clamp.ts";
import {
  arg,
  type ChangeResult,
  command,
  flag,
  type ResultOf,
  type Style,
} from "../command.ts";
import { changeText } from "../change_view.ts";
import { shortTask } from "../view.ts";

type ListResult = ResultOf<Approvals> & { readonly at: string };

export const approvalsCommand = command<Clamped<ListResult>, SessionApproval>(
  clamped<ListResult, SessionApproval>({
    lists: ["approvals"],
    unless: "watch",
  }, {
    description:
      "Lists what waits for a human in all sessions of the repository: manual gates whose turn it is, and phases that wait for an approval, each with the exact command. --watch goes on with what comes to wait, until it is interrupted.",
    flags: [flag("-w, --watch", "Go on with what comes to wait")],
    effect: "reads",
    examples: ["orc approvals", "orc approvals --watch"],
    async use(host, { root, lockTimeout, purpose }, values) {
      if (values.on("watch")) {
        throw usage(
          "conflicting_flags",
          'Flag "--watch" does not go with one JSON document, which has an end',
          "orc approvals --watch --output jsonl",
        );
      }
      const where = { root, lockTimeout, purpose };
      return { ...await listApprovals(host, where), at: host.now() };
    },
    render: ({ approvals, at }, style) =>
      approvals.length === 0
        ? "Nothing waits for a human"
        : approvals.map((each) => approvalText(each, style, at)).join("\n"),
    stream: {
      isWanted: (values) => values.on("watch"),
      // deno-lint-ignore require-await
      run: async (host, values) =>
        watchApprovals(host, {
          root: values.text("root"),
          purpose: "orc approvals --watch",
        }),
      render: approvalText,
    },
  }),
);

function approvalText(
  { session, task, agent, phaseId, itemId, name, since, command }:
    SessionApproval,
  style: Style,
  at?: string,
): string {
  const minutes = at === undefined ? undefined : minutesBetween(since, at);
  const facts = [
    `session ${session}`,
    ...agent === null ? [] : [agent],
    ...minutes === undefined
      ? since === null ? [] : [`since ${since}`]
      : [`for ${durationText(minutes)}`],
  ];
  const what = itemId === null ? `phase ${phaseId}` : `${phaseId} ${itemId}`;
  return [
    `${style.bold(inOneLine(what))} · ${inOneLine(name)}`,
    `  ${inOneLine(shortTask(task, style.columns - 2))}`,
    `  ${style.dim(inOneLine(facts.join(", ")))}`,
    `  ${inOneLine(command)}`,
  ].join("\n");
}

export const notifyTestCommand = command<ResultOf<NotifyTest>>({
  description:
    "Sends a message that says it is a test to whoever the setting notify names, and waits up to 10 seconds for the answer. When a gate opens, the same is done without anybody waiting for it.",
  effect: "writes",
  permissions: ["run", "net"],
  examples: ["orc notify test"],
  async use(host, { root, lockTimeout, purpose }) {
    const { testNotify } = await import("../../notify/use.ts");
    return await testNotify(host, { root, lockTimeout, purpose });
  },
  render: ({ receiver, format }) => `Told ${receiver}, as ${format}`,
});

export const notifyDeliverCommand = command<Record<string, never>>({
  description:
    "Sends the messages on its standard input to whoever the setting notify names. Another orc runs it in the background, and doctor names what went wrong.",
  effect: "writes",
  permissions: ["run", "net"],
  examples: ["orc notify deliver"],
  async run(host, values) {
    const { deliver } = await import("../../notify/use.ts");
    await deliver(host, { root: values.text("root") });
    return { place: null, result: {} };
  },
  render: () => "",
});

export const rejectCommand = command<ChangeResult<{ itemId: string }>>({
  description:
    "Says no to a manual gate that waits, or to any completed item of the current phase. Only a human can: in a terminal, by typing the item's id. The item is open again, one more try of it counts as failed, and the reason stands first in status and next until it is done again.",
  args: [arg("ITEM", "Id of the item", "item")],
  flags: [
    flag(
      "-r, --reason TEXT",
      "What has to become better; 1 to 2000 characters",
    ),
  ],
  effect: "human",
  brief: () => `itemId,${CHANGED}`,
  examples: ['orc reject plan_approval --reason "The way back is missing"'],
  use: async (host, options, values) => ({
    ...await rejectItem(host, {
      ...options,
      itemId: values.need("ITEM"),
      reason: values.text("reason") ?? "",
    }),
    itemId: values.need("ITEM"),
  }),
  render: (result, style) =>
    changeText(`Rejected item "${result.itemId}"`, result, style),
});

export const reopenCommand = command<ChangeResult<{ reopened: string }>>({
  description:
    "Takes up again a completed or skipped item of the current phase; anybody may, and the log says so. With the id of an earlier phase the session goes back to it: only a human can, in a terminal, by typing the phase's id. Its items stay as they are, and its approval and those of later phases are taken back.",
  args: [
    arg("ID", "Id of an item of the current phase, or of an earlier phase"),
  ],
  flags: [flag("-r, --reason TEXT", "Why; 1 to 2000 characters")],
  effect: "writes",
  brief: () => `reopened,${CHANGED}`,
  examples: ['orc reopen plan --reason "The review found a gap"'],
  use: async (host, options, values) => ({
    ...await reopen(host, {
      ...options,
      id: values.need("ID"),
      reason: values.text("reason") ?? "",
    }),
    reopened: values.need("ID"),
  }),
  render: (result, style) =>
    changeText(`Reopened "${result.reopened}"`, result, style),
});

export const waitCommand = command<ResultOf<Waited>>({
  description:
    "Waits until a human has answered, so that an agent need not ask again and again: about a manual gate of the current phase, or without ITEM about what the next step asks a human for. Ends with 0 when it is approved or passes without, with 3 and the reason when it is rejected, and with 75 when nobody has answered in time. A no to another item of the phase is an answer, too. With --no-input it waits for nobody and says how it stands. A no is an answer once: at once while nobody has done anything since, neither in the session nor in a file that the item shows.",
  args: [arg("[ITEM]", "Id of the manual gate", "open-item")],
  flags: [
    flag(
      "--timeout TIME",
      "How long at most, such as 90s, 30m or 2h; without it, as long as it takes",
    ),
  ],
  effect: "reads",
  examples: ["orc wait", "orc wait plan_approval --timeout 30m"],
  async use(host, options, values) {
    const waited = await waitForAnswer(host, {
      ...options,
      itemId: values.text("ITEM"),
      timeout: values.on("no-input") ? "0s" : values.text("timeout"),
    });
    return { ...waited, refusal: unanswered(waited) };
  },
  render: (waited) => {
    const { answer } = waited;
    return inOneLine(`${subjectOf(waited)}: ${answer}${whyOf(waited)}`);
  },
});

/** What a program ends with that waited: a no, or no answer. */
function unanswered(waited: ResultOf<Waited>): OrcError | undefined {
  const { answer, itemId } = waited;
  const what = subjectOf(waited);
  const why = whyOf(waited);
  if (answer === "rejected") {
    return refused("rejected", `${what} was rejected${why}`, "orc next");
  }
  if (answer !== "waiting") return undefined;
  const again = itemId === null ? "orc wait" : `orc wait ${shellWord(itemId)}`;
  return pending("unanswered", `${what} still waits for a human${why}`, again);
}

/** What the human said, and to what, where that is not what they were asked. */
function whyOf(
  { answer, reason, itemId, rejectedItemId }: ResultOf<Waited>,
): string {
  if (reason === null) return "";
  if (answer === "waiting") return ` (before, it was rejected: ${reason})`;
  const other = rejectedItemId === itemId ? "" : ` by item "${rejectedItemId}"`;
  return `${other}: ${reason}`;
}

function subjectOf({ itemId, phaseId }: ResultOf<Waited>): string {
  return itemId === null ? `Phase "${phaseId}"` : `Item "${itemId}"`;
}
