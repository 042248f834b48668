import {
  storeContract,
  type StoreFixture,
} from "../../src/contract/contract.ts";

/** Runs a test with a store that is empty. */
export type WithStore = (
  test: (fixture: StoreFixture) => Promise<void>,
) => Promise<void>;

/** Tests what every store of sessions promises, whatever it keeps them in. */
export function testStore(name: string, withStore: WithStore): void {
  for (const { name: what, run } of storeContract) {
    Deno.test(`${name}: ${what}`, () => withStore(run));
  }
}
