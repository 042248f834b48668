import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import type { DiagnosisFacts, PointerFact } from "./diagnosis_facts.ts";

/** `current` and the bindings. */
export const pointerChecks = [damaged, toMissingSession, toClosedSession];

function damaged({ pointers }: DiagnosisFacts): readonly Finding[] {
  return pointers.flatMap(({ path, kind, trouble }) => {
    if (trouble === null) return [];
    const isMovable = trouble.kind === "corrupt" &&
      trouble.code !== "not_a_regular_file";
    return [errorFinding({
      code: kind === "current" ? "damaged_current" : "damaged_binding",
      path,
      message: trouble.message,
      remedy: isMovable
        ? "choose a session: orc session switch ID, or put the file aside: orc doctor --fix"
        : "move it away; orc does not remove what it did not make",
      fixable: isMovable,
    })];
  });
}

function toMissingSession(facts: DiagnosisFacts): readonly Finding[] {
  const known = new Set(facts.sessions.map(({ id }) => id));
  const legacy = facts.legacy.session?.id;
  if (legacy !== undefined) known.add(legacy);
  return facts.pointers.flatMap(({ path, kind, session }) => {
    if (session === null || known.has(session)) return [];
    return [warningFinding({
      code: kind === "current"
        ? "current_names_nothing"
        : "binding_names_nothing",
      path,
      session,
      message: `"${path}" names session "${session}", which does not exist`,
      remedy:
        "choose another: orc session switch ID, or remove the name: orc doctor --fix",
      fixable: true,
    })];
  });
}

function toClosedSession(facts: DiagnosisFacts): readonly Finding[] {
  const current = facts.pointers.find(isCurrent);
  const status = facts.sessions.find(({ id }) => id === current?.session)
    ?.state?.status;
  if (!current || (status !== "completed" && status !== "abandoned")) return [];
  return [infoFinding({
    code: "current_is_closed",
    path: current.path,
    session: current.session,
    message: `The session that "${current.path}" names is ${status}`,
    remedy: 'start a new one when there is something to do: orc start "TASK"',
  })];
}

function isCurrent({ kind }: PointerFact): boolean {
  return kind === "current";
}
