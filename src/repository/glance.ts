import { repositoryLayout, userLayout } from "../base/layout.ts";
import { visibleKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";

/** Variables that say how answers look. */
const VARIABLES = ["ORCHESTRATOR_OUTPUT", "ORCHESTRATOR_COLOR"];

/**
 * Whether settings may say how answers look: a few lstats, so that what reads settings is
 * loaded only where there are some.
 */
export function mayHavePreferences(host: Host, root: string | null): boolean {
  const home = host.homeDirectory();
  const files = [
    ...home === undefined ? [] : [userLayout(home).config],
    ...root === null ? [] : [repositoryLayout(root).config],
  ];
  return VARIABLES.some((name) => host.env(name)) || files.some(isThere);
}

/**
 * What every legacy repository has one of. A log alone does not count: today's Python tool
 * still writes one that belongs to no session.
 */
export function hasLegacyFiles(root: string): boolean {
  const { legacyState, legacyCheckpoints } = repositoryLayout(root);
  return [legacyState, legacyCheckpoints].some(isThere);
}

function isThere(path: string): boolean {
  return !["absent", "denied"].includes(visibleKind(path));
}
