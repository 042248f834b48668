import { OrcError } from "../base/error.ts";
import { headOf } from "../base/fence.ts";
import { shortSessionId } from "../base/ids.ts";
import { sizeText } from "../base/size_text.ts";
import { inOneLine } from "../base/text.ts";
import {
  type CheckpointCleanup,
  cleanCheckpoints,
} from "../checkpoints/clean_checkpoints.ts";
import {
  type CheckpointList,
  listCheckpoints,
} from "../checkpoints/list_checkpoints.ts";
import type { CheckpointLine } from "../checkpoints/session_checkpoints.ts";
import type { Host } from "../host/host.ts";
import {
  command,
  type Outcome,
  sessionOptions,
  type Style,
  type Values,
} from "./command.ts";

type ListResult = Pick<CheckpointList, "checkpoints"> & {
  /** Whether they are those of all sessions. */
  readonly all: boolean;
};
type CleanupResult = Omit<CheckpointCleanup, "place" | "warnings">;

/** `orc checkpoints` */
export const checkpointsCommand = command<ListResult | CleanupResult>({
  name: "checkpoints",
  summary: "List the checkpoints, newest first",
  description:
    "Lists the checkpoints of the session. A damaged one is named and hides no other.\n\nWith --cleanup, removes those that are older than 30 days, but never the newest 5; --keep and --max-age say otherwise. With --keep alone, age does not count.",
  args: [],
  flags: [
    {
      name: "all",
      short: "a",
      summary: "Those of all sessions of the repository",
    },
    {
      name: "cleanup",
      summary: "Remove old checkpoints, after a yes",
      effect: "writes",
    },
    {
      name: "keep",
      value: "NUMBER",
      summary: "How many of the newest stay in any case; 5 without it",
    },
    {
      name: "max-age",
      value: "DAYS",
      summary: "How old the others may become",
    },
    { name: "dry-run", summary: "Show what would be removed" },
    { name: "yes", short: "y", summary: "Remove without asking" },
    { name: "completed", summary: "No effect: all are listed" },
  ],
  effect: "reads",
  permissions: [],
  examples: [
    "orc checkpoints",
    "orc checkpoints --cleanup --keep 10 --dry-run",
  ],
  run: (host, values) =>
    values.on("cleanup") ? cleanUp(host, values) : list(host, values),
  render: (result, style) =>
    "all" in result ? listText(result, style) : cleanupText(result, style),
});

async function list(
  host: Host,
  values: Values,
): Promise<Outcome<ListResult>> {
  const flag = ["keep", "max-age"].find((name) => values.text(name)) ??
    ["dry-run", "yes"].find((name) => values.on(name));
  if (flag !== undefined) {
    throw conflictingFlags(`Flag --${flag} goes with --cleanup`);
  }
  const all = values.on("all");
  const { place, warnings, checkpoints } = await listCheckpoints(host, {
    ...sessionOptions(values, "checkpoints"),
    all,
  });
  return { place, warnings, result: { checkpoints, all } };
}

async function cleanUp(
  host: Host,
  values: Values,
): Promise<Outcome<CleanupResult>> {
  if (values.on("all")) {
    throw conflictingFlags(
      "Flag --all does not go with --cleanup: checkpoints are removed session by session",
    );
  }
  const { place, warnings, ...result } = await cleanCheckpoints(host, {
    ...sessionOptions(values, "checkpoints --cleanup"),
    keep: values.text("keep"),
    maxAge: values.text("max-age"),
    dryRun: values.on("dry-run"),
    yes: values.on("yes"),
  });
  return { place, warnings, result };
}

function conflictingFlags(message: string): OrcError {
  return new OrcError("usage", "conflicting_flags", message, {
    hint: "orc help checkpoints",
  });
}

function listText({ checkpoints, all }: ListResult, style: Style): string {
  if (checkpoints.length === 0) {
    return "No checkpoints here yet: orc checkpoint";
  }
  return checkpoints.map((line) => {
    const session = all ? `${shortSessionId(line.session)}  ` : "";
    return session + lineText(line, style.columns - session.length);
  }).join("\n");
}

function cleanupText(result: CleanupResult, style: Style): string {
  const { dryRun, checkpoints, sizeBytes, kept } = result;
  const lines = checkpoints.map((line) => lineText(line, style.columns));
  const done = dryRun ? "to be removed" : "removed";
  const sum = `${checkpoints.length} ${done} (${sizeText(sizeBytes)})`;
  return [...lines, `${sum}, ${kept} kept`].join("\n");
}

/** A message is worth a second line on a narrow terminal. */
const MIN_MESSAGE = 20;

function lineText(line: CheckpointLine, columns: number): string {
  const at = inOneLine(line.at.slice(0, 16).replace("T", " ")).padEnd(16);
  const phase = inOneLine(line.phaseId).padEnd(8);
  const beginning = `${line.id}  ${at}  ${phase}  `;
  const room = Math.max(MIN_MESSAGE, columns - beginning.length);
  return (beginning + headOf(inOneLine(line.message ?? ""), room)).trimEnd();
}
