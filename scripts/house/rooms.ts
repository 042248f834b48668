/** The rooms of `src`, in order: a file imports only from its own room and from those before it. */
export const ROOMS = [
  "base",
  "workflow",
  "bundled",
  "engine",
  "replay",
  "files",
  "session",
  "transfer",
  "host",
  "settings",
  "vault",
  "documents",
  "contract",
  "postgres",
  "fetch",
  "repository",
  "config",
  "secrets",
  "checks",
  "trust",
  "work",
  "notify",
  "checkpoints",
  "handoff",
  "history",
  "feedback",
  "sessions",
  "snapshot",
  "objects",
  "persist",
  "upstream",
  "migration",
  "doctor",
  "agents",
  "serve",
  "library",
  "commands",
  "cli",
] as const;

/** The part of the library without effects, which is no room: it only names what pure files export. */
export const PURE_ENTRY = "src/core.ts";

/** What whoever writes a backend imports, which is no room either. */
export const STORE_ENTRY = "src/store.ts";

/** Rooms in which every file is pure. */
const PURE_ROOMS: ReadonlySet<string> = new Set([
  "base",
  "workflow",
  "bundled",
  "engine",
  "replay",
]);

/** Files of pure rooms whose packages ask for the environment. */
const IMPURE_FILES: ReadonlySet<string> = new Set([
  "src/workflow/json_schema.ts",
  "src/workflow/yaml.ts",
]);

/** Pure files in other rooms, besides rules and plans. */
const PURE_FILES: ReadonlySet<string> = new Set([
  "src/migration/rebuild.ts",
  "src/session/codec.ts",
  "src/session/encode.ts",
  "src/session/pack/format.ts",
  "src/settings/merge.ts",
  "src/settings/settings.ts",
  "src/transfer/record.ts",
]);

/** What commands must not know, although it stands before them: they call use cases, and print. */
const KEPT_FROM_COMMANDS: ReadonlySet<string> = new Set(["files", "session"]);

/** Name of the room a path belongs to; undefined outside of the rooms. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Whether a file has no effect: no clock, randomness, environment, files, network or output. */
export function isPure(path: string): boolean {
  if (IMPURE_FILES.has(path)) return false;
  return path === PURE_ENTRY || PURE_ROOMS.has(roomOf(path) ?? "") ||
    PURE_FILES.has(path) ||
    /^src\/\w+\/(?:\w+_)?(?:rules|plan)\.ts$/.test(path);
}

/** One import of a file by another. */
export interface RoomImport {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** Why an import breaks the order of the rooms; undefined if it does not. */
export function brokenOrder(
  { from, to, isTypeOnly }: RoomImport,
): string | undefined {
  if (!from.startsWith("src/")) return undefined;
  if (isPure(from) && !isPure(to) && !isTypeOnly) {
    return `"${from}" is pure, and "${to}" is not`;
  }
  if (from === PURE_ENTRY || from === STORE_ENTRY) return undefined;
  const [room, other] = [roomOf(from), roomOf(to)];
  const [own, before] = [indexOf(room), indexOf(other)];
  if (own < 0) return `"${from}" lies in no room`;
  if (before < 0) return `"${to}" lies in no room`;
  if (before > own) {
    return `Room "${room}" must not import from "${other}", which comes after it`;
  }
  if (room === "commands" && KEPT_FROM_COMMANDS.has(other ?? "")) {
    return `Room "commands" must not import from "${other}"`;
  }
  return room === "commands" && other === "host" && !isTypeOnly
    ? 'Room "commands" may import only types from "host"'
    : undefined;
}

function indexOf(room: string | undefined): number {
  return ROOMS.findIndex((known) => known === room);
}
