const SIZE_UNITS = ["kB", "MB", "GB", "TB"];

/** A size for people: `512 B`, `1.2 MB`. */
export function sizeText(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = "B";
  for (const larger of SIZE_UNITS) {
    if (size < 999.5) break;
    size /= 1000;
    unit = larger;
  }
  const digits = unit === "B" || size >= 99.5 ? 0 : 1;
  return `${size.toFixed(digits)} ${unit}`;
}
