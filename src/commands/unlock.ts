import { type LockInfo, unlock, type Unlocked } from "../sessions/unlock.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc unlock` */
export const unlockCommand = command<Omit<Unlocked, "place">>({
  name: "unlock",
  summary: "Show who holds the locks, or remove them",
  description:
    "Shows who holds the locks of the repository and of the session. Locks of dead processes need no help: the next command takes them over. With --force a human removes the locks of processes that hang or ran on another machine; their updates are repeated or refused, never half done.",
  args: [],
  flags: [{
    name: "force",
    short: "f",
    summary: "Remove the locks",
    effect: "human",
  }],
  effect: "reads",
  permissions: [],
  examples: ["orc unlock", "orc unlock --force"],
  async run(host, values) {
    const { place, ...result } = await unlock(host, {
      ...sessionOptions(values, "unlock"),
      force: values.on("force"),
    });
    return { place, result };
  },
  render: ({ locks, removed }) => {
    if (locks.length === 0) return "No lock is held";
    const lines = locks.map(lockText);
    return removed ? ["Removed:", ...lines].join("\n") : lines.join("\n");
  },
});

const STATES = {
  alive: "it still runs",
  dead: "it has ended; the next command takes the lock over",
  unknown: "whether it still runs cannot be told",
} as const;

function lockText(lock: LockInfo): string {
  if (lock.pid === null) return `${lock.scope}: "${lock.path}" is unreadable`;
  const seconds = Math.round((lock.ageMs ?? 0) / 1000);
  return `${lock.scope}: process ${lock.pid} on "${lock.host}" for ${seconds} s (${lock.purpose}); ${
    STATES[lock.liveness]
  }`;
}
