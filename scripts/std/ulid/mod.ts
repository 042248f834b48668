// The npm mirror of std carries no types; mod.d.ts describes what orc uses of it.
// @ts-types="./mod.d.ts"
export {
  decodeTime,
  monotonicUlid,
  ulid,
} from "npm:deno-std@1.4.0/ulid/mod.js";
