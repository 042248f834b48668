/*
 * What a command line of the shell comes to: which of its programs decide how it ends. Read without
 * a shell, and no further than is certain: of what has a loop, a condition or a group, nothing is said.
 */

/** Programs of a pipe: of each its words, with quotes taken off. */
type Pipeline = readonly (readonly string[])[];

/** A pipeline, and what joins it to the one before. */
interface Step {
  readonly joint: ";" | "&&" | "||";
  readonly pipeline: Pipeline;
  /** Whether it goes on in the background, so that nobody waits for its end. */
  readonly isBackground: boolean;
}

/** A line of the shell. */
export interface ShellList {
  readonly steps: readonly Step[];
  /** Whether it has several lines: then it is run so that the first one that fails ends it. */
  readonly hasLines: boolean;
}

const BLANK = /[ \t\r]/;

/** Words that begin what is more than a list. */
const COMPOUND: ReadonlySet<string> = new Set(
  "if then else elif fi for while until do done case esac select function { } [[ !"
    .split(" "),
);

/** Reads a text as a list of pipelines; undefined where it is more than that, or not whole. */
export function readShellList(text: string): ShellList | undefined {
  const steps: Step[] = [];
  let words: string[] = [];
  let pipeline: string[][] = [];
  let joint: Step["joint"] = ";";
  let hasLines = false;
  let at = 0;
  const endProgram = (): boolean => {
    if (words.length === 0 || COMPOUND.has(words[0] ?? "")) return false;
    pipeline.push(words);
    words = [];
    return true;
  };
  const endStep = (next: Step["joint"], isBackground = false): boolean => {
    if (!endProgram()) return false;
    steps.push({ joint, pipeline, isBackground });
    [pipeline, joint] = [[], next];
    return true;
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const character = rest.charAt(0);
    if (BLANK.test(character)) {
      at++;
    } else if (rest.startsWith("\\\n")) {
      at += 2;
    } else if (character === "#") {
      at += rest.indexOf("\n") < 0 ? rest.length : rest.indexOf("\n");
    } else if (character === "\n" || character === ";") {
      if (rest.startsWith(";;")) return undefined;
      // An end that follows another, or what asks for more, ends nothing.
      const isEmpty = words.length === 0 && pipeline.length === 0;
      if (!isEmpty && !endStep(";")) return undefined;
      if (character === "\n" && steps.length > 0) {
        hasLines ||= text.slice(at).trim() !== "";
      }
      at++;
    } else if (/^(?:&&|\|\|)/.test(rest)) {
      if (!endStep(rest.startsWith("&&") ? "&&" : "||")) return undefined;
      at += 2;
    } else if (character === "|") {
      if (!endProgram()) return undefined;
      at += rest.startsWith("|&") ? 2 : 1;
    } else if (character === "&" && !rest.startsWith("&>")) {
      if (!endStep(";", true)) return undefined;
      at++;
    } else if (/^\d*(?:&?[<>]|[<>])/.test(rest)) {
      const [sign = ""] = /^\d*(?:&>>?|<<<|[<>]&|>>|<>|>\||[<>])/.exec(rest) ??
        [];
      if (sign === "" || rest.startsWith("<<") || rest[sign.length] === "(") {
        return undefined;
      }
      const target = readWord(text, skipBlanks(text, at + sign.length));
      if (target === undefined) return undefined;
      at = target.end;
    } else if (character === "(" || character === ")") {
      return undefined;
    } else {
      const word = readWord(text, at);
      if (word === undefined) return undefined;
      words.push(word.text);
      at = word.end;
    }
  }
  const isOpen = words.length > 0 || pipeline.length > 0;
  if (isOpen ? !endStep(";") : joint !== ";") return undefined;
  return { steps, hasLines };
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (BLANK.test(text.charAt(at))) at++;
  return at;
}

