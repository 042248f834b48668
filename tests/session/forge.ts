import { checksumOf } from "../../src/base/checksum.ts";
import { asObject, parseJson } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";

/** A state as a script sees it. */
// deno-lint-ignore no-explicit-any
export type PlainState = any;

/** Edits a state as a script does that knows how the older tool signs: the checksum is public. */
export async function forgeState(
  path: string,
  edit: (state: PlainState) => void,
): Promise<void> {
  const plain = JSON.parse(Deno.readTextFileSync(path));
  edit(plain);
  const state = new Map(asObject(parseJson(JSON.stringify(plain), path)));
  state.set("_checksum", await checksumOf(state));
  Deno.writeTextFileSync(path, printJson(state, 2));
}
