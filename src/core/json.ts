/** JSON without loss: order of keys, spelling of numbers, lone surrogates. */
export type { JsonObject, JsonValue } from "./json_value.ts";
export { isJsonList, isJsonObject, JsonNumber } from "./json_value.ts";
export { decodeUtf8 } from "./json_bytes.ts";
export { numberOf } from "./json_number.ts";
export { parseJson } from "./json_parse.ts";
export { jsonOf, plainOf } from "./json_plain.ts";
export { canonicalJson, printJson } from "./json_print.ts";
