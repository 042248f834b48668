import { isVersionRange } from "../base/version.ts";
import { satisfies } from "compare-versions";

/*
 * Apart from the look of a range, because it loads a package: only who has a
 * range to judge imports this module, and does it with `await import()`.
 */

/** Whether a version lies in a range; none lies in a text that is no range. */
export function fitsRange(version: string, range: string): boolean {
  return isVersionRange(range) && satisfies(version, withAllParts(range));
}

/** A version with parts left out, such as `1.2` or `2.x`; no part of a longer one. */
const PARTIAL = /(?<![\w.*-])v?\d+(?:\.(?:\d+|[x*]))?(?![\w.*-])/gi;

/** npm takes what is left out for any number, the package for 0. */
function withAllParts(range: string): string {
  return range.replaceAll(
    PARTIAL,
    (partial) => partial + (partial.includes(".") ? ".x" : ".x.x"),
  );
}
