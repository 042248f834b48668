import { shortSessionId } from "../base/ids.ts";
import { sizeText } from "../base/size_text.ts";
import type { Cleanup } from "../sessions/apply_cleanup.ts";
import type { FlagSpec } from "./command.ts";
import { shortTask } from "./view.ts";

/** Flags of every cleanup. */
export const CLEANUP_FLAGS: readonly FlagSpec[] = [
  {
    name: "dry-run",
    summary: "Show what would be removed, and remove nothing",
  },
  { name: "yes", short: "y", summary: "Remove without asking" },
];

/** What a cleanup did, or would do, for people. */
export function cleanupText(cleanup: Cleanup): string {
  const { sessions, leftovers, kept, sizeBytes, dryRun } = cleanup;
  const count = sessions.length + leftovers.length;
  const headline = dryRun ? "Would remove" : "Removed";
  return [
    count === 0
      ? "Nothing to remove"
      : `${headline} ${countText(cleanup)} (${sizeText(sizeBytes)})`,
    ...sessions.map(({ session, status, days, sizeBytes, directory, task }) =>
      [
        `  ${shortSessionId(session).padEnd(9)}`,
        status.padEnd(9),
        `${days} d`.padStart(6),
        sizeText(sizeBytes).padStart(7),
        directory,
        shortTask(task, 40),
      ].join("  ").trimEnd()
    ),
    ...leftovers.map(({ path, sizeBytes }) =>
      `  left by an earlier removal  ${sizeText(sizeBytes)}  ${path}`
    ),
    ...kept.map(({ problem }) => `Kept: ${problem}`),
  ].join("\n");
}

function countText({ sessions, leftovers }: Cleanup): string {
  const parts = [
    plural(sessions.length, "session"),
    plural(leftovers.length, "leftover"),
  ];
  return parts.filter((part) => !part.startsWith("0 ")).join(" and ");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
