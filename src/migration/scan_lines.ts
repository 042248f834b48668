import { OrcError } from "../base/error.ts";
import { LEGACY_WHOLES, type RepositoryLayout } from "../base/layout.ts";
import { relativePath } from "../base/path.ts";
import { decodeLogLine } from "../engine/event.ts";
import { decodeFeedbackLine, textIn } from "../feedback/rules.ts";
import { openLegacy } from "../files/tree.ts";
import { linesFrom } from "../session/log_read.ts";
import type { LinePart, LinesRole } from "./session_plan.ts";

/** The kind of what lies in a place: it decides how that is read, and what becomes of it. */
type LegacyRole = "state" | LinesRole | "checkpoints" | "whole";

/** A place in which the older tool kept something. */
export interface LegacyPlace<Role extends LegacyRole = LegacyRole> {
  /** Seen from the root. */
  readonly path: string;
  readonly role: Role;
  /** Where a file goes that moves as it is, seen from `.orchestrator/`. */
  readonly to?: string;
  /** It is taken only if it is what it should be: others use the name too. */
  readonly shape?: "engine" | "prd" | "overrides";
}

/** All places of a root. */
export interface LegacyPlaces {
  readonly root: string;
  readonly places: readonly LegacyPlace[];
  /** Whether further files of its kind are looked for. */
  readonly hasCustom: boolean;
}

/** All places in a repository, each kind in the order in which it is read. */
export function legacyPlaces(layout: RepositoryLayout): LegacyPlaces {
  const { root } = layout;
  const table: readonly LegacyPlace[] = [
    { path: layout.legacyState, role: "state" },
    { path: layout.sessionlessState, role: "state", shape: "engine" },
    { path: layout.legacyLog, role: "log" },
    { path: layout.sessionlessLog, role: "log" },
    { path: layout.legacyCheckpoints, role: "checkpoints" },
    // The oldest first, as it was written before the other two.
    { path: layout.legacyFeedback, role: "both" },
    { path: layout.legacyToolFeedback, role: "tool" },
    { path: layout.legacyProcessFeedback, role: "process" },
    ...LEGACY_WHOLES.map(({ from: path, to, shape }) => (
      { path, to, shape, role: "whole" } as const
    )),
  ];
  const places = table.map((place) => ({
    ...place,
    path: relativePath(root, place.path) ?? place.path,
  }));
  return { root, places, hasCustom: true };
}

/** Nothing but one file, which is a log or a state. */
export function onlyFile(
  root: string,
  path: string,
  role: "state" | "log",
): LegacyPlaces {
  return { root, places: [{ path, role }], hasCustom: false };
}

/** Places of these roles, in the order of the table. */
export function placesOf<Role extends LegacyRole>(
  { places }: LegacyPlaces,
  ...roles: readonly Role[]
): readonly LegacyPlace<Role>[] {
  return places.flatMap((place) => {
    const role = roles.find((role) => role === place.role);
    return role === undefined ? [] : [{ ...place, role }];
  });
}

/** What is damaged tells nothing. */
export function unlessCorrupt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** Tells which workflow a line belongs to; empty when it names none. */
type OwnerOf = (line: string | undefined) => string;

/** How the Python tool begins a line of its log: enough to see whose it is. */
const LOG_LINE =
  /^\{"timestamp": "[^"\\]*", "event_type": "[^"\\]*", "workflow_id": "([^"\\]*)"/;

/** Makes the judge of a file's lines. Feedback on the tool names a workflow by its hash only. */
export function ownerOf(
  role: LinesRole,
  workflowOfHash: ReadonlyMap<string, string>,
): OwnerOf {
  if (role === "log") return ownerOfEvent;
  const key = role === "tool" ? "workflow_id_hash" : "workflow_id";
  return (line = "") => {
    const entry = decodeFeedbackLine(line);
    const name = entry === undefined ? null : textIn(entry, key);
    if (name === null) return "";
    return role === "tool" ? workflowOfHash.get(name) ?? "" : name;
  };
}

function ownerOfEvent(line = ""): string {
  return LOG_LINE.exec(line)?.[1] ?? decodeLogLine(line)?.workflowId ?? "";
}

/** Counts what belongs to whom; each line is shown to whoever wants to see it. */
export function countParts(
  path: string,
  owner: OwnerOf,
  see: (workflowId: string, line: string | undefined) => void,
): readonly LinePart[] {
  const parts = new Map<string, LinePart>();
  withFile(path, (file) => {
    for (const { text, startBytes, endBytes } of linesFrom(file, 0)) {
      const workflowId = owner(text);
      const known = parts.get(workflowId);
      parts.set(workflowId, {
        workflowId,
        lines: (known?.lines ?? 0) + 1,
        sizeBytes: (known?.sizeBytes ?? 0) + endBytes - startBytes,
      });
      see(workflowId, text);
    }
  });
  return [...parts.values()];
}

const BLOCK_BYTES = 1024 * 1024;

/** Gives each workflow its bytes, in their order and unchanged; holds one block. */
export function divideLines(
  path: string,
  owner: OwnerOf,
  give: (workflowId: string, bytes: Uint8Array) => void,
): void {
  const block = new Uint8Array(BLOCK_BYTES);
  withFile(path, (file) =>
    withFile(path, (copied) => {
      let run = { workflowId: "", startBytes: 0, endBytes: 0 };
      const giveRun = () => copyRun(copied, run, block, give);
      for (const { text, startBytes, endBytes } of linesFrom(file, 0)) {
        const workflowId = owner(text);
        if (workflowId === run.workflowId) {
          run.endBytes = endBytes;
          continue;
        }
        giveRun();
        run = { workflowId, startBytes, endBytes };
      }
      giveRun();
    }));
}

interface Run {
  readonly workflowId: string;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** Lines of one workflow that follow each other, as they stand in the file. */
function copyRun(
  file: Deno.FsFile,
  { workflowId, startBytes, endBytes }: Run,
  block: Uint8Array,
  give: (workflowId: string, bytes: Uint8Array) => void,
): void {
  file.seekSync(startBytes, 0);
  for (let left = endBytes - startBytes; left > 0;) {
    const count = file.readSync(
      block.subarray(0, Math.min(left, block.length)),
    );
    if (!count) throw new Error("a file became shorter");
    give(workflowId, block.subarray(0, count));
    left -= count;
  }
}

function withFile(path: string, work: (file: Deno.FsFile) => void): void {
  const file = openLegacy(path);
  try {
    work(file);
  } finally {
    file.close();
  }
}
