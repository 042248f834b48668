import { usage } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import { type Candidate, listCandidates } from "../sessions/list.ts";
import {
  arg,
  type Command,
  command,
  type CommandGroup,
  entriesBelow,
  findEntry,
  flag,
  type FlagSpec,
  flagUsesIn,
  globalFlags,
  type Table,
  tableOf,
  type ValueKind,
} from "./command.ts";
import { familiesOf } from "./help.ts";

/** What a shell may offer at the cursor. */
interface Completion {
  readonly candidates: readonly Candidate[];
  /** What of the file system fits, too; each shell finds it in its own way. */
  readonly paths: "file" | "directory" | null;
}

/** `orc complete-words`, which the scripts of `orc completions` call for each press of the key. */
export function completeWordsCommand(
  groups: readonly CommandGroup[],
): Command<Completion> {
  return command({
    description:
      "Prints what may be typed next: a word, a tab and its meaning in a line; :file or :directory where a path may. Called by what orc completions prints.",
    args: [
      arg("[WORDS]...", "The words behind orc, up to the one with the cursor"),
    ],
    flags: [flag("--current WORD", "The word with the cursor")],
    effect: "reads",
    examples: ["orc complete-words --current=wri -- complete"],
    async use(host, _options, values) {
      const table = tableOf(groups).filter(({ isHidden }) => !isHidden);
      const words = values.list("WORDS");
      const current = values.text("current") ?? "";
      const line = await readCompletionLine(table, words, current);
      return { place: null, ...await completionOf(host, table, line) };
    },
    render: ({ candidates, paths }) =>
      [
        ...paths === null ? [] : [`:${paths}`],
        ...candidates.map(({ word, summary }) => `${word}\t${summary}`),
      ].join("\n"),
  });
}

async function completionOf(
  host: Host,
  table: Table,
  { point, given }: CompletionLine,
): Promise<Completion> {
  const { flags, values, prefix, earlier } = point;
  if (values === "file" || values === "directory") {
    return { candidates: [], paths: values };
  }
  const place = { root: given.get("root"), session: given.get("session") };
  const candidates = values === undefined
    ? flags.map(({ name, summary }) => ({ word: `--${name}`, summary }))
    : values === "command"
    ? nextWords(table, earlier)
    : typeof values === "string"
    ? await listCandidates(host, values, place)
    : values.map((word) => ({ word, summary: "" }));
  return {
    candidates: candidates
      .map(({ word, summary }) => ({ word: prefix + word, summary })),
    paths: null,
  };
}

/** The words that go on with a command's name; of a family only the first. */
function nextWords(
  table: Table,
  earlier: readonly string[],
): readonly Candidate[] {
  const below = earlier.length === 0 ? table : entriesBelow(table, earlier);
  const depth = earlier.length + 1;
  return Array.from(familiesOf(below, earlier.length), ([word, entries]) => ({
    word,
    summary: entries.length === 1
      ? entries.map(({ summary }) => summary).join()
      : entries.map(({ name }) => name.split(" ").slice(depth).join(" "))
        .join(", "),
  }));
}

/** What may stand where the cursor is: a value, one of some flags, or nothing. */
export interface CompletionPoint {
  readonly flags: readonly FlagSpec[];
  readonly values?: ValueKind;
  /** What stands before the value in the same word, such as `--root=`. */
  readonly prefix: string;
  /** Words that belong to the same value; a command's name has several. */
  readonly earlier: readonly string[];
}

/** A command line up to the cursor, as far as it can be understood. */
interface CompletionLine {
  readonly point: CompletionPoint;
  /** Values by the names of their flags. */
  readonly given: ReadonlyMap<string, string>;
}

interface Reading {
  command: Command | undefined;
  /** Names a command, or what follows its name. */
  words: string[];
  /** The flag that the next word is the value of. */
  pending: FlagSpec | undefined;
  flagsEnded: boolean;
  readonly given: Map<string, string>;
}

/** Finds out what may stand at the cursor. A line that makes no sense yet is no error: somebody is typing it. */
export async function readCompletionLine(
  table: Table,
  earlier: readonly string[],
  current: string,
): Promise<CompletionLine> {
  const reading: Reading = {
    command: undefined,
    words: [],
    pending: undefined,
    flagsEnded: false,
    given: new Map(),
  };
  for (const word of earlier) {
    const isFlag = reading.pending === undefined && !reading.flagsEnded &&
      /^-./.test(word);
    if (!isFlag) await readWord(reading, word, table);
    else if (word === "--") reading.flagsEnded = true;
    else readFlags(reading, word);
  }
  return { point: pointAt(reading, current), given: reading.given };
}

async function readWord(
  reading: Reading,
  word: string,
  table: Table,
): Promise<void> {
  if (reading.pending !== undefined) {
    reading.given.set(reading.pending.name, word);
    reading.pending = undefined;
    return;
  }
  reading.words.push(word);
  if (reading.command !== undefined) return;
  const entry = findEntry(table, reading.words);
  if (entry === undefined) return;
  reading.command = await entry.load();
  reading.words = [];
}

function readFlags(reading: Reading, word: string): void {
  for (const { flag, attached } of flagUsesIn(word, flagsOf(reading))) {
    if (flag === undefined) continue;
    const isOpen = flag.value !== undefined && attached === undefined;
    if (isOpen) reading.pending = flag;
    else reading.given.set(flag.name, attached ?? "");
  }
}

function flagsOf({ command }: Reading): readonly FlagSpec[] {
  return [...command?.flags ?? [], ...globalFlags];
}

