/** Resolves "." and ".." in a path and joins what is parted by several slashes; a slash at its end stays. */
export declare function normalize(path: string): string;
