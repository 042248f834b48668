/** Whether a process is an agent at work, by what the system says of it. */

/** A process as `/proc` shows it. */
export interface SeenProcess {
  /** Its own name, cut by the kernel after 15 characters. */
  readonly name: string;
  /** The words it was started with, as it shows them. */
  readonly words: readonly string[];
}

interface AgentProgram {
  readonly agent: string;
  /** What its program is called. */
  readonly programs: readonly string[];
  /** Directories of its package, whatever the file in it is called. */
  readonly packages: readonly string[];
}

/**
 * The programs of agents. None is named here that people work in: an editor's terminal is a person's,
 * and belongs to the editor also where an agent runs in it. Names that other programs have too
 * (`agent`, `amp`, `pi`) count only by their package. Claude Code calls its process by its name; the
 * others are programs of their own, or scripts that an interpreter runs.
 */
const PROGRAMS: readonly AgentProgram[] = [
  {
    agent: "claude-code",
    programs: ["claude"],
    packages: ["@anthropic-ai/claude-code"],
  },
  { agent: "codex", programs: ["codex"], packages: ["@openai/codex"] },
  {
    agent: "gemini-cli",
    programs: ["gemini"],
    packages: ["@google/gemini-cli"],
  },
  {
    agent: "qwen-code",
    programs: ["qwen"],
    packages: ["@qwen-code/qwen-code"],
  },
  { agent: "copilot", programs: ["copilot"], packages: ["@github/copilot"] },
  {
    agent: "cursor",
    programs: ["cursor-agent"],
    packages: ["cursor-agent"],
  },
  { agent: "opencode", programs: ["opencode"], packages: ["opencode-ai"] },
  { agent: "aider", programs: ["aider"], packages: [] },
  { agent: "goose", programs: ["goose"], packages: [] },
  { agent: "crush", programs: ["crush"], packages: ["@charmland/crush"] },
  { agent: "auggie", programs: ["auggie"], packages: ["@augmentcode/auggie"] },
  { agent: "amp", programs: [], packages: ["@sourcegraph/amp"] },
  {
    agent: "pi",
    programs: [],
    packages: ["@mariozechner/pi-coding-agent"],
  },
];

/** What runs a script: its first word that is no flag says which. */
const INTERPRETER =
  /^(?:node|nodejs|bun|deno|python[\d.]*|pypy[\d.]*|ruby|sh|bash|dash|zsh|env)$/;

/** The agent whose program a process is; undefined for any other program. */
export function agentOf({ name, words }: SeenProcess): string | undefined {
  const [program = "", ...others] = words;
  // A login shell begins with a minus, and is none of them.
  const isScript = INTERPRETER.test(baseName(program));
  const script = isScript ? scriptIn(others) : "";
  return PROGRAMS.find(({ programs, packages }) =>
    [name, baseName(program), baseName(script)].some((each) =>
      programs.includes(each)
    ) ||
    [program, script].some((path) =>
      packages.some((directory) => path.includes(`/${directory}/`))
    )
  )?.agent;
}

/** The script that an interpreter runs, a module of Python's by its name. */
function scriptIn(words: readonly string[]): string {
  return words.find((word) => !word.startsWith("-")) ?? "";
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
