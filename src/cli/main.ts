import { exitCodeOf } from "../base/error.ts";
import { type CommandGroup, tableOf } from "../commands/command.ts";
import { commandGroups } from "../commands/table.ts";
import type { Host } from "../host/host.ts";
import { mayHavePreferences, mayHoldLegacy } from "../repository/open.ts";
import {
  deliver,
  maskedStreams,
  resultText,
  type Run,
  type Streams,
  systemStreams,
  warn,
} from "./output.ts";
import {
  prepare,
  presentationOf,
  requestOf,
  styleFor,
  UNDECIDED,
} from "./parse.ts";

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
    argv,
    host,
    streams: maskedStreams(host, surroundings.streams ?? systemStreams()),
    table: tableOf(surroundings.groups ?? commandGroups),
    commandName: null,
    presentation: UNDECIDED,
    values: undefined,
  };
  try {
    return await perform(run);
  } catch (error) {
    // Loaded only now: most runs do not fail.
    const { fail } = await import("./failure.ts");
    return await fail(run, error);
  }
}

/** Variables that are as good as the flags of their names. */
const SWITCHES = ["QUIET", "VERBOSE", "NO_INPUT"];

async function perform(run: Run): Promise<number> {
  const { argv, host } = run;
  const { entry, words, rest } = requestOf(argv, run.table);
  if (entry === undefined) {
    const { missingCommand } = await import("./failure.ts");
    throw await missingCommand(run, words);
  }
  run.commandName = entry.name;
  const { command, values: given } = await prepare(entry, rest, run.table);
  const isSet = (name: string) => host.env(`ORCHESTRATOR_${name}`);
  const values = given.on("no-input") || SWITCHES.some(isSet)
    ? (await import("./switches.ts")).switched(host, given)
    : given;
  const name = values.command;
  run.commandName = name;
  run.presentation = presentationOf(values, command.isOwnForm);
  run.values = values;
  // Before anything is changed: the environment may hold what cannot be read.
  styleFor(host, run.presentation.color);
  if (command.serves?.(values) && !run.presentation.json) {
    const { serveMcp } = await import("./mcp.ts");
    return await serveMcp(run);
  }
  if (run.presentation.fields !== undefined) {
    const { assertFields } = await import("../commands/answers.ts");
    await assertFields(name, run.presentation.fields);
  }
  if (run.presentation.lines || command.stream?.isWanted(values)) {
    const { performStream } = await import("./stream.ts");
    if (await performStream(run, { command, values })) return 0;
  }
  if (host.env("ORCHESTRATOR_AUTO_MIGRATE")) {
    const { migrateFirst } = await import("./notice.ts");
    warn(run, await migrateFirst(host, name, values));
  }
  const outcome = await command.run(host, values);
  const { place, result, warnings = [], refusal } = outcome;
  warn(run, warnings);
  if (mayHavePreferences(host, place?.root ?? null)) {
    const { preferFor } = await import("./failure.ts");
    warn(run, await preferFor(run, place));
  }
  const style = styleFor(host, run.presentation.color);
  let text = "";
  if (run.presentation.json) {
    const { resultDocument } = await import("./document.ts");
    text = await resultDocument(run, command, outcome);
  } else if (
    !run.presentation.quiet || refusal !== undefined ||
    (await import("./switches.ts")).isShown(command, values)
  ) text = resultText(command, result, style);
  deliver(run, name, text);
  const { root = "", session = null } = place ?? {};
  // Programs that read JSON are not told: it is for whoever decides about the files.
  const isForPeople = !run.presentation.json && !run.presentation.quiet;
  if (isForPeople && place !== null && mayHoldLegacy(root)) {
    const { tellOfMigration } = await import("./notice.ts");
    await tellOfMigration(run, name, root);
  }
  if (command.effect !== "reads" && session !== null) {
    await (await import("./after.ts")).settle(run, { root, session });
  }
  await outcome.lasts;
  return refusal === undefined ? 0 : exitCodeOf(refusal);
}
