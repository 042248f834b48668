/** Deno itself where it runs; elsewhere what stands in for it, and only there is it loaded. */
export const Deno = (globalThis as { Deno?: unknown }).Deno ??
  (await import("./api.ts")).Deno;
