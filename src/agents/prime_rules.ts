/** What an agent has to know that begins, or whose memory was cut: as much as fits into its budget. */
import { headOf } from "../base/markdown.ts";
import { countOf, inOneLine } from "../base/text.ts";
import type { Summary } from "../engine/standing.ts";

/** As good an estimate as any for text in English and commands. */
const CHARACTERS_PER_TOKEN = 4;

/** What of a session is said. */
export interface Primer extends
  Pick<
    Summary,
    | "task"
    | "phaseId"
    | "phases"
    | "items"
    | "phaseNotes"
    | "constraints"
    | "rejections"
    | "next"
  > {
  /** Patterns of the files that may be changed in this phase; undefined for all. */
  readonly allowWrite: readonly string[] | undefined;
}

/** A text for an agent, and what had to be left out of it. */
export interface PrimeText {
  readonly text: string;
  /** Such as `constraints`; empty where all fits. */
  readonly left: readonly string[];
}

/** Estimated tokens of a text. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

interface Part {
  /** What it is called where it is left out. */
  readonly name: string;
  readonly lines: readonly string[];
}

/**
 * Puts together what fits: parts come in the order of what would be missed most, and one that does not
 * fit makes room for smaller ones behind it. The first, the next command, is never left out.
 */
export function primeText(primer: Primer, budget: number): PrimeText {
  const [first, ...others] = partsOf(primer)
    .filter(({ lines }) => lines.length > 0);
  const lines = [...first?.lines ?? []];
  const left: string[] = [];
  const room = budget * CHARACTERS_PER_TOKEN;
  const lengthWith = (more: readonly string[]) =>
    [...lines, ...more].join("\n").length;
  for (const { name, lines: more } of others) {
    if (lengthWith(more) + LAST_LINE_LENGTH <= room) lines.push(...more);
    else left.push(name);
  }
  if (left.length > 0) {
    lines.push(`Left out: ${left.join(", ")}; see orc status`);
  }
  return { text: lines.join("\n"), left };
}

/** Kept free for the line that says what is missing. */
const LAST_LINE_LENGTH = 80;

/** A task may be pages long; whoever needs all of it asks for it. */
const MAX_TASK_LENGTH = 400;

function partsOf(primer: Primer): readonly Part[] {
  const { constraints, rejections, phaseNotes, allowWrite } = primer;
  const failures = primer.items.flatMap(({ id, failure }) =>
    failure === null ? [] : [`Last check of ${id} failed: ${said(failure)}`]
  );
  const open = primer.items.filter(({ required, status }) =>
    required && status !== "completed" && status !== "skipped"
  ).map(({ id }) => id);
  return [
    { name: "task", lines: goalLines(primer) },
    {
      name: "rejections",
      lines: rejections.map(({ itemId, reason }) =>
        `A human rejected ${itemId}: ${said(reason)}`
      ),
    },
    { name: "failed checks", lines: failures },
    {
      name: "files that may be changed",
      lines: allowWrite === undefined ? [] : [
        allowWrite.length === 0
          ? "Change no file in this phase"
          : `Change only these files in this phase: ${allowWrite.join(", ")}`,
      ],
    },
    {
      name: countOf(constraints.length, "constraint"),
      lines: constraints.map((text) => `Must hold: ${said(text)}`),
    },
    {
      name: "advice on the phase",
      lines: phaseNotes.map((text) => `Phase: ${said(text)}`),
    },
    {
      name: "open items",
      lines: open.length < 2 ? [] : [`Open in this phase: ${open.join(", ")}`],
    },
  ];
}

function goalLines(
  { task, phaseId, phases, next }: Primer,
): readonly string[] {
  const names = phases.map(({ id, completed, skipped, total }) =>
    id === phaseId ? `[${id} ${completed + skipped}/${total}]` : id
  );
  return [
    "This work is led by orc: it says what is next, and checks it.",
    `Task: ${headOf(said(task), MAX_TASK_LENGTH)}`,
    `Phases: ${names.join(" > ")}`,
    ...nextLines(next),
  ];
}

function nextLines(next: Primer["next"]): readonly string[] {
  if (next === null) return [];
  if (next.human) {
    return [
      `Waits for a human, who runs in a terminal: ${next.command}`,
      "Tell them so, and what they are asked; you cannot do it.",
    ];
  }
  const { item } = next;
  const what = item === null
    ? []
    : [`Item: ${said(item.name)}${about(item.description)}`];
  return [...what, `Next: ${next.command}`, "Details: orc next"];
}

function about(description: string | null): string {
  return description === null ? "" : ` (${said(description)})`;
}

/** What others wrote begins no line of its own. */
function said(text: string): string {
  return inOneLine(text);
}
