import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import type { Command, Permission } from "./command.ts";

/** A flag of `deno run`, and what it is for. */
export type PermissionRow = readonly [flag: string, purpose: string];

/** What each permission is for, with its flag of `deno run`. */
export const PERMISSION_ROWS: Readonly<Record<Permission, PermissionRow>> = {
  run: ["--allow-run", "run checks and git"],
  sys: ["--allow-sys", "read the host name and the home directory"],
  net: ["--allow-net", "reach other machines"],
};

const READ: PermissionRow = ["--allow-read=ROOT", "read the repository"];

const WRITE: PermissionRow = [
  `--allow-write=ROOT/${ORCHESTRATOR_DIRECTORY}`,
  "keep the sessions",
];

const ENVIRONMENT: PermissionRow = [
  "--allow-env",
  "read settings from the environment",
];

/** What every command that changes something wants. */
export const BASIC_PERMISSION_ROWS: readonly PermissionRow[] = [
  READ,
  WRITE,
  ENVIRONMENT,
];

/** Everything that a command wants. */
export function permissionRows(
  command: Pick<Command, "effect" | "flags" | "permissions">,
): readonly PermissionRow[] {
  return [
    READ,
    ...mayWrite(command) ? [WRITE] : [],
    ENVIRONMENT,
    ...command.permissions.map((permission) => PERMISSION_ROWS[permission]),
  ];
}

function mayWrite(
  { effect, flags }: Pick<Command, "effect" | "flags">,
): boolean {
  return [effect, ...flags.map((flag) => flag.effect ?? "reads")]
    .some((each) => each !== "reads");
}
