import { exitCodeOf, external, usage } from "../base/error.ts";
import {
  type CommandGroup,
  type Outcome,
  type Place,
  type Streaming,
  type TableEntry,
  tableOf,
} from "../commands/command.ts";
import { commandGroups } from "../commands/table.ts";
import type { Host } from "../host/host.ts";
import { hasLegacyFiles, mayHavePreferences } from "../repository/open.ts";
import type { FailedRun } from "./failure.ts";
import {
  isBrokenPipe,
  maskedStreams,
  partsLines,
  partsText,
  resultDocument,
  resultText,
  type Streams,
  systemStreams,
  tell,
  warningText,
} from "./output.ts";
import {
  guessPresentation,
  type Invocation,
  prepare,
  prepareHelp,
  presentationOf,
  requestOf,
  styleFor,
} from "./parse.ts";

/** One run of orc. */
type Run = FailedRun & { readonly table: readonly TableEntry[] };

/** Runs one command line and returns its exit code; everything is printed when it resolves. */
export async function main(
  argv: readonly string[],
  host: Host,
  /** Tests put their own in the place of these. */
  surroundings: {
    readonly streams?: Streams;
    readonly groups?: readonly CommandGroup[];
  } = {},
): Promise<number> {
  const run: Run = {
    host,
    streams: maskedStreams(host, surroundings.streams ?? systemStreams()),
    table: tableOf(surroundings.groups ?? commandGroups),
    commandName: null,
    presentation: guessPresentation(argv),
    values: undefined,
  };
  try {
    return await perform(run, argv);
  } catch (error) {
    // Loaded only now: most runs do not fail.
    const { fail } = await import("./failure.ts");
    return await fail(run, error);
  }
}

/** Returns the exit code. */
async function perform(
  run: Run,
  argv: readonly string[],
): Promise<number> {
  const { entry, words, rest } = requestOf(argv, run.table);
  if (entry === undefined) {
    await showHelpInstead(run, words);
    const message = words.length === 0
      ? "No command given"
      : `Command "${words.join(" ")}" is not complete`;
    const hint = ["orc help", ...words].join(" ");
    throw usage("missing_command", message, hint);
  }
  run.commandName = entry.name;
  const invocation = await prepare(entry, rest, run.table);
  run.commandName = invocation.name;
  run.values = invocation.values;
  run.presentation = presentationOf(invocation.values);
  // Before anything is changed: the environment may hold what cannot be read.
  styleFor(run.host, run.presentation.color);
  const streaming = streamingOf(run, invocation);
  if (streaming !== undefined) {
    await performStream(run, { ...invocation, streaming });
    return 0;
  }
  const { name, command, values } = invocation;
  if (run.host.env("ORCHESTRATOR_AUTO_MIGRATE")) {
    const { migrateFirst } = await import("../commands/migration.ts");
    warn(run, await migrateFirst(run.host, name, values));
  }
  const outcome = await command.run(run.host, values);
  warn(run, outcome.warnings ?? []);
  await applyPreferences(run, outcome.place);
  const style = styleFor(run.host, run.presentation.color);
  const text = run.presentation.json
    ? resultDocument(name, outcome)
    : resultText(command, outcome.result, style);
  deliver(run, name, text);
  await tellOfMigration(run, name, outcome);
  return outcome.refusal === undefined ? 0 : exitCodeOf(outcome.refusal);
}

/** Settings stand in for what the command line does not say. */
async function applyPreferences(
  run: Run,
  place: Pick<Place, "root"> | null,
): Promise<void> {
  const { host, presentation } = run;
  if (!mayHavePreferences(host, place?.root ?? null)) return;
  const { withPreferences } = await import("./failure.ts");
  const preferred = await withPreferences(host, presentation, place);
  run.presentation = preferred.presentation;
  warn(run, preferred.warnings);
}

/** Programs that read JSON are not told: it is for whoever decides about the files. */
async function tellOfMigration(
  { host, presentation, streams }: Run,
  name: string,
  outcome: Outcome<unknown>,
): Promise<void> {
  if (presentation.json || presentation.quiet) return;
  if (outcome.place === null || !hasLegacyFiles(outcome.place.root)) return;
  const { noticeAfter } = await import("../commands/migration.ts");
  const { box, line } = await noticeAfter(host, name, outcome);
  if (box !== undefined) tell(streams, box);
  if (line !== undefined) tell(streams, warningText(line));
}

/** How the command is to stream its result; undefined when it is to give it whole. */
function streamingOf(
  { presentation }: Run,
  { name, command, values }: Invocation,
): Streaming | undefined {
  const { stream } = command;
  if (presentation.lines) {
    if (stream !== undefined) return stream;
    throw usage(
      "not_streamed",
      `Command "${name}" has one result and not many lines`,
      "use --output json",
    );
  }
  return !presentation.json && stream?.isWanted(values) ? stream : undefined;
}

async function performStream(
  run: Run,
  { name, values, streaming }: Invocation & { readonly streaming: Streaming },
): Promise<void> {
  const { likelyPlace } = await import("./failure.ts");
  await applyPreferences(run, likelyPlace(run.host, values));
  // A result without an end cannot be one document.
  const lines = run.presentation.lines || run.presentation.json;
  const style = styleFor(run.host, run.presentation.color);
  const { batches, warnings } = await streaming.run(run.host, values);
  for await (const parts of batches) {
    const text = lines ? partsLines(parts) : partsText(streaming, parts, style);
    if (!deliver(run, name, text)) return;
  }
  warn(run, warnings());
}

/** A person who typed too little wants to see what there is; it is not a result, so it goes to standard error. */
async function showHelpInstead(
  run: Run,
  words: readonly string[],
): Promise<void> {
  if (run.presentation.json) return;
  const { command, values } = await prepareHelp(run.table, words);
  const { result } = await command.run(run.host, values);
  const text = resultText(command, result, styleFor(run.host, "never"));
  tell(run.streams, `${text}\n`);
}

function warn(run: Run, warnings: readonly string[]): void {
  if (run.presentation.quiet) return;
  for (const warning of warnings) tell(run.streams, warningText(warning));
}

/** False when nobody reads any more. */
function deliver(run: Run, name: string, text: string): boolean {
  try {
    run.streams.stdout(text);
    return true;
  } catch (error) {
    if (isBrokenPipe(error)) return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw external(
      "output_failed",
      `Command "${name}" was done, but its result cannot be written: ${reason}`,
      { cause: error, hint: "orc status" },
    );
  }
}
