/** A class that instances can be tested against, abstract or not. */
// deno-lint-ignore no-explicit-any -- a constructor's parameters do not matter here
type ClassOf<Instance> = abstract new (...args: any[]) => Instance;

/** What every failed assertion throws. */
export declare class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** Holds when the value is truthy. */
export declare function assert(
  condition: unknown,
  message?: string,
): asserts condition;

/** Holds when the value is falsy. */
export declare function assertFalse(
  condition: unknown,
  message?: string,
): asserts condition is false | 0 | 0n | "" | null | undefined;

/** Holds when the value is neither null nor undefined. */
export declare function assertExists<T>(
  actual: T,
  message?: string,
): asserts actual is NonNullable<T>;

/** Holds when both values are deeply equal. */
export declare function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the values are not deeply equal. */
export declare function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when `Object.is` says that both are the same. */
export declare function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T;

/** Holds when `Object.is` says that they are not the same. */
export declare function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the numbers differ by no more than the tolerance. */
export declare function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;

/** Holds when the first value is greater. */
export declare function assertGreater<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the first value is greater or equal. */
export declare function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the first value is less. */
export declare function assertLess<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the first value is less or equal. */
export declare function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void;

/** Holds when the text matches. */
export declare function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void;

/** Holds when the text does not match. */
export declare function assertNotMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void;

/** Holds when the text contains the other text. */
export declare function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void;

/** Holds when each expected element deeply equals some actual one. */
export declare function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  message?: string,
): void;

/** Holds when the object has at least the expected keys, with deeply equal values. */
export declare function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- unlike unknown, any admits interfaces
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void;

/** Holds when the value was made by the class or one that extends it. */
export declare function assertInstanceOf<Instance>(
  actual: unknown,
  expected: ClassOf<Instance>,
  message?: string,
): asserts actual is Instance;

/** Holds when the value is an error of the class whose message contains or matches the text. */
export declare function assertIsError<E extends Error = Error>(
  actual: unknown,
  expected?: ClassOf<E>,
  messageMatches?: string | RegExp,
  message?: string,
): asserts actual is E;

/** Holds when the function throws; returns what it threw. */
export declare function assertThrows(
  run: () => unknown,
  message?: string,
): unknown;
/** Holds when the function throws an error of the class; returns that error. */
export declare function assertThrows<E extends Error>(
  run: () => unknown,
  expected: ClassOf<E>,
  messageIncludes?: string,
  message?: string,
): E;

/** Holds when the promise is rejected; returns the reason. */
export declare function assertRejects(
  run: () => PromiseLike<unknown>,
  message?: string,
): Promise<unknown>;
/** Holds when the promise is rejected with an error of the class; returns that error. */
export declare function assertRejects<E extends Error>(
  run: () => PromiseLike<unknown>,
  expected: ClassOf<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;

/** Tells whether both values are deeply equal. */
export declare function equal(first: unknown, second: unknown): boolean;

/** Fails always. */
export declare function fail(message?: string): never;

/** Fails always: marks a place that must not be reached. */
export declare function unreachable(message?: string): never;