/** A word and where it ends; what is expanded in it stays as it is spelled. Undefined where it is not whole. */
function readWord(
  text: string,
  from: number,
): { readonly text: string; readonly end: number } | undefined {
  let word = "";
  let at = from;
  while (at < text.length && !/[ \t\r\n;&|<>()]/.test(text.charAt(at))) {
    const piece =
      /\$\([^()'"\\]*\)|`[^`\\]*`|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|[^ \t\r\n;&|<>()'"\\`]/y;
    piece.lastIndex = at;
    const [found] = piece.exec(text) ?? [];
    if (found === undefined) return undefined;
    word += /^\\/.test(found)
      ? found.slice(1)
      : /^['"]/.test(found)
      ? found.slice(1, -1).replaceAll(/\\(["\\$`])/g, "$1")
      : found;
    at += found.length;
  }
  return at === from ? undefined : { text: word, end: at };
}

/** Programs that hand on what they read, and end well whatever wrote it. */
const PASSING_ON: ReadonlySet<string> = new Set(
  "cat column cut fold head less more nl sed sort tail tee tr ts uniq wc"
    .split(" "),
);

/** Programs that end well whatever they are given. */
const ALWAYS_WELL: ReadonlySet<string> = new Set(["true", ":", "echo"]);

const SHELL = /^(?:\S*\/)?(?:ba|da|k|z)?sh$/;

/** How a text is run. */
interface Manner {
  /** Whether the first program that fails ends it. */
  readonly stops: boolean;
  /** Whether a pipe fails with any of its programs. */
  readonly pipefail: boolean;
}

/**
 * Says why a command ends well whatever happens, in words that follow "it cannot fail: "; undefined
 * where it can fail, or nobody can tell.
 */
export function whyUnfailing(text: string): string | undefined {
  const list = readShellList(text);
  return list && whyListUnfailing(list, {
    stops: list.hasLines,
    pipefail: false,
  });
}

function whyListUnfailing(
  { steps }: ShellList,
  { stops, pipefail }: Manner,
): string | undefined {
  let manner: Manner = { stops, pipefail };
  /** Why the list ends well as far as it was read. */
  let reason: string | undefined;
  let canStop = false;
  for (const [index, step] of steps.entries()) {
    const [words = []] = step.pipeline;
    if (words[0] === "set") {
      const isOff = words.some((word) => word.startsWith("+"));
      if (isOff) return undefined;
      const options = words.slice(1).join(" ");
      manner = {
        stops: manner.stops || /^-\w*e|errexit/.test(options),
        pipefail: manner.pipefail || options.includes("pipefail"),
      };
    }
    const own = whyStepUnfailing(step, manner);
    const next = steps[index + 1]?.joint ?? ";";
    // Only the last of those that are joined ends the text where it fails.
    canStop ||= manner.stops && next === ";" && own === undefined;
    reason = joinedReason(step.joint, reason, own);
    const isLast = step.joint === ";" && next === ";";
    if (isLast && words[0] === "exit" && words[1] === "0") break;
  }
  return canStop && reason !== undefined ? undefined : reason;
}

/** Why what is joined to something ends well, from why each of the two does. */
function joinedReason(
  joint: Step["joint"],
  before: string | undefined,
  own: string | undefined,
): string | undefined {
  switch (joint) {
    case ";":
      return own;
    case "&&":
      return before && own;
    case "||":
      return before ?? (own && 'behind "||" stands what always ends well');
  }
}

function whyStepUnfailing(
  { pipeline, isBackground }: Step,
  { pipefail }: Manner,
): string | undefined {
  if (isBackground) return "nobody waits for what runs in the background";
  const reasons = pipeline.map(whyProgramUnfailing);
  const last = reasons.at(-1);
  const isPipe = pipeline.length > 1;
  if (isPipe && pipefail) {
    return reasons.includes(undefined) ? undefined : last;
  }
  const [name = ""] = pipeline.at(-1) ?? [];
  return isPipe && PASSING_ON.has(name)
    ? `it ends as "${name}" does, the last program of the pipe`
    : last;
}

function whyProgramUnfailing(
  words: readonly string[],
): string | undefined {
  const own = words.slice(
    words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)),
  );
  const [name = "", ...args] = own;
  if (ALWAYS_WELL.has(name) || name === "exit" && args[0] === "0") {
    return `"${
      [name, ...name === "exit" ? args : []].join(" ")
    }" always ends well`;
  }
  if (!SHELL.test(name)) return undefined;
  const flags = args.findIndex((word) => /^-\w*c$/.test(word));
  const inner = readShellList(args[flags + 1] ?? "");
  if (flags < 0 || inner === undefined) return undefined;
  const options = args.slice(0, flags + 1).join(" ");
  return whyListUnfailing(inner, {
    stops: /(?:^| )-\w*e/.test(options),
    pipefail: options.includes("pipefail"),
  });
}

/** Programs that end before they have read everything, at which whoever writes to them fails. */
function endsEarly([name, ...args]: readonly string[]): boolean {
  if (name === "head") return true;
  return /^[ef]?grep$/.test(name ?? "") &&
    args.some((word) => /^-\w*[qml]|^--(?:quiet|silent|max-count)/.test(word));
}

/** How the text of a check is to be run, so that what fails in it is not passed over. */
export function mannerOf(text: string): Manner {
  const list = readShellList(text);
  if (list === undefined) {
    return { stops: /\n\s*\S/.test(text.trim()), pipefail: false };
  }
  const pipes = list.steps.map(({ pipeline }) => pipeline)
    .filter(({ length }) => length > 1);
  return {
    stops: list.hasLines,
    pipefail: pipes.length > 0 &&
      !pipes.some((pipeline) => pipeline.slice(1).some(endsEarly)),
  };
}
