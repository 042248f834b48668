/** A phase of the bundled workflow, ready to be written. */
export interface BundledPhase {
  readonly id: string;
  readonly name: string;
  readonly notes: readonly string[];
  readonly items: readonly BundledItem[];
}

/** An item of the bundled workflow. */
export interface BundledItem {
  readonly id: string;
  readonly name: string;
  /** What good looks like, in one line. */
  readonly description: string;
  readonly stepType: "gate" | "required" | "documented";
  readonly notes: readonly string[];
  readonly check:
    | {
      readonly type: "command";
      readonly command: string;
      /** What the command looks for, where the command itself says little. */
      readonly description: string | undefined;
    }
    | { readonly type: "manual_gate"; readonly question: string }
    | { readonly type: "none" };
  readonly timeoutSeconds?: number;
}

/** Words that YAML 1.1 would not take for a string. */
const TYPED_WORD = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Writes a string as a person would: with quotes only where YAML needs them. */
export function scalarYaml(text: string): string {
  const isPlain = /^[A-Za-z](?:[\w .,;()/'-]*[\w.)])?$/.test(text);
  if (isPlain && !TYPED_WORD.test(text)) return text;
  const fitsSingleQuotes = /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return fitsSingleQuotes && text.includes('"')
    ? `'${text}'`
    : JSON.stringify(text);
}

/** Writes a phase as a member of the list of phases. */
export function phaseYaml(phase: BundledPhase): string {
  return [
    `  - id: ${phase.id}`,
    `    name: ${scalarYaml(phase.name)}`,
    ...notesYaml(phase.notes, "    "),
    "    items:",
    ...phase.items.flatMap(itemYaml),
    "",
  ].join("\n");
}

function itemYaml(item: BundledItem): readonly string[] {
  const { timeoutSeconds } = item;
  return [
    `      - id: ${item.id}`,
    `        name: ${scalarYaml(item.name)}`,
    `        description: ${scalarYaml(item.description)}`,
    `        step_type: ${item.stepType}`,
    ...notesYaml(item.notes, "        "),
    ...checkYaml(item.check),
    ...timeoutSeconds === undefined
      ? []
      : [`        timeout_seconds: ${timeoutSeconds}`],
  ];
}

function notesYaml(
  notes: readonly string[],
  indent: string,
): readonly string[] {
  if (notes.length === 0) return [];
  return [
    `${indent}notes:`,
    ...notes.map((note) => `${indent}  - ${scalarYaml(note)}`),
  ];
}

function checkYaml(check: BundledItem["check"]): readonly string[] {
  switch (check.type) {
    case "none":
      return [];
    case "manual_gate":
      return [
        "        verification:",
        "          type: manual_gate",
        `          description: ${scalarYaml(check.question)}`,
      ];
    case "command":
      return [
        "        verification:",
        "          type: command",
        `          command: ${scalarYaml(check.command)}`,
        ...check.description === undefined
          ? []
          : [`          description: ${scalarYaml(check.description)}`],
      ];
  }
}
