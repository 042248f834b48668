import { exitCodeOf, external, type OrcError, usage } from "../base/error.ts";
import type {
  Outcome,
  Place,
  Streaming,
  TableEntry,
  Values,
} from "../commands/command.ts";
import {
  type CommandGroup,
  commandGroups,
  tableOf,
} from "../commands/table.ts";
import type { Host } from "../host/host.ts";
import { hasLegacyFiles, mayHavePreferences } from "../repository/open.ts";
import type { Failure } from "./failure.ts";
import {
  errorDocument,
  errorText,
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
  cursorOver,
  guessPresentation,
  helpRequest,
  type Invocation,
  missingCommand,
  prepare,
  type Presentation,
  presentationOf,
  requestOf,
  selectCommand,
  styleFor,
} from "./parse.ts";

/** What surrounds a command line; tests put their own in its place. */
interface Surroundings {
  readonly streams: Streams;
  readonly groups: readonly CommandGroup[];
}

/** One run of orc. What an error report needs is filled in as it becomes known. */
interface Run {
  readonly argv: readonly string[];
  readonly host: Host;
  readonly streams: Streams;
  readonly table: readonly TableEntry[];
  commandName: string | null;
  presentation: Presentation;
  /** Undefined as long as the command line was not read. */
  values: Values | undefined;
}

/** Runs one command line and returns its exit code; everything is printed when it resolves. */
export async function main(
  argv: readonly string[],
  host: Host,
  surroundings: Partial<Surroundings> = {},
): Promise<number> {
  const run: Run = {
    argv,
    host,
    streams: maskedStreams(host, surroundings.streams ?? systemStreams()),
    table: tableOf(surroundings.groups ?? commandGroups),
    commandName: null,
    presentation: guessPresentation(argv),
    values: undefined,
  };
  try {
    return await perform(run);
  } catch (error) {
    await preferForFailure(run);
    await knowSecrets(run);
    const failure = await describe(run, error);
    report(run, failure);
    return failure.signalExitCode ?? exitCodeOf(failure.error);
  }
}

/** An error repeats what was said. Loaded only now, as all that most runs do not need. */
async function knowSecrets({ host, values }: Run): Promise<void> {
  const { maskFailure } = await import("../secrets/use.ts");
  await maskFailure(host, {
    root: values?.text("root"),
    session: values?.text("session"),
  });
}

/** Returns the exit code. */
async function perform(run: Run): Promise<number> {
  const selection = selectCommand(run.argv, run.table);
  const request = requestOf(selection, run.table);
  if (request === undefined) {
    await showHelpInstead(run, selection.words);
    throw missingCommand(selection.words);
  }
  run.commandName = request.entry.name;
  const invocation = await prepare(request, run.table);
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
  await migrateIfAsked(run, invocation);
  const outcome = await invocation.command.run(run.host, invocation.values);
  warn(run, outcome.warnings ?? []);
  await applyPreferences(run, outcome.place);
  const style = styleFor(run.host, run.presentation.color);
  const text = run.presentation.json
    ? resultDocument(invocation.name, outcome)
    : resultText(invocation.command, outcome.result, style);
  deliver(run, invocation.name, text);
  await tellOfMigration(run, invocation.name, outcome);
  return outcome.refusal === undefined ? 0 : exitCodeOf(outcome.refusal);
}

async function migrateIfAsked(
  run: Run,
  { name, values }: Invocation,
): Promise<void> {
  if (!run.host.env("ORCHESTRATOR_AUTO_MIGRATE")) return;
  const { migrateFirst } = await import("../commands/migration.ts");
  warn(run, await migrateFirst(run.host, name, values));
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
  if (presentation.lines && stream === undefined) throw notStreamed(name);
  if (presentation.lines) return stream;
  return !presentation.json && stream?.isWanted(values) ? stream : undefined;
}

function notStreamed(name: string): OrcError {
  return usage(
    "not_streamed",
    `Command "${name}" has one result and not many lines`,
    "use --output json",
  );
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
  const request = helpRequest(run.table, words, cursorOver([]));
  const { command, values } = await prepare(request, run.table);
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
    if (!isBrokenPipe(error)) throw unwritable(name, error);
    return false;
  }
}

function unwritable(name: string, cause: unknown): OrcError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return external(
    "output_failed",
    `Command "${name}" was done, but its result cannot be written: ${reason}`,
    { cause, hint: "orc status" },
  );
}

/** A program that wants documents wants them for errors too. */
async function preferForFailure(run: Run): Promise<void> {
  const { host, values, presentation } = run;
  if (values === undefined || !presentation.isFormatOpen) return;
  const { likelyPlace, withPreferences } = await import("./failure.ts");
  const place = likelyPlace(host, values);
  const preferred = await withPreferences(host, presentation, place);
  // What is wrong with the settings is not what the command failed over.
  run.presentation = preferred.presentation;
}

/** Loaded only now: most runs do not fail. */
async function describe(run: Run, error: unknown): Promise<Failure> {
  const { describeFailure } = await import("./failure.ts");
  return describeFailure(error, {
    command: run.commandName,
    verbose: run.presentation.verbose,
  });
}

function report(run: Run, failure: Failure): void {
  const { json } = run.presentation;
  // Half a document may already stand on standard output.
  if (!json || failure.code === "output_failed") {
    tell(run.streams, errorText(failure));
    return;
  }
  try {
    run.streams.stdout(errorDocument(run.commandName, failure));
  } catch (error) {
    if (!isBrokenPipe(error)) tell(run.streams, errorText(failure));
  }
}
