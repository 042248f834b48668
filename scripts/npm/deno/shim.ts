/** What dnt puts in the place of the global `Deno`. */
export { Deno } from "./api.ts";
