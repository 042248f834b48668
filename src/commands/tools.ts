/** What orc offers to a client of the Model Context Protocol: a few commands, each as a tool. */

/** An argument of a tool. */
export interface ToolArgument {
  readonly type: "text" | "texts" | "yes";
  readonly required?: true;
  /** What to give, where the name does not say it. */
  readonly summary?: string;
}

/** A tool, and the command that does its work. */
export interface Tool {
  readonly name: string;
  readonly summary: string;
  readonly args: Readonly<Record<string, ToolArgument>>;
  /** Whether it changes nothing. */
  readonly reads: boolean;
  /** The command line, without the session, for these arguments. */
  words(given: ToolValues): readonly string[];
}

/** What a client gave, each argument with its values; none for one that was left out, or is no yes. */
export type ToolValues = (name: string) => readonly string[];

const REQUIRED = { type: "text", required: true } as const;
const TEXT = { type: "text" } as const;

/**
 * In the order of their use. None approves: that is for a human at a terminal. What an agent reads
 * of them at each start is paid for each time, so the words are few.
 */
export const TOOLS: readonly Tool[] = [
  {
    name: "next",
    summary: "What to do now and how. Call it first, and whenever unsure.",
    args: {},
    reads: true,
    words: () => ["next"],
  },
  {
    name: "start",
    summary: "Start a session for a task.",
    args: {
      task: REQUIRED,
      constraints: { type: "texts", summary: "what must hold throughout" },
      beside: { type: "yes", summary: "though your session is still active" },
    },
    reads: false,
    words: (given) => [
      "start",
      ...flags("constraint", given("constraints")),
      ...given("beside").length > 0 ? ["--beside"] : [],
      ...words(given("task")),
    ],
  },
  {
    name: "complete",
    summary: "Run an item's check and mark the item as done.",
    args: {
      item: REQUIRED,
      notes: { ...TEXT, summary: "what was done" },
      evidence: { type: "texts", summary: "NAME=TEXT, or a file" },
    },
    reads: false,
    words: (given) => [
      "complete",
      ...flags("notes", given("notes")),
      ...flags("evidence", given("evidence")),
      ...words(given("item")),
    ],
  },
  {
    name: "skip",
    summary: "Leave out an item that is not needed.",
    args: { item: REQUIRED, reason: REQUIRED },
    reads: false,
    words: (given) => [
      "skip",
      ...flags("reason", given("reason")),
      ...words(given("item")),
    ],
  },
  {
    name: "note",
    summary: "Keep a decision or finding for whoever goes on.",
    args: { text: REQUIRED, item: TEXT },
    reads: false,
    words: (given) => [
      "note",
      ...flags("item", given("item")),
      ...words(given("text")),
    ],
  },
  {
    name: "status",
    summary: "The whole state: phase, items, what is open.",
    args: {},
    reads: true,
    words: () => ["status"],
  },
  {
    name: "finish",
    summary:
      "Leave the phase when its items are done (orc advance); in the last phase close the session.",
    args: {
      notes: { ...TEXT, summary: "what came of it" },
      abandon: { ...TEXT, summary: "why the session is given up unfinished" },
    },
    reads: false,
    words: (given) => [
      "finish",
      ...flags("notes", given("notes")),
      ...given("abandon").length > 0 ? ["--abandon"] : [],
      ...flags("reason", given("abandon")),
    ],
  },
];

/** What a tool takes: its own arguments and, where there is one to name, the session. */
export function argumentsOf(
  { name, args }: Pick<Tool, "name" | "args">,
): Tool["args"] {
  return name === "start" ? args : { ...args, session: SESSION };
}

const SESSION: ToolArgument = {
  type: "text",
  summary: "session id, if not the current one",
};

/** What a client tells its model of all tools together. */
export const INSTRUCTIONS =
  "These tools lead through a workflow. Call next, do what it says, complete the item, repeat. Where a text names a command such as orc complete, call the tool of that name; orc advance is the tool finish. Approvals are a human's: tell them the command that the text names.";

/** Attached, so that a value is never taken for a flag. */
function flags(name: string, values: readonly string[]): readonly string[] {
  return values.map((value) => `--${name}=${value}`);
}

function words(values: readonly string[]): readonly string[] {
  return ["--", ...values];
}

/** A JSON Schema of an object with texts, lists of them, and what is true or false. */
export type ToolSchema = {
  readonly type: "object";
  readonly properties: Record<string, {
    readonly type: string;
    readonly items?: { readonly type: string };
    readonly description?: string;
  }>;
  readonly required?: string[];
};

const SCHEMAS = {
  text: { type: "string" },
  texts: { type: "array", items: { type: "string" } },
  yes: { type: "boolean" },
} as const;

/** The JSON Schema of a tool's arguments. */
export function schemaOf(tool: Pick<Tool, "name" | "args">): ToolSchema {
  const named = Object.entries(argumentsOf(tool));
  const required = named.filter(([, { required }]) => required)
    .map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(
      named.map(([name, { type, summary }]) => [name, {
        ...SCHEMAS[type],
        ...summary === undefined ? {} : { description: summary },
      }]),
    ),
    ...required.length === 0 ? {} : { required },
  };
}
