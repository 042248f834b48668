/** Python's `str.isupper()`: some cased character, and none that is lower or title case. */
export function isPhaseId(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/** Letters, digits and underscores of any script, as Python's `str.isalnum()` counts them. */
export function isItemId(text: string): boolean {
  return /^[\p{L}\p{N}_]+$/u.test(text) && /[^_]/u.test(text);
}
