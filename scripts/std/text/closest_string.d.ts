/** How words are compared. */
export interface ClosestStringOptions {
  /** How far two words, in lower case, are from each other. */
  compareFn?: (one: string, other: string) => number;
}

/** Finds the word that is closest to another, the first of several; it throws where there is none. */
export declare function closestString(
  givenWord: string,
  possibleWords: readonly string[],
  options?: ClosestStringOptions,
): string;
