/** Version of orc: the one of deno.json, which a published copy cannot read. */
export const VERSION = "0.1.0";
