import type { Finding, Severity } from "../base/finding.ts";
import type { DiagnosisFacts } from "./diagnosis_facts.ts";
import { lockChecks } from "./diagnosis_locks.ts";
import { logChecks } from "./diagnosis_logs.ts";
import { pathChecks } from "./diagnosis_paths.ts";
import { pointerChecks } from "./diagnosis_pointers.ts";
import { repositoryChecks } from "./diagnosis_repository.ts";
import { sessionChecks } from "./diagnosis_sessions.ts";
import { settingChecks } from "./diagnosis_settings.ts";
import { legacyChecks } from "./repository_rules.ts";

/** One question that doctor asks; most find nothing. */
export type Check = (facts: DiagnosisFacts) => readonly Finding[];

/** A new check is a function in one of these lists, with a fixture that makes it fire. */
const CHECKS: readonly Check[] = [
  ...repositoryChecks,
  ...pathChecks,
  ...lockChecks,
  ...pointerChecks,
  ...sessionChecks,
  ...logChecks,
  ...legacyChecks,
  ...settingChecks,
];

const RANKS: Readonly<Record<Severity, number>> = {
  error: 0,
  warning: 1,
  info: 2,
};

/** Says what the facts mean, the worst first. */
export function diagnose(facts: DiagnosisFacts): readonly Finding[] {
  return CHECKS.flatMap((check) => check(facts))
    .sort((one, other) => RANKS[one.severity] - RANKS[other.severity]);
}