function pointAt(reading: Reading, current: string): CompletionPoint {
  const { pending, flagsEnded, words, command } = reading;
  if (pending !== undefined) return valueOf(pending.values, "", []);
  if (!flagsEnded && current.startsWith("-")) {
    const [use] = flagUsesIn(current, flagsOf(reading));
    return use?.attached === undefined || !current.startsWith("--")
      ? openFlags(reading)
      : valueOf(use.flag?.values, `${use.spelling}=`, []);
  }
  if (command === undefined) return valueOf("command", "", words);
  const arg = command.args[words.length] ?? command.args.at(-1);
  const isWanted = arg !== undefined &&
    (arg.variadic === true || words.length < command.args.length);
  if (isWanted) return valueOf(arg.values, "", words);
  return flagsEnded ? valueOf(undefined, "", []) : openFlags(reading);
}

function valueOf(
  values: ValueKind | undefined,
  prefix: string,
  earlier: readonly string[],
): CompletionPoint {
  return { flags: [], values, prefix, earlier };
}

/** Those that may still be given. */
function openFlags(reading: Reading): CompletionPoint {
  const flags = flagsOf(reading).filter(({ name, repeatable }) =>
    repeatable || !reading.given.has(name)
  );
  return { flags, prefix: "", earlier: [] };
}

/** A shell that orc can complete command lines in. */
type Shell = "bash" | "zsh" | "fish" | "powershell";

/** They ask `orc complete-words` for each press of the key, and so fit every version of orc. */
const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash:
    `# Completions of orc for bash. In ~/.bashrc: eval "$(orc completions bash)"
_orc() {
  local rest=$COMP_LINE line word current candidate words=()
  # Bash splits at = and : too; what no blank separates is put together again.
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    line=\${rest#"\${rest%%[![:space:]]*}"}
    if [[ $line != "$rest" || \${#words[@]} -eq 0 ]]; then
      words+=("$word")
    else
      words[\${#words[@]}-1]+=$word
    fi
    rest=\${line#"$word"}
  done
  current=\${words[\${#words[@]}-1]}
  words=("\${words[@]:1:\${#words[@]}-2}")
  words=("\${words[@]//[\\"\\'\\\\]/}")
  COMPREPLY=()
  while IFS= read -r line; do
    candidate=\${line%%$'\\t'*}
    case $candidate in
      :file | :directory)
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do
          COMPREPLY+=("$word")
        done < <(compgen -A "\${candidate#:}" -- "\${current#--*=}")
        ;;
      "$current"*) COMPREPLY+=("\${candidate#--*=}") ;;
    esac
  done < <(
    orc complete-words --output text --current="$current" -- "\${words[@]}" 2>/dev/null
  )
}
complete -F _orc orc orchestrator`,
  zsh: `#compdef orc orchestrator
# Completions of orc for zsh. In ~/.zshrc, behind compinit: source <(orc completions zsh)
_orc() {
  local line
  local -a candidates
  for line in "\${(@f)$(
    orc complete-words --output text --current="\${(Q)words[CURRENT]}" \\
      -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null
  )}"; do
    case $line in
      :file) compset -P '--*='; _files ;;
      :directory) compset -P '--*='; _files -/ ;;
      ?*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe -V orc candidates
}
if [[ $funcstack[1] == _orc ]]; then
  _orc
else
  compdef _orc orc orchestrator
fi`,
  fish:
    `# Completions of orc for fish. In ~/.config/fish/config.fish: orc completions fish | source
function __orc_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -l prefix (string match -r -- '^--[^=]*=' "$current"; or echo)
    for line in (orc complete-words --output text --current="$current" -- $words[2..] 2>/dev/null)
        switch $line
            case :file
                printf '%s\\n' $prefix(__fish_complete_path (string replace -- "$prefix" '' "$current"))
            case :directory
                printf '%s\\n' $prefix(__fish_complete_directories (string replace -- "$prefix" '' "$current") '')
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c orc -c orchestrator -f -k -a '(__orc_complete)'`,
  powershell:
    `# Completions of orc for PowerShell. In $PROFILE: orc completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName orc, orchestrator -ScriptBlock {
  param($current, $command, $position)
  $words = @($command.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } |
    ForEach-Object { "$_".Trim('"', "'") })
  # In quotes, because PowerShell keeps a bare -- to itself.
  orc complete-words --output text "--current=$current" '--' @words 2>$null | ForEach-Object {
    $word, $summary = $_ -split "\`t", 2
    if ($word -in ':file', ':directory') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($current)
    } elseif ($word.StartsWith($current)) {
      if (-not $summary) { $summary = $word }
      [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $summary)
    }
  }
}`,
};

interface Completions {
  readonly shell: Shell;
  readonly script: string;
}

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

export const completionsCommand = command<Completions>({
  description:
    "Prints a script that teaches a shell commands, flags and values of orc, with the ids of items, phases, sessions and checkpoints as they are at that moment. The first lines of the script say where to put it.",
  args: [arg("SHELL", "bash, zsh, fish or powershell", SHELLS)],
  effect: "reads",
  examples: ["orc completions bash", "orc completions zsh"],
  use(_host, _options, values) {
    const shell = shellOf(values.need("SHELL"));
    return { place: null, shell, script: COMPLETION_SCRIPTS[shell] };
  },
  render: ({ script }) => script,
});

function shellOf(name: string): Shell {
  const shell = SHELLS.find((known) => known === name);
  if (shell !== undefined) return shell;
  throw usage("no_such_shell", `Cannot complete in "${name}"`, {
    hint: `orc completions ${SHELLS[0]}`,
    details: { shells: SHELLS },
  });
}
