/** Makes a ULID for the given moment in milliseconds; the present one if none is given. */
export declare function ulid(epochMs?: number): string;

/** Makes a ULID that is greater than each one this function made before. */
export declare function monotonicUlid(epochMs?: number): string;

/** Returns the milliseconds since 1970 that a ULID carries. */
export declare function decodeTime(id: string): number;
