import { oneLine } from "../base/markdown.ts";
import { countOf } from "../base/text.ts";
import type { Verified } from "../trust/use.ts";
import { arg, command, type ResultOf, type Style } from "./command.ts";

export const verifyCommand = command<ResultOf<Verified>>({
  description:
    "Checks whether what a session says is so: that its log is as orc wrote it, that its events lead to its state by the rules, that orc itself saw each item done, and that it was finished. It reads all of the log, runs nothing and changes nothing. Exits with 0 if the session holds, and with 3 and one line per finding if not.\n\nIt notices what was changed behind orc's back. It cannot notice a session that somebody with the same account rewrote whole, with all its hashes.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session"],
    }),
  ],
  effect: "reads",
  examples: ["orc verify", "orc verify 01k9 --json"],
  async use(host, options, values) {
    const session = values.text("ID") ?? options.session;
    const { notHolding, verifySession } = await import("../trust/use.ts");
    const verified = await verifySession(host, { ...options, session });
    return { ...verified, refusal: notHolding(verified) };
  },
  render: verifiedText,
});

function verifiedText(
  { holds, findings, serial, coveredFrom }: ResultOf<Verified>,
  style: Style,
): string {
  const covered = coveredFrom === null || coveredFrom === 1
    ? ""
    : `, covered from update ${coveredFrom} on`;
  const updates = `${countOf(serial, "update")}${covered}`;
  const head = holds
    ? style.good(`Holds, ${updates}`)
    : style.bad(`Does not hold: ${countOf(findings.length, "finding")}`);
  return [head, ...findings.map(({ message }) => `  ${oneLine(message)}`)]
    .join("\n");
}
