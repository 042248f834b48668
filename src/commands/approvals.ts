import { usage } from "../base/error.ts";
import { durationText, inOneLine, minutesBetween } from "../base/text.ts";
import {
  type Approvals,
  listApprovals,
  type SessionApproval,
  watchApprovals,
} from "../work/approvals.ts";
import { command, flag, type ResultOf, type Style } from "./command.ts";
import { shortTask } from "./view.ts";

export const approvalsCommand = command<
  ResultOf<Approvals> & { readonly at: string },
  SessionApproval
>({
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
});

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
