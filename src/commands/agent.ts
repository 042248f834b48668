import { escapeJson } from "../base/text.ts";
import type { EvidenceSummary, NextStep, Summary } from "../engine/summary.ts";
import {
  remindContext,
  type Reminder,
  verifyWriteAllowed,
  type WriteAllowed,
} from "../work/agent.ts";
import { readStatus } from "../work/status.ts";
import {
  describeFields,
  type EvidenceField,
  evidenceFields,
} from "../workflow/evidence.ts";
import { command, type ResultOf } from "./command.ts";
import { nextParagraph } from "./view.ts";

type NextResult =
  & Pick<
    Summary,
    "active" | "status" | "task" | "phase" | "phases" | "constraints"
  >
  & { readonly next: NextStep | null; readonly evidence: Evidence | null };

/** What evidence the next item asks for, with the fields of its schema. */
interface Evidence extends EvidenceSummary {
  /** Null for a schema that orc does not know. */
  readonly fields: readonly EvidenceField[] | null;
}

export const nextCommand = command<NextResult>({
  description:
    "Shows one item, what good looks like, and the exact next command: all an agent needs, in few words.",
  effect: "reads",
  examples: ["orc next", "orc next --json"],
  async use(host, options) {
    const status = await readStatus(host, options);
    return {
      place: status.place,
      warnings: status.warnings,
      active: status.active,
      status: status.status,
      task: status.task,
      phase: status.phase,
      phases: status.phases,
      constraints: status.constraints,
      next: status.next,
      evidence: evidenceOf(status.next),
    };
  },
  render: (result, style) =>
    nextParagraph(result, style, evidenceLines(result.evidence)),
});

function evidenceOf(next: NextStep | null): Evidence | null {
  const evidence = next?.item?.evidence ?? null;
  if (evidence === null) return null;
  const { schema } = evidence;
  const fields = schema === null ? undefined : evidenceFields(schema);
  return { ...evidence, fields: fields ?? null };
}

function evidenceLines(evidence: Evidence | null): readonly string[] {
  if (evidence === null) return [];
  const { schema, prompt, given } = evidence;
  return [
    ...(prompt === null ? [] : [`evidence to collect: ${prompt}`]),
    ...(schema === null
      ? []
      : [`evidence file (${schema}): ${describeFields(schema)}`]),
    ...(given ? ["evidence was handed in before, and new replaces it"] : []),
  ];
}

export const contextReminderCommand = command<Reminder>({
  description:
    "Prints task, phase, progress and constraints as one line of JSON, for a hook that keeps them in an agent's context. Without a session, or in a closed one, it says that none is active. With --json the line is the result in the usual document.",
  effect: "reads",
  examples: ["orc context-reminder"],
  isValue: true,
  async use(host, options) {
    const { place, reminder } = await remindContext(host, options);
    return { place, ...reminder };
  },
  render: (reminder) => escapeJson(JSON.stringify(reminder)),
});

export const verifyWriteAllowedCommand = command<ResultOf<WriteAllowed>>({
  description:
    "Exits with 0 in phase EXECUTE and where no session is open, else with 3. Meant for a hook that runs before an agent changes files. Where it cannot be told which session is meant, all open ones have to allow it.",
  effect: "reads",
  examples: ["orc verify-write-allowed"],
  use: verifyWriteAllowed,
  render: ({ active, phase }) =>
    active
      ? `Files may be changed: the session is in phase "${phase}"`
      : "Files may be changed: no session is open",
});
