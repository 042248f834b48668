import type { RunOptions } from "../journey/orc.ts";
import { quickRepository } from "./repository.ts";

/** An agent that is told so by its environment, and tries to be taken for a human. */
export const LAZY: RunOptions = {
  env: { CLAUDECODE: "1", ORCHESTRATOR_APPROVALS: "any" },
};

/** What says nothing, at whatever length. */
const FILLERS = [
  "a".repeat(50),
  "not needed",
  "Not needed.                                             ",
  "n/a",
  "This is simply not needed here now",
  "not needed ".repeat(6),
  "done. done. done. done. done. done. done. done. done. done.",
  "-".repeat(60),
  "🚀".repeat(60),
];

/** All that a lazy agent does about an item but the work. */
function triesAt(itemId: string): readonly (readonly string[])[] {
  return [
    ["complete", itemId, "--skip-verify"],
    ["complete", itemId, "--notes", "Done, all checks pass"],
    ["complete", itemId, "--evidence", "summary=Looks good to me"],
    ["start-item", itemId],
    ["approve-item", itemId],
    ...FILLERS.flatMap((reason) => [
      ["skip", itemId, "--reason", reason],
      ["skip", itemId, "--reason", reason, "--force"],
    ]),
    ["advance"],
  ];
}

const WAYS_ON: readonly (readonly string[])[] = [
  ["approve"],
  ["advance", "--force"],
  ["finish"],
  ["finish", "--force"],
];

/** Tries everything on all items, in whatever phase; returns the commands that were not refused. */
export async function tryEverything(
  directory: string,
  itemIds: readonly string[],
): Promise<readonly string[]> {
  const { orc } = quickRepository(directory);
  const done: string[] = [];
  for (const args of [...itemIds.flatMap(triesAt), ...WAYS_ON]) {
    const { code, stderr } = await orc(args, LAZY);
    if (code === 0) done.push(args.slice(0, 2).join(" "));
    else if (code !== 3 && code !== 77) throw new Error(`${args}: ${stderr}`);
  }
  return done;
}
