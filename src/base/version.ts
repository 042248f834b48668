/** Version of orc: the one of deno.json, which a published copy cannot read. */
export const VERSION = "0.1.0";

const ONE_VERSION = String
  .raw`v?\d+(?:\.(?:\d+|[x*])(?:\.(?:\d+|[x*])(?:-[\da-z-]+(?:\.[\da-z-]+)*)?)?)?`;

const COMPARATOR = String.raw`(?:[<>]=? *|= *|[~^])?${ONE_VERSION}`;

const ALTERNATIVE =
  `(?:${COMPARATOR}(?: +${COMPARATOR})*|${ONE_VERSION} +- +${ONE_VERSION})`;

/** Alternatives between `||`, each one range of versions or comparisons that all have to hold. */
const RANGE = String.raw`^ *${ALTERNATIVE}(?: *\|\| *${ALTERNATIVE})* *$`;

/** Whether a text is a range of versions, as npm writes them: `>=0.1 <2`, `^1.2 || 3.x`. */
export function isVersionRange(text: string): boolean {
  // Made only here: each start loads this module for its version.
  return new RegExp(RANGE, "i").test(text);
}

/** Whether a version lies in a range; only who has one to judge loads what compares versions. */
export async function fitsRange(
  version: string,
  range: string,
): Promise<boolean> {
  if (!isVersionRange(range)) return false;
  const { satisfies } = await import("compare-versions");
  return satisfies(version, withAllParts(range));
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
