import { EVENTS } from "./events.ts";
import type { ContractCase } from "./fixtures.ts";
import { CHECKPOINTS, FEEDBACK, META, OUTPUTS, REMOVAL } from "./kept.ts";
import { UPDATES } from "./updates.ts";

export type { ContractCase, StoreFixture } from "./fixtures.ts";

/**
 * What every store of sessions promises, whatever it keeps them in. Each case wants a fixture of its own, whose
 * store is empty; what a fixture cannot do is left out. Runs in Deno and in Node, under any runner of tests.
 *
 * Requires no permission but what the store needs.
 *
 * @example
 * ```ts
 * import { documentFixture, memoryDocuments, storeContract } from "@orc/cli/store";
 *
 * for (const { run } of storeContract) {
 *   await run(documentFixture(memoryDocuments()));
 * }
 * console.log(storeContract.length > 30); // true
 * ```
 */
export const storeContract: readonly ContractCase[] = [
  ...UPDATES,
  ...EVENTS,
  ...META,
  ...CHECKPOINTS,
  ...FEEDBACK,
  ...OUTPUTS,
  ...REMOVAL,
];
