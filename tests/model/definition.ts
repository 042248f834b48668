/** A workflow as its author writes it; the model reads nothing else. */
export interface Definition {
  readonly name: string;
  readonly phases: readonly PhaseText[];
  readonly settings: Readonly<Record<string, string | number>>;
}

export interface PhaseText {
  readonly id: string;
  readonly name: string;
  readonly phase_type?: "strict" | "guided" | "autonomous";
  readonly exit_gate?: string;
  readonly required_reviews: readonly string[];
  readonly items: readonly ItemText[];
}

export interface ItemText {
  readonly id: string;
  readonly name: string;
  readonly step_type?: "gate" | "required" | "documented" | "flexible";
  readonly required?: boolean;
  readonly skippable?: boolean;
  readonly skip_conditions: readonly string[];
  readonly verification?: {
    readonly type: "none" | "manual_gate" | "file_exists" | "command";
    readonly path?: string;
    readonly command?: string;
    readonly expect_exit_code?: number;
  };
  readonly risk?: "low" | "medium" | "high";
  readonly evidence_schema?: string;
}

export function isGate({ step_type }: ItemText): boolean {
  return step_type === "gate";
}

/** A gate that names nothing to verify asks for a human's word too. */
export function isManual(item: ItemText): boolean {
  const { type = "none" } = item.verification ?? {};
  return type === "manual_gate" || isGate(item) && type === "none";
}

/** Whether something has to be run or looked for. */
export function isChecked({ verification }: ItemText): boolean {
  return verification?.type === "command" ||
    verification?.type === "file_exists";
}

/** Whether the phase stays blocked without it. */
export function isRequired(item: ItemText): boolean {
  return isGate(item) || item.step_type === "required" ||
    (item.required ?? true);
}

/** Whether anybody may skip it, whatever the phase. */
export function isOptional(item: ItemText): boolean {
  if (isGate(item) || item.step_type === "required") return false;
  if (isManual(item) && item.skip_conditions.length === 0) return false;
  return item.skippable ?? true;
}
