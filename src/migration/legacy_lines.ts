import { decodeLogLine } from "../engine/event.ts";
import { decodeFeedbackLine, textIn } from "../feedback/feedback_line.ts";
import { openLegacy } from "../files/tree.ts";
import { linesFrom } from "../session/log_read.ts";
import type { LinePart, LinesRole } from "./migration_facts.ts";

/** Tells which workflow a line belongs to; empty when it names none. */
export type OwnerOf = (line: string | undefined) => string;

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
