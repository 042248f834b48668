/** Version of orc: the one of deno.json, which a published copy cannot read. */
export const VERSION = "0.1.0";

const ONE_VERSION = String
  .raw`v?\d+(?:\.(?:\d+|[x*])(?:\.(?:\d+|[x*])(?:-[\da-z-]+(?:\.[\da-z-]+)*)?)?)?`;

const COMPARATOR = String.raw`(?:[<>]=? *|= *|[~^])?${ONE_VERSION}`;

const ALTERNATIVE =
  `(?:${COMPARATOR}(?: +${COMPARATOR})*|${ONE_VERSION} +- +${ONE_VERSION})`;

/** Alternatives between `||`, each one range of versions or comparisons that all have to hold. */
const RANGE = new RegExp(
  String.raw`^ *${ALTERNATIVE}(?: *\|\| *${ALTERNATIVE})* *$`,
  "i",
);

/** Whether a text is a range of versions, as npm writes them: `>=0.1 <2`, `^1.2 || 3.x`. */
export function isVersionRange(text: string): boolean {
  return RANGE.test(text);
}
