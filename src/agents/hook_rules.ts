/** What a host of agents tells its hooks, and how it wants to be answered. */
import { EDITING, type HookEvent, type HostKind } from "./host_rules.ts";
import { type Edit, patchesIn, pathsIn } from "./edit_rules.ts";

/** What a host tells, whatever it calls it. */
export interface HookCall {
  /** Id of the host's session; null where it tells none. */
  readonly id: string | null;
  /** Where the agent works, as the host says; null where it does not. */
  readonly directory: string | null;
  /** Whether a tool is about to change files; false for all other tools. */
  readonly isEdit: boolean;
  /** The files that it is about to change, as the host names them. */
  readonly paths: readonly string[];
  /** Whether it may change more than these, which cannot be told from what the host says. */
  readonly isUnclear: boolean;
  /** Whether Cursor calls what is Claude Code's hook: it runs the hooks of that too. */
  readonly isCursor: boolean;
}

/** What is answered. */
export type Verdict =
  /** Nothing is in the way, and nothing to be said. */
  | { readonly type: "pass" }
  /** For the agent to know. */
  | { readonly type: "context"; readonly text: string }
  /** The tool is not to be used so. */
  | { readonly type: "deny"; readonly text: string }
  /** The agent is to go on. */
  | { readonly type: "continue"; readonly text: string }
  /** For the human to know. */
  | { readonly type: "tell"; readonly text: string };

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Fields
    : {};
}

/** A tool that changes files, by the names of all hosts. */
const EDIT_TOOL =
  /^(?:apply_?patch|patch|create(?:_?file)?|delete(?:_?file)?|edit(?:_?file)?|insert\w*|multi_?edit|notebook_?edit|replace|search_?replace|str_?replace\w*|tab_?write|write(?:_?file)?)$/i;

/** How the words of other tools begin, such as `mcp__filesystem__write_file`: an edit if it is given a path. */
const EDITING_WORD = new RegExp(`^(?:${EDITING})`);

function isEditingName(tool: string): boolean {
  return tool.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase()
    .split(/[^a-z]+/).some((word) => EDITING_WORD.test(word));
}

/** What is handed to these is looked for, or told to another agent. */
const READING_TOOL =
  /^(?:agent|glob|grep\w*|ls|list\w*|read\w*|search\w*|task|todo\w*|view|web\w*)$/i;

/** Reads what a host tells; undefined for what is no JSON object. */
export function readCall(text: string): HookCall | undefined {
  const input = parsed(text);
  if (input === undefined) return undefined;
  const args = argumentsOf(input.tool_input ?? input.toolArgs ?? input.args);
  const tool = textIn(input, ["tool_name", "toolName", "tool"]);
  const edit = editIn(args, tool ?? "");
  return {
    id: textIn(input, [
      "session_id",
      "sessionId",
      "conversation_id",
      "sessionID",
    ]),
    directory: textIn(input, ["cwd"]),
    isEdit: edit !== undefined,
    paths: edit?.paths ?? [],
    isUnclear: edit?.isUnclear ?? false,
    isCursor: "cursor_version" in input,
  };
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    const isObject = typeof value === "object" && value !== null &&
      !Array.isArray(value);
    return isObject ? value as Fields : undefined;
  } catch {
    return undefined;
  }
}

/** Some hosts hand arguments over as a text of JSON, and a patch as nothing but its text. */
function argumentsOf(value: unknown): Fields {
  if (typeof value !== "string") return fieldsOf(value);
  return parsed(value) ?? { patch: value };
}

function textIn(fields: Fields, names: readonly string[]): string | null {
  const text = names.map((name) => fields[name])
    .find((value) => typeof value === "string" && value !== "");
  return typeof text === "string" ? text : null;
}

/** Files that a tool is about to change; undefined where it is none that changes any. */
function editIn(args: Fields, tool: string): Edit | undefined {
  const named = pathsIn(args);
  const isEditor = EDIT_TOOL.test(tool);
  // What an editor writes into a file may be about patches.
  const isPatched = isEditor
    ? /patch/i.test(tool) || named.length === 0
    : !READING_TOOL.test(tool);
  const patch = isPatched ? patchesIn(args) : undefined;
  if (patch === undefined) {
    const isEdit = isEditor || isEditingName(tool) && named.length > 0;
    return isEdit ? { paths: named, isUnclear: named.length === 0 } : undefined;
  }
  return {
    paths: [...new Set([...isEditor ? named : [], ...patch.paths])],
    isUnclear: patch.isUnclear,
  };
}

/** What a host is to read on standard output; undefined for nothing. */
export function answerFor(
  { name }: HostKind,
  event: HookEvent,
  verdict: Verdict,
): object | undefined {
  if (verdict.type === "pass") return undefined;
  return (ANSWERS[name] ?? likeClaude)(verdict, event);
}

type Answering = (
  verdict: Exclude<Verdict, { readonly type: "pass" }>,
  event: HookEvent,
) => object | undefined;

/** Claude Code, and Codex. */
function likeClaude(
  ...[{ type, text }, event]: Parameters<Answering>
): object {
  switch (type) {
    case "context":
      return {
        hookSpecificOutput: { hookEventName: event, additionalContext: text },
      };
    case "deny":
      return {
        hookSpecificOutput: {
          hookEventName: event,
          permissionDecision: "deny",
          permissionDecisionReason: text,
        },
      };
    case "continue":
      return { decision: "block", reason: text };
    case "tell":
      return { systemMessage: text };
  }
}

const ANSWERS: Readonly<Record<string, Answering>> = {
  cursor: ({ type, text }) => {
    switch (type) {
      case "context":
        return { additional_context: text };
      case "deny":
        return { permission: "deny", user_message: text, agent_message: text };
      case "continue":
        return { followup_message: text };
      // It has no place for a word to the human.
      case "tell":
        return undefined;
    }
  },
  gemini: (verdict, event) =>
    verdict.type === "deny" || verdict.type === "continue"
      ? { decision: "deny", reason: verdict.text }
      : likeClaude(verdict, event),
  copilot: ({ type, text }) => {
    switch (type) {
      case "context":
        return { additionalContext: text };
      case "deny":
        return {
          permissionDecision: "deny",
          permissionDecisionReason: text,
        };
      case "continue":
        return { decision: "block", reason: text };
      case "tell":
        return undefined;
    }
  },
  // What orc's own plugin reads.
  opencode: ({ type, text }) => ({ [type]: text }),
};
