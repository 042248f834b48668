import { usage } from "../../base/error.ts";
import { countOf, sizeText } from "../../base/text.ts";
import type { Host, Terminal } from "../../host/host.ts";
import type { SessionOptions } from "../../repository/select.ts";
import {
  type Exported,
  exportSnapshot,
  type SnapshotOptions,
  type SnapshotProgress,
  streamSnapshot,
} from "../../snapshot/export.ts";
import { type Imported, importSnapshot } from "../../snapshot/import.ts";
import { type Inspected, inspectSnapshot } from "../../snapshot/inspect.ts";
import type { Comparison } from "../../snapshot/import.ts";
import type { SnapshotSession } from "../../snapshot/rules.ts";
import { barOf, withProgress } from "../change_view.ts";
import {
  arg,
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  sessionOptions,
  type Values,
} from "../command.ts";
import { section, shortTask } from "../view.ts";

const PASSPHRASE_FLAG: FlagSpec = flag(
  "--passphrase-file FILE",
  "File that holds the passphrase; - for standard input",
);

export const snapshotExportCommand = command<ResultOf<Exported>>({
  description:
    "Packs sessions into one file, to leave the machine: compressed, and encrypted in the format of age where --recipient, --passphrase-file or the setting snapshot_recipients says so. Each session is in it as it was at one update; nobody is kept from going on. Without an id it takes the session that is meant.\n\nNever in it are secrets, locks, whose session is whose, and what is half written. Checkpoints and feedback, which may name people, are in it only if --with asks for them. Without --to it goes to standard output, which must not be a terminal.",
  args: [arg("[ID]...", "Sessions to take along", "session")],
  flags: [
    flag("--all", "Take all sessions along", { excludes: ["ID"] }),
    flag("-o, --to FILE", "File to write; - for standard output"),
    flag("--recipient KEY...", "Public key of age that may open it", {
      excludes: ["passphrase-file", "plain"],
    }),
    { ...PASSPHRASE_FLAG, excludes: ["plain"] },
    flag("--plain", "Encrypt nothing"),
    flag("--with LIST...", "Take these along too: checkpoints, feedback"),
    flag("--max-size SIZE", "Refuse more than that, such as 50MB"),
  ],
  effect: "writes",
  permissions: ["tree"],
  examples: [
    "orc snapshot export --all -o sessions.orc",
    "orc snapshot export 01k9 --recipient age1… -o session.orc",
    "orc snapshot export --plain | ssh box 'cat > session.orc'",
  ],
  use: (host, options, values) => {
    const file = values.text("to") ?? "-";
    if (file === "-") throw onlyBytes();
    return shown(
      host,
      values,
      (show) =>
        exportSnapshot(host, { ...exportOptions(options, values, show), file }),
    );
  },
  render: ({ file, encrypted, sessions, sizeBytes }) =>
    [
      `Wrote ${file} (${sizeText(sizeBytes)}${encrypted ? ", encrypted" : ""})`,
      ...section("Sessions", sessions.map(sessionLine)),
    ].join("\n"),
  stream: {
    isWanted: (values) => (values.text("to") ?? "-") === "-",
    async run(host, values) {
      if (host.terminal.isOutputTerminal) throw noTerminal();
      if (values.text("output") === "jsonl") throw onlyBytes();
      const options = exportOptions(sessionOptions(values), values);
      const { pieces, warnings } = await streamSnapshot(host, options);
      return { batches: batchesOf(pieces), warnings: () => warnings };
    },
    render: () => "",
  },
});

async function* batchesOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Uint8Array[]> {
  for await (const piece of pieces) yield [piece];
}

function exportOptions(
  options: SessionOptions,
  values: Values,
  show?: Terminal["showProgress"],
): SnapshotOptions {
  const { session, ...place } = options;
  const ids = values.list("ID");
  const maxSize = values.text("max-size");
  const passphraseFile = values.text("passphrase-file");
  return {
    ...place,
    sessions: ids.length === 0 && session !== undefined ? [session] : ids,
    all: values.on("all"),
    recipients: values.list("recipient"),
    ...passphraseFile !== undefined && { passphraseFile },
    plain: values.on("plain"),
    with: values.list("with"),
    ...maxSize !== undefined && { maxSize },
    ...show && { onProgress: progressShower("Packing", show) },
  };
}

/** Programs that read JSON are shown nothing besides, wherever that would go. */
async function shown<Answer>(
  host: Host,
  values: Values,
  work: (show?: Terminal["showProgress"]) => Promise<Answer>,
): Promise<Answer> {
  const isForProgram = ["json", "full"].some((name) => values.on(name)) ||
    ["fields", "output"].some((name) => values.text(name) !== undefined);
  return isForProgram ? await work() : await withProgress(host, values, work);
}

function noTerminal() {
  return usage(
    "output_is_terminal",
    "A snapshot is not printed on a terminal",
    "name a file with --to, or send it into a pipe",
  );
}

function onlyBytes() {
  return usage(
    "conflicting_flags",
    "Where the snapshot itself is printed, nothing else can be",
    "name a file with --to",
  );
}

const FILE_ARGUMENT = arg("FILE", "The snapshot", "file");

