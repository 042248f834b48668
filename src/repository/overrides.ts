/** What decides about a session besides its workflow file, and whether that loosens what the file says. */
import { denied, type OrcError } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { quoted } from "../base/text.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type { Workflow } from "../workflow/types.ts";

/** One setting of a workflow that something else decides than its file. */
export interface Override {
  /** Such as `test_command`. */
  readonly name: string;
  /** What counts. */
  readonly value: JsonValue;
  /** What the workflow says; null where it says nothing. */
  readonly said: JsonValue;
  /** What decides, for people: a flag, a variable or a file. */
  readonly origin: string;
  /** Whether it takes away or replaces what the workflow demands. */
  readonly loosens: boolean;
}

/** A value, and who says it. */
export interface Said {
  readonly value: JsonValue;
  readonly origin: string;
  /** Whether it was committed, so that people can review it. */
  readonly isCommitted: boolean;
}

/** What differs from what a workflow says by itself. */
export function overridesOf(
  own: Workflow,
  said: ReadonlyMap<string, Said>,
): readonly Override[] {
  return [...said].flatMap(([name, { value, origin, isCommitted }]) => {
    const before = own.settings.get(name) ?? null;
    if (canonicalJson(before) === canonicalJson(value)) return [];
    const loosens = !isCommitted && isLooser(own, name, { before, value });
    return [{ name, value, said: before, origin, loosens }];
  });
}

/** The stricter, the earlier; what is no mode counts as the strictest. */
const MODES: readonly JsonValue[] = ["supervised", "hybrid", "zero_human"];

function isLooser(
  workflow: Workflow,
  name: string,
  { before, value }: { readonly before: JsonValue; readonly value: JsonValue },
): boolean {
  if (name === "supervision_mode") {
    const [was, is] = [before, value].map((mode) =>
      Math.max(0, MODES.indexOf(mode))
    );
    return (is ?? 0) > (was ?? 0);
  }
  // Who waits shorter for a human, or waits at all, asks them less.
  if (name === "approval_timeout_minutes") {
    return before === null || Number(value) < Number(before);
  }
  if (before === null || before === "") return false;
  return isChecked(workflow, name);
}

/** Whether a check of the workflow depends on a setting. */
function isChecked(workflow: Workflow, name: string): boolean {
  const others = new Map(workflow.settings).set(name, `another ${name}`);
  return workflow.phases.some(({ items }) =>
    items.some(({ verification }) =>
      subjectOfCheck(verification, workflow.settings) !==
        subjectOfCheck(verification, others)
    )
  );
}

/** The answer to an agent that wants to work by looser rules than were reviewed. */
export function looseningRefused(
  { name, said, value, origin }: Override,
): OrcError {
  return denied(
    "loosening_refused",
    `Cannot start: ${origin} sets ${name} to ${
      shown(value)
    }, and the workflow says ${shown(said)}; an agent may not loosen it`,
    "leave it out, or let a human start the session, or change workflow.yaml and have it reviewed",
  );
}

/** What takes the place of what the workflow says, a sentence for each; what it leaves open anybody may name. */
export function overrideTexts(
  overrides: readonly Override[],
): readonly string[] {
  return overrides.filter(({ said, loosens }) => said !== null || loosens)
    .map(overrideText);
}

/** One sentence for people. */
export function overrideText({ name, value, said, origin }: Override): string {
  const instead = said === null ? "" : ` instead of ${shown(said)}`;
  return `${name} is ${shown(value)}${instead}, by ${origin}`;
}

function shown(value: JsonValue): string {
  return value === null ? "nothing" : quoted(String(value));
}

/** What an override is called that puts another file in the place of the repository's workflow. */
export const WORKFLOW_NAME = "workflow";

/** What an override is called that makes a task smaller than orc says; no setting has a blank in its name. */
export const SIZE_NAME = "task size";

/** What stands for the built-in workflow in what is said about it. */
export const BUNDLED = "the built-in workflow";

/** The flag that names one. */
export const WORKFLOW_FLAG = "--workflow";

/** Whether a session follows another workflow than the file that its repository has for everybody. */
export function isOtherWorkflow({ name, said, origin }: Override): boolean {
  return name === WORKFLOW_NAME && origin === WORKFLOW_FLAG && said !== BUNDLED;
}

/** Key under which a session keeps its overrides in its metadata. */
export const OVERRIDES_KEY = "overrides";

export function encodeOverrides(
  overrides: readonly Override[],
): readonly JsonObject[] {
  return overrides.map((override) => jsonObject({ ...override }));
}

/** What a session was started with. */
export function overridesIn(metadata: JsonObject): readonly Override[] {
  const list = metadata.get(OVERRIDES_KEY) ?? null;
  if (!isJsonList(list)) return [];
  return list.flatMap((value) => {
    const object = asObject(value);
    const name = object?.get("name");
    const origin = object?.get("origin");
    if (!object || typeof name !== "string" || typeof origin !== "string") {
      return [];
    }
    return [{
      name,
      origin,
      value: object.get("value") ?? null,
      said: object.get("said") ?? null,
      loosens: object.get("loosens") === true,
    }];
  });
}
