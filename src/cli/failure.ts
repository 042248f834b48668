import { denied, exitCodeOf, OrcError, orElse, usage } from "../base/error.ts";
import { escapeControls } from "../base/text.ts";
import { entriesBelow, flagUsesIn, globalFlags } from "../commands/command.ts";
import { SCHEMA_VERSION } from "../commands/fields.ts";
import { unknownCommand } from "../commands/unknown.ts";
import type { FoundRoot } from "../files/root.ts";
import { type Host, Interrupted } from "../host/host.ts";
import { locate, openRepository } from "../repository/open.ts";
import { selectSession } from "../repository/select.ts";
import { readPreferences, siteAt } from "../settings/files.ts";
import { documentOf, type ErrorMembers, errorMembers } from "./document.ts";
import { isBrokenPipe, resultText, type Run, tell } from "./output.ts";
import {
  prepareHelp,
  type Presentation,
  styleFor,
  UNDECIDED,
} from "./parse.ts";

/** Tells of an error, and returns the exit code. */
export async function fail(run: Run, error: unknown): Promise<number> {
  const { host, values, commandName } = run;
  await decideForm(run);
  // An error repeats what was said.
  const { maskFailure } = await import("../secrets/masker.ts");
  await maskFailure(host, {
    root: rootIn(run),
    session: values?.text("session"),
  });
  const failure = describeFailure(await withOlderWay(run, error), {
    command: commandName,
    verbose: run.presentation.verbose,
  });
  await report(run, failure);
  return failure.exitCode;
}

/** The error where the words name no command; where they could begin one, a person sees what there is. It is no result, so it goes to standard error. */
export async function missingCommand(
  run: Run,
  words: readonly string[],
): Promise<OrcError> {
  const { host, streams, table } = run;
  if (words.length > 0 && entriesBelow(table, words).length === 0) {
    return unknownCommand(table, words);
  }
  await decideForm(run);
  if (!run.presentation.json) {
    const { command, values } = await prepareHelp(table, words);
    const { result } = await command.run(host, values);
    tell(streams, `${resultText(command, result, styleFor(host, "never"))}\n`);
  }
  const message = words.length === 0
    ? "No command given"
    : `Command "${words.join(" ")}" is not complete`;
  return usage("missing_command", message, {
    hint: ["orc help", ...words].join(" "),
    details: { command: words.join(" ") },
  });
}

/** Errors over a word that is not here, or means something else than in the older tool. */
const OVER_WORDS: readonly string[] = [
  "unknown_command",
  "missing_command",
  "unknown_flag",
  "no_such_root",
  "root_not_a_directory",
  "no_such_directory",
  "invalid_provider",
];

/** Who types what the older tool had is told the way on. */
async function withOlderWay(run: Run, error: unknown): Promise<unknown> {
  if (!(error instanceof OrcError && OVER_WORDS.includes(error.code))) {
    return error;
  }
  const { olderWay } = await import("../commands/older.ts");
  const { provider } = error.details ?? {};
  const flag = provider === undefined ? error.details?.flag : `-p ${provider}`;
  const command = run.commandName ?? error.details?.command;
  const words = [command, flag ?? rootFlagIn(run)].filter(Boolean).join(" ");
  const way = olderWay(words);
  if (way === undefined) return error;
  const { kind, code, message, path, details, cause } = error;
  return new OrcError(kind, code, message, { hint: way, path, details, cause });
}

/** `-d`, where the error may be about what stands behind it. */
function rootFlagIn({ argv, commandName }: Run): string | undefined {
  const isShort = flagsOf(argv).some((word) => /^-d/.test(word));
  return isShort && commandName !== null ? "-d" : undefined;
}

/** A program that wants documents wants them for errors too, however it said so and whatever failed. */
async function decideForm(run: Run): Promise<void> {
  if (run.values === undefined) run.presentation = guessPresentation(run.argv);
  if (!run.presentation.isFormatOpen) return;
  // What is wrong with the settings is not what the command failed over.
  await preferFor(run, likelyPlace(run.host, rootIn(run)));
}

/** How a command line that cannot be read probably wants the error. */
export function guessPresentation(argv: readonly string[]): Presentation {
  const flags = flagsOf(argv);
  const [, format] = / --output[ =](jsonl?|text) /.exec(
    ` ${flags.join(" ")} `,
  ) ?? [];
  const json =
    flags.some((flag) => /^--(?:json|full|fields)(?:=|$)/.test(flag)) ||
    format?.startsWith("json");
  return {
    ...UNDECIDED,
    json: json ?? false,
    full: flags.includes("--full"),
    verbose: flags.includes("--verbose"),
    // A format that there is not leaves open what is wanted.
    isFormatOpen: !json && format === undefined,
  };
}

function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end < 0 ? argv : argv.slice(0, end);
}

/** The root that the command line names, as far as it can be read. */
function rootIn({ argv, values }: Run): string | undefined {
  if (values !== undefined) return values.text("root");
  const flags = flagsOf(argv);
  for (const [index, word] of flags.entries()) {
    if (!word.startsWith("-")) continue;
    for (const { flag, attached } of flagUsesIn(word, globalFlags)) {
      if (flag?.name === "root") return attached ?? flags[index + 1];
    }
  }
  return undefined;
}