const MAX_SIZE_FLAG = flag(
  "--max-size SIZE",
  "Read no more than that unpacked; 4GB without it",
);

export const snapshotInspectCommand = command<ResultOf<Inspected>>({
  description:
    "Reads a snapshot to its end, compares every file with its hash, and shows what it holds. Changes nothing. An encrypted one is opened by your identity of age, or by its passphrase: from --passphrase-file, from ORCHESTRATOR_PASSPHRASE, or typed.",
  args: [FILE_ARGUMENT],
  flags: [PASSPHRASE_FLAG, MAX_SIZE_FLAG],
  effect: "reads",
  permissions: ["own"],
  examples: ["orc snapshot inspect sessions.orc"],
  run: async (host, values) => {
    const result = await shown(
      host,
      values,
      (show) => inspectSnapshot(host, readOptions(values, show)),
    );
    return { place: null, result };
  },
  render: ({ exportedAt, machine, encrypted, ...held }) =>
    [
      `Made at ${exportedAt}${machine === null ? "" : ` on ${machine}`}${
        encrypted ? ", encrypted" : ""
      }: ${countOf(held.files, "file")}, ${sizeText(held.contentBytes)}`,
      `From ${held.gitRemote ?? "a repository without a remote"}${
        held.repoId === null ? "" : ` (${held.repoId})`
      }`,
      ...section("Sessions", held.sessions.map(sessionLine)),
    ].join("\n"),
});

type ImportResult = ResultOf<Imported>;

export const snapshotImportCommand = command<ImportResult>({
  description:
    "Brings the sessions of a snapshot in, or those that are named. All of it is read and judged first. A session that is new here appears whole; one that went on there is put in the place of what is here; what is newer here stays. There is no merge: where a session went on in both places nothing is brought in, unless --keep-both stores theirs under a new id.\n\nA snapshot of another repository is refused. A session from elsewhere runs no command until a human says that it may: orc trust.",
  args: [FILE_ARGUMENT, arg("[ID]...", "Only these of its sessions")],
  flags: [
    flag("--dry-run", "Show what would be done, and change nothing"),
    flag("--keep-both", "Store what went on in both places under a new id"),
    flag("--other-repository", "Take one of another repository too"),
    PASSPHRASE_FLAG,
    MAX_SIZE_FLAG,
  ],
  effect: "rewrites",
  permissions: ["own"],
  examples: [
    "orc snapshot import sessions.orc --dry-run",
    "orc snapshot import sessions.orc",
    "orc snapshot import sessions.orc 01k9 --keep-both",
  ],
  use: (host, { session: _session, ...options }, values) =>
    shown(
      host,
      values,
      (show) =>
        importSnapshot(host, {
          ...options,
          ...readOptions(values, show),
          sessions: values.list("ID"),
          dryRun: values.on("dry-run"),
          keepBoth: values.on("keep-both"),
          otherRepository: values.on("other-repository"),
        }),
    ),
  render: importText,
});

const BECAME: Readonly<Record<Comparison, string>> = {
  created: "new here",
  same: "the same here",
  fast_forward: "went on there",
  older: "newer here, and stays",
  diverged: "went on in both places",
  other_lineage: "another one here",
  newer_format: "for a newer orc",
};

function importText({ file, dryRun, sessions }: ImportResult): string {
  const lines = sessions.map((each) => {
    const { session, comparison, storedAs, serial, present } = each;
    const numbers = present === null || present === serial
      ? `update ${serial}`
      : `update ${present} here, ${serial} there`;
    const kept = storedAs === null || storedAs === session
      ? ""
      : `, kept as ${storedAs}`;
    return `${session}  ${BECAME[comparison]} (${numbers})${kept}  ${
      shortTask(each.task, MAX_TASK_LENGTH)
    }`;
  });
  const done = dryRun ? "Would import" : "Imported";
  return [`${done} ${file}`, ...section("Sessions", lines)].join("\n");
}

function readOptions(values: Values, show?: Terminal["showProgress"]) {
  const maxSize = values.text("max-size");
  const passphraseFile = values.text("passphrase-file");
  return {
    file: values.need("FILE"),
    ...maxSize !== undefined && { maxSize },
    ...passphraseFile !== undefined && { passphraseFile },
    ...show && { onProgress: progressShower("Reading", show) },
  };
}

const MAX_TASK_LENGTH = 50;

function sessionLine({ id, status, serial, task }: SnapshotSession): string {
  return `${id}  ${status}, update ${serial}  ${
    shortTask(task, MAX_TASK_LENGTH)
  }`;
}

const PAUSE_MS = 100;

/** Shows how far it is, at most ten times a second. */
function progressShower(
  what: string,
  show: Terminal["showProgress"],
): (progress: SnapshotProgress) => void {
  let shownMs = 0;
  return ({ doneBytes, totalBytes }) => {
    const nowMs = performance.now();
    if (nowMs - shownMs < PAUSE_MS) return;
    shownMs = nowMs;
    const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
    const [done, total] = [doneBytes, totalBytes].map(sizeText);
    show(`${what} ${barOf(share)} ${done} of ${total}`);
  };
}
