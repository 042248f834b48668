const VERSION = String
  .raw`v?\d+(?:\.(?:\d+|[x*])(?:\.(?:\d+|[x*])(?:-[\da-z-]+(?:\.[\da-z-]+)*)?)?)?`;
const COMPARATOR = String.raw`(?:[<>]=? *|= *|[~^])?${VERSION}`;
const ALTERNATIVE =
  `(?:${COMPARATOR}(?: +${COMPARATOR})*|${VERSION} +- +${VERSION})`;

/** Alternatives between `||`, each one range of versions or comparisons that all have to hold. */
const RANGE = new RegExp(
  String.raw`^ *${ALTERNATIVE}(?: *\|\| *${ALTERNATIVE})* *$`,
  "i",
);

/** Whether a text is a range of versions, as npm writes them: `>=0.1 <2`, `^1.2 || 3.x`. */
export function isVersionRange(text: string): boolean {
  return RANGE.test(text);
}