async function report(run: Run, failure: Failure): Promise<void> {
  const { streams, presentation, commandName } = run;
  // Half a document may already stand on standard output.
  if (!presentation.json || failure.code === "output_failed") {
    tell(streams, errorText(failure));
    return;
  }
  const place = likelyPlace(run.host, rootIn(run));
  const answer = {
    ok: false,
    schemaVersion: SCHEMA_VERSION,
    command: commandName,
    root: place?.root ?? null,
    rootSource: place?.source ?? null,
    session: await likelySession(run),
    error: errorMembers(failure, presentation),
  };
  try {
    streams.stdout(documentOf(answer, presentation));
  } catch (error) {
    if (!isBrokenPipe(error)) tell(streams, errorText(failure));
  }
}

function errorText({ message, hint, stack }: Failure): string {
  const lines = [message];
  if (hint) lines.push(`Try: ${hint}`);
  if (stack !== undefined) lines.push(stack);
  return `${escapeControls(lines.join("\n"))}\n`;
}

interface Failure extends ErrorMembers {
  readonly exitCode: number;
}

export function describeFailure(
  thrown: unknown,
  { command, verbose }: {
    /** Null when the command line named none. */
    readonly command: string | null;
    /** Whether the place of a bug is shown. */
    readonly verbose: boolean;
  },
): Failure {
  if (thrown instanceof Interrupted) {
    const { exitCode, message } = thrown;
    return { exitCode, kind: "interrupted", code: "interrupted", message };
  }
  const error = deniedError(thrown) ?? thrown;
  const exitCode = exitCodeOf(error);
  if (error instanceof OrcError) {
    const { kind, code, message, path, details } = error;
    const help = command === null ? "orc help" : `orc help ${command}`;
    const hint = error.hint ?? (kind === "usage" ? help : undefined);
    return { exitCode, kind, code, message, hint, path, details };
  }
  const isError = error instanceof Error;
  return {
    exitCode,
    kind: "internal",
    code: "bug",
    message: `This is a bug in orc: ${isError ? error.message : String(error)}`,
    hint: verbose
      ? "report it with the lines below"
      : "run the command again with --verbose and report what it prints",
    stack: verbose && isError ? error.stack : undefined,
  };
}

/** Errors wrap errors a few times, not hundreds of times. */
const MAX_CAUSES = 10;

/** The error for a permission that Deno or the system did not give; undefined when that is not the reason. */
function deniedError(thrown: unknown): OrcError | undefined {
  if (thrown instanceof OrcError && thrown.kind === "denied") return thrown;
  const notCapable = causeNamed(thrown, "NotCapable");
  if (notCapable !== undefined) return missingPermission(notCapable);
  if (!(thrown instanceof Error && thrown.name === "PermissionDenied")) {
    return undefined;
  }
  return denied("permission_denied", thrown.message, {
    cause: thrown,
    hint: "check who owns the file and who may change it",
  });
}

function causeNamed(thrown: unknown, name: string): Error | undefined {
  let error = thrown;
  for (let causes = 0; causes < MAX_CAUSES; causes++) {
    if (!(error instanceof Error)) return undefined;
    if (error.name === name) return error;
    error = error.cause;
  }
  return undefined;
}

/** Deno says: Requires read access to "/repo", run again with the --allow-read flag. */
function missingPermission(error: Error): OrcError {
  const [, access] = error.message.match(/^Requires (.+), run again/) ?? [];
  const [flag] = error.message.match(/--allow-[a-z-]+/) ?? ["--allow-all"];
  const [, resource] = error.message.match(/ to "(.*)", run/) ?? [];
  const scope = resource === undefined ? "" : `=${quoted(resource)}`;
  return denied(
    "permission_missing",
    access === undefined ? error.message : `Deno did not allow ${access}`,
    { cause: error, hint: `run again with ${flag}${scope}` },
  );
}

function quoted(text: string): string {
  if (/^[\w@%+:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Lets the settings say what the command line leaves open, for the place an answer is about;
 * returns what of them could not be used.
 */
export async function preferFor(
  run: Run,
  place: Pick<FoundRoot, "root"> | null,
): Promise<readonly string[]> {
  const { isFormatOpen, json } = run.presentation;
  const isColorOpen = run.presentation.color === "auto" && !json;
  if (!isFormatOpen && !isColorOpen) return [];
  const site = place === null ? undefined : siteAt(place.root);
  const { output, color, warnings } = await readPreferences(run.host, site);
  run.presentation = {
    ...run.presentation,
    isFormatOpen: false,
    json: isFormatOpen ? output === "json" : json,
    color: isColorOpen ? color : run.presentation.color,
  };
  return warnings;
}

/** Where a command will probably look; null where it will find out that it cannot. */
export function likelyPlace(
  host: Host,
  root: string | undefined,
): FoundRoot | null {
  return orElse(() => locate(host, root), () => null);
}

/** The session that was probably meant; null where there is none, or it cannot be told. */
async function likelySession(run: Run): Promise<string | null> {
  const { host, values } = run;
  try {
    const repository = openRepository(host, { root: rootIn(run) });
    const named = values?.text("session");
    return (await selectSession(host, repository, named)).session.id;
  } catch {
    // What is wrong with it is not what the command failed over.
    return null;
  }
}
