/** What is done once an answer is printed. */
import type { Command, Place } from "../commands/command.ts";
import { mayHoldLegacy } from "../repository/open.ts";
import { type Run, warn } from "./output.ts";

/** Sends the session away where its machine vanishes, and tells people of files that could move in. */
export async function afterwards(
  run: Run,
  { effect }: Command,
  { root, session }: Place,
): Promise<void> {
  const { presentation: { json, quiet }, commandName, host } = run;
  // Programs that read JSON are not told: it is for whoever decides about the files.
  if (!json && !quiet && mayHoldLegacy(root)) {
    const { tellOfMigration } = await import("./notice.ts");
    await tellOfMigration(run, commandName ?? "", root);
  }
  if (effect === "reads" || session === null) return;
  const { sendAfterwards } = await import("../persist/after.ts");
  warn(run, await sendAfterwards(host, { root, session }));
}
