import type { Cleanup } from "../sessions/apply_cleanup.ts";
import { cleanupSessions } from "../sessions/cleanup_sessions.ts";
import { CLEANUP_FLAGS, cleanupText } from "./cleanup_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc session cleanup` */
export const sessionCleanupCommand = command<Cleanup>({
  name: "session cleanup",
  summary: "Remove old closed sessions",
  description:
    "Removes completed and abandoned sessions of the repository that have not changed for some days. Shows them with their size and asks first. An active session is never removed, nor one that is damaged. Files of the older tool stay: only a migration removes them.",
  args: [],
  flags: [
    {
      name: "older-than",
      value: "DAYS",
      summary: "Days without a change, 30 without it",
    },
    {
      name: "status",
      value: "STATUS",
      values: ["completed", "abandoned", "all"],
      summary: "Only completed or abandoned ones; all is both",
    },
    ...CLEANUP_FLAGS,
  ],
  effect: "writes",
  permissions: [],
  examples: [
    "orc session cleanup --dry-run",
    "orc session cleanup --older-than 90 --status abandoned --yes",
  ],
  async run(host, values) {
    const { place, ...result } = await cleanupSessions(host, {
      ...sessionOptions(values, "session cleanup"),
      olderThan: values.text("older-than"),
      status: values.text("status"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    });
    return { place, result };
  },
  render: cleanupText,
});
